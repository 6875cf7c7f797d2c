"""Door: the addresses of the sandbox when it runs alone: the API at /cgi-bin/, the phones at /."""

from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("", include("wecom.sandbox.urls")),
    path("i18n/setlang/", set_language, name="set_language"),
]
