"""The site's settings for tests: nothing comes from the developer's .env, the sandbox plays the platform."""

import os
import tempfile
from pathlib import Path

os.environ["DJANGO_ENV_FILE"] = os.devnull
os.environ.setdefault("DJANGO_SECRET_KEY", "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz")
os.environ["DJANGO_DEBUG"] = "off"
os.environ["WECOM_SANDBOX"] = "on"
os.environ["DJANGO_ALLOWED_HOSTS"] = "*"

from wecomsite.settings import *  # noqa: E402,F403
from wecomsite.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and processes then meet the very locks of production.
    _folder = Path(tempfile.gettempdir()) / "lostfound-tests"
    _folder.mkdir(exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / f"{os.getpid()}.sqlite3")}
