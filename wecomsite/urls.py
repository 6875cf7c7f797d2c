"""The site: which door stands at which address."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from . import ops

handler500 = "wecomsite.guards.server_error"

urlpatterns = [
    path("", include("wecom.urls")),
    path("", include("lostfound.urls")),
    path("admin/", admin.site.urls),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("healthz", login_not_required(ops.healthz), name="healthz"),
    path("readyz", login_not_required(ops.readyz), name="readyz"),
    path("metrics", login_not_required(ops.metrics), name="metrics"),
]

if settings.WECOM_SANDBOX:
    urlpatterns.append(path("sandbox/", include("wecom.sandbox.urls")))
