"""The site's own settings with production's values, and beside it the app with the views to compare with.

All values come by the environment from `processes.surroundings`.
"""

from wecomsite.settings import *  # noqa: F403
from wecomsite.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.host"]
ROOT_URLCONF = "tests.bench.host.urls"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# What the usual project has: the same database, by a connection that persists.
DATABASES["usual"] = {**DATABASES["default"], "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}
DATABASES["usual"]["OPTIONS"] = {k: v for k, v in DATABASES["default"]["OPTIONS"].items() if k != "pool"}
