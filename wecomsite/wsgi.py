"""The site as a WSGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wecomsite.settings")
# A web process gives up on a locked or absent database in time to answer WeCom's callback with 503 (it waits 5 s).
os.environ.setdefault("DATABASE_TIMEOUT", "2.5")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
