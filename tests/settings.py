"""The site's settings for tests: nothing comes from the developer's .env, the sandbox plays the platform.

`DATABASE_URL` of the process chooses the database; without it, SQLite.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_OURS = (
    "DJANGO_",
    "WECOM_",
    "RESPONSE_CODE_",
    "CACHE_URL",
    "PORT",
    "SITE_URL",
    "TASKS_",
    "TZ",
    "UPDATE_AFTER_",
    "MEDIA_",
    "LOSTFOUND_",
)
_FOLDER = Path(tempfile.gettempdir()) / "lostfound-tests"
_OUT_OF_REACH = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DJANGO_ENV_FILE": os.devnull}
_DEFAULTS = {
    "DJANGO_SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DJANGO_ALLOWED_HOSTS": "*",
    "DJANGO_DEBUG": "on",  # without it the sandbox is refused in the processes that tests start; pytest has it off
    "WECOM_SANDBOX": "on",
    "MEDIA_ROOT": str(_FOLDER / f"media-{os.getpid()}"),
}
if os.environ.get("DJANGO_ENV_FILE") != os.devnull:  # the first of our processes; what a test tells its children stays
    for _name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[_name]
    atexit.register(shutil.rmtree, _DEFAULTS["MEDIA_ROOT"], ignore_errors=True)
os.environ.update({**_DEFAULTS, **os.environ, **_OUT_OF_REACH})

from wecomsite.settings import *  # noqa: E402,F403
from wecomsite.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False  # the tests' server speaks plain HTTP
WHITENOISE_AUTOREFRESH = True  # static files where they lie: no collectstatic before a test
WHITENOISE_USE_FINDERS = True

# SQLite in a file, not in memory: threads and processes then meet the very locks of production. Losing the file
# in a power cut harms nobody here, so nothing waits for the disk.
SQLITE_FILE = _FOLDER / f"{os.getpid()}.sqlite3"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    SQLITE_FILE.parent.mkdir(exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(SQLITE_FILE)}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_lostfound_{os.getpid()}"}  # two runs at once do not meet
