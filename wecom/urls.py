"""Door: the callback's address, with and without the final slash, so that nobody is ever redirected."""

from django.urls import re_path

from .views import callback

app_name = "wecom"
urlpatterns = [
    re_path(r"^wecom/callback/?$", callback, name="callback"),
    re_path(r"^wecom/callback/(?P<alias>[A-Za-z0-9_-]+)/?$", callback, name="callback_of"),
]
