"""The site as in production, debug off, shorter waits and the point of death that a scenario asks for (`apps.py`)."""

import os

from wecomsite.settings import *  # noqa: F403
from wecomsite.settings import INSTALLED_APPS, REST_FRAMEWORK

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults"]
WECOM_FRESHNESS_SECONDS = int(os.environ.get("FAULTS_FRESHNESS", "600"))
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"asks": "100000/hour"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
