"""The site as in production, debug off, shorter waits and the point of death that a scenario asks for (`apps.py`)."""

import os
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

if _clock := os.environ.get("FAULTS_CLOCK"):  # a file with hours; before any model takes `now` for a default
    _true_now, _hours = timezone.now, Path(_clock)
    timezone.now = lambda: _true_now() + timedelta(hours=float(_hours.read_text()))

from wecomsite.settings import *  # noqa: F403
from wecomsite.settings import DATABASES, INSTALLED_APPS, REST_FRAMEWORK

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults"]
if options := DATABASES["default"]["OPTIONS"].get("options"):
    DATABASES["default"]["OPTIONS"]["options"] = options.replace("session_timeout=60000", "session_timeout=3000")
WECOM_FRESHNESS_SECONDS = int(os.environ.get("FAULTS_FRESHNESS", "600"))
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"asks": "100000/hour"}}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False  # no proxy stands before a world: it is plain HTTP
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
