"""Door: the sandbox without any site around it: settings of its own, a database of its own."""

import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def configure(
    *,
    database: Path,
    site_url: str,
    callback_url: str,
    credentials: Mapping[str, str],
    hosts: list[str],
) -> None:
    """Set Django up for the sandbox alone, and bring its database up to date; once in a process, before all else."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        **_settings(database),
        ALLOWED_HOSTS=hosts,
        SITE_URL=site_url,
        SANDBOX_ALONE=True,
        SANDBOX_CALLBACK_URL=callback_url,
        SANDBOX_APPS=[dict(credentials)],
    )
    django.setup()
    logging.getLogger("django.server").setLevel(logging.CRITICAL)  # addresses carry secrets and tokens
    call_command("migrate", interactive=False, verbosity=0)


def _settings(database: Path) -> dict[str, Any]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ROOT_URLCONF": "wecom.sandbox.urls_alone",
        "INSTALLED_APPS": ["django.contrib.staticfiles", "django_htmx", "wecom.sandbox"],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [ROOT / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(database),
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
                },
            }
        },
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [HERE.parent / "static"],
        "LANGUAGE_CODE": "zh-hans",
        "LANGUAGES": [("zh-hans", "简体中文"), ("en", "English")],
        "LOCALE_PATHS": [ROOT / "locale", HERE.parent / "locale"],  # of a clone, of an installed package
        "TIME_ZONE": "Asia/Shanghai",
        "USE_TZ": True,
    }
