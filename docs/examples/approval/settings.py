"""The least that a site with the app `wecom` needs. Its credentials are the sandbox's, unless yours are given."""

import os
from pathlib import Path

from wecom.sandbox.world import CREDENTIALS

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for this example alone")
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["wecom", "approval"]
ROOT_URLCONF = "wecom.urls"  # callbacks come to /wecom/callback/
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASE = os.environ.get("DATABASE", Path.cwd() / "approval.sqlite3")
WRITES = {"transaction_mode": "IMMEDIATE", "timeout": 20}  # SQLite: web and worker write to one file
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE, "OPTIONS": WRITES}}

OURS = {name: os.environ.get(f"WECOM_{name}", value) for name, value in CREDENTIALS.items()}
WECOM = {"default": {**OURS, "API_BASE_URL": os.environ.get("WECOM_API_BASE_URL", "")}}
