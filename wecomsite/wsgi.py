"""The site as a WSGI application. Wrong settings stop it as they stop every command of manage.py."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wecomsite.settings")
# A web process gives up on a locked or absent database in time to answer WeCom's callback with 503 (it waits 5 s).
os.environ.setdefault("DATABASE_TIMEOUT", "2.5")

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application

BOOT_FAILED = 3  # gunicorn then gives up instead of starting the process again and again

application = get_wsgi_application()
if wrong := [str(message) for message in run_checks() if message.is_serious() and not message.is_silenced()]:
    sys.stderr.write("\n".join([*wrong, ""]))
    sys.exit(BOOT_FAILED)
