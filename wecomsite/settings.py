"""The site: reads the environment (or .env) and wires the apps together. `.env.example` names every variable."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from environ.fileaware_mapping import FileAwareMapping

BASE_DIR = Path(__file__).resolve().parent.parent


class _Values(FileAwareMapping):  # type: ignore[misc]  # environ ships no types
    """The environment, or the files that `…_FILE` names, without the line break that editors leave at a file's end."""

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).rstrip("\r\n")


class _Env(environ.Env):  # type: ignore[misc]  # as above
    """Says which variable is wrong. A misspelt switch is no quiet "off", and a blank no part of what is listed."""

    ENVIRON = _Values()

    def list(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET) -> list[str]:
        return [one.strip() for one in super().list(var, cast=cast, default=default)]

    def get_value(self, var: str, cast: Any = None, **options: Any) -> Any:
        try:
            if cast is bool and str(self.ENVIRON.get(var, "")).strip().lower() not in _SWITCHES:
                raise ValueError("neither on nor off")
            return super().get_value(var, cast=cast, **options)
        except ValueError as exc:
            raise ImproperlyConfigured(f"{var}: {exc}") from None


_SWITCHES = {*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "no", "n", "0", ""}


env = _Env()
env.read_env(env.str("DJANGO_ENV_FILE", str(BASE_DIR / ".env")))

# --- Django ---------------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("DJANGO_SECRET_KEY", "")
SECRET_KEY_FALLBACKS = env.list("DJANGO_SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DJANGO_DEBUG", False)
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])  # addresses of proxies on other hosts
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "wecom",
    "lostfound",
    "wecomsite",
]

MIDDLEWARE = [
    "wecomsite.patience.Patience",
    "django.middleware.security.SecurityMiddleware",
    "wecomsite.guards.PagePolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "wecomsite.guards.keep_session",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wecomsite.guards.hide_admin",
    "django_htmx.middleware.HtmxMiddleware",
    "lostfound.pages.session.MembersOnly",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "wecomsite.urls"
WSGI_APPLICATION = "wecomsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TZ", "Asia/Shanghai")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

MEDIA_ROOT = env.str("MEDIA_ROOT", "") or str(BASE_DIR / "media")  # photos; given out by a view, to members alone

# --- Security -------------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_AGE = 8 * 3600  # since its last use, see guards.keep_session
# HSTS and the redirect to https belong to the proxy (docs/production.md): WeCom's callback is never redirected.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
CSP_RELAXED: dict[str, dict[str, list[str]]] = {
    "/admin/": {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]},  # unfold: Alpine's expressions
    "/api/docs/": {"style-src": [UNSAFE_INLINE]},  # Swagger UI
    "/sandbox/": {"frame-src": [SELF]},  # the phones open the site's pages
}

# Passwords are for administrators. After 10 wrong ones a name, and the address they came from, wait 15 minutes.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else anybody could lock somebody out for good
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_CLIENT_IP_CALLABLE = "wecomsite.guards.client_address"
AXES_CLIENT_STR_CALLABLE = "wecomsite.guards.nameless"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # unlock with manage.py axes_reset_username, axes_reset_ip

# --- Data -----------------------------------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    """SQLite so that a callback answered 200 survives a power cut; PostgreSQL with connections that persist."""
    config: dict[str, Any] = env.db_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    options: dict[str, Any] = config.setdefault("OPTIONS", {})
    patience = env.float("DATABASE_TIMEOUT", 20.0)
    if config["ENGINE"] == "django.db.backends.sqlite3":
        options["transaction_mode"] = "IMMEDIATE"
        options["timeout"] = patience
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        config["CONN_MAX_AGE"] = None  # to open the file anew costs a request, or a job, more than to write a row
    else:
        from wecomsite.patience import Connection

        # Shorter than the patience itself: a request may meet two locks, and the one before it waited as long.
        each = patience / 2.5
        options["connect_timeout"] = max(2, int(patience))
        # Nor may a process that has frozen in the middle of a transaction hold its locks for ever.
        limits = {"lock_timeout": int(each * 1000), "idle_in_transaction_session_timeout": 60_000}
        given = " ".join(f"-c {name}={value}" for name, value in limits.items())
        options["options"] = f"{given} {options.get('options', '')}".strip()
        for name, seconds in {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}.items():
            options.setdefault(name, seconds)  # so that a host that has gone is noticed in a minute
        # Nor may TCP double its pauses for what nobody has acknowledged: it would sleep while the network is back.
        options.setdefault("tcp_user_timeout", 10_000)
        options["pool"] = {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL", 24),
            "timeout": each,
            # The pool tries again after 1, 2, 4, 8 … s; for longer than somebody waits it must not go on so, or it
            # sleeps while the server is back. Whoever asks next begins anew.
            "reconnect_timeout": each,
            "connection_class": Connection,
        }
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": _database()}
WECOM_DATA_KEYS = env.list("WECOM_DATA_KEYS", default=[])


def _wecom_cache() -> dict[str, Any]:
    """Access tokens: Django's database cache unless CACHE_URL says otherwise; losable, never a lock."""
    config: dict[str, Any] = env.cache_url("CACHE_URL", "dbcache://wecom_cache")
    config.setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 100_000)
    if not config["BACKEND"].endswith(("DatabaseCache", "LocMemCache")):
        config.pop("OPTIONS")
    return config


CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "wecom": _wecom_cache(),
}

# --- WeCom ----------------------------------------------------------------------------------------------------------

WECOM_SANDBOX = env.bool("WECOM_SANDBOX", DEBUG and not env.str("WECOM_CORP_ID", ""))

if WECOM_SANDBOX:
    from wecom.sandbox.world import CREDENTIALS as _SANDBOX

    INSTALLED_APPS.append("wecom.sandbox")
    WECOM_SANDBOX_TOUR = "lostfound/tour.js"
    _default_api = f"{SITE_URL}/sandbox/cgi-bin/"
    _login_pages = {
        "AUTHORIZE_URL": f"{SITE_URL}/sandbox/connect/oauth2/authorize",
        "QR_LOGIN_URL": f"{SITE_URL}/sandbox/wwlogin/sso/login",
    }
else:
    _SANDBOX = {}
    _login_pages = {}
    _default_api = "https://qyapi.weixin.qq.com/cgi-bin/"


def _wecom_app(alias: str) -> dict[str, Any]:
    """One app: `default` reads WECOM_…, the app `hr` reads WECOM_HR_…, and calls WeCom where `default` does."""
    prefix = "WECOM_" if alias == "default" else f"WECOM_{alias.upper().replace('-', '_')}_"
    fallback = _SANDBOX if alias == "default" else {}

    def read(name: str) -> str:
        return env.str(prefix + name, "") or fallback.get(name, "")

    previous = {
        "CALLBACK_TOKEN": read("PREVIOUS_CALLBACK_TOKEN"),
        "ENCODING_AES_KEY": read("PREVIOUS_ENCODING_AES_KEY"),
    }
    return {
        "CORP_ID": read("CORP_ID"),
        "AGENT_ID": read("AGENT_ID"),
        "SECRET": read("SECRET"),
        "CALLBACK_TOKEN": read("CALLBACK_TOKEN"),
        "ENCODING_AES_KEY": read("ENCODING_AES_KEY"),
        "PREVIOUS_CALLBACK_KEYS": [previous] if any(previous.values()) else [],
        "API_BASE_URL": read("API_BASE_URL") or env.str("WECOM_API_BASE_URL", "") or _default_api,
        **_login_pages,
    }


_more_apps = env.list("WECOM_APPS", default=[])
WECOM = {alias: _wecom_app(alias) for alias in ["default", *_more_apps]}
WECOM_INSTANT_FEEDBACK = env.bool("WECOM_INSTANT_FEEDBACK", True)
WECOM_RUNNER = env.str("WECOM_RUNNER", "threads")
WECOM_ALERT_WEBHOOK = env.str("WECOM_ALERT_WEBHOOK", "")
WECOM_ALERT_MAIL = env.list("WECOM_ALERT_MAIL", default=[])
UPDATE_AFTER_REPLY_MS = env.int("UPDATE_AFTER_REPLY_MS", 800)

TASKS = {"default": {"BACKEND": env.str("TASKS_BACKEND", "django_tasks.backends.immediate.ImmediateBackend")}}

# --- Lost and found -------------------------------------------------------------------------------------------------

RETENTION_DAYS = {
    "bodies": env.int("RETENTION_BODIES_DAYS", 7),
    "contacts": env.int("RETENTION_CONTACTS_DAYS", 30),
    "photos": env.int("RETENTION_PHOTOS_DAYS", 90),
    "records": env.int("RETENTION_RECORDS_DAYS", 365),
}
LOSTFOUND_HELP = env.str("LOSTFOUND_HELP", "")
LOSTFOUND_OPEN_REQUESTS = env.int("LOSTFOUND_OPEN_REQUESTS", 5)
LOSTFOUND_REQUESTS_A_DAY = env.int("LOSTFOUND_REQUESTS_A_DAY", 20)
LOSTFOUND_HOLDING_DAYS = env.int("LOSTFOUND_HOLDING_DAYS", 90)
LOSTFOUND_HOLDING_DAYS_OF = env.dict("LOSTFOUND_HOLDING_DAYS_OF", cast={"value": int}, default={})
RESPONSE_CODE_TTL_HOURS = env.float("RESPONSE_CODE_TTL_HOURS", 24)
RESPONSE_CODE_HARD_TTL_HOURS = env.float("RESPONSE_CODE_HARD_TTL_HOURS", 72)

# --- Mail -----------------------------------------------------------------------------------------------------------

globals().update(env.email_url("EMAIL_URL", "smtp://localhost:25"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", "lostfound@localhost")

# --- API ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["lostfound.api.parsers.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["lostfound.api.filters.StrictFilters"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "lostfound.api.pagination.Pages",
    "DEFAULT_THROTTLE_RATES": {"asks": "50/hour"},  # contact requests of one member
    "EXCEPTION_HANDLER": "lostfound.api.problems.problem",
    "URL_FORMAT_OVERRIDE": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": _("Lost and found"),
    "DESCRIPTION": _("Report items, ask for the contact of a finder, see what became of it."),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ItemStateEnum": "lostfound.states.ItemState",
        "RequestStateEnum": "lostfound.states.RequestState",
        "CardStateEnum": "wecom.models.SentCard.State",
        "OutgoingStateEnum": "wecom.models.Outgoing.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True},
}

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # unfold's login page forgets where one came from when nobody says it

# Shades of one blue for buttons and links; the colours of states are unfold's own red, orange and green.
_BLUE = ["eff6ff", "dbeafe", "bfdbfe", "93c5fd", "60a5fa", "3b82f6", "2563eb", "1d4ed8", "1e40af", "1e3a8a", "172554"]
_SHADES = (50, *range(100, 1000, 100), 950)

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Lost and found"),
    "SITE_HEADER": _("Lost and found"),
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "travel_explore",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("lostfound/icon.svg")}],
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "COLORS": {"primary": {str(shade): f"#{blue}" for shade, blue in zip(_SHADES, _BLUE, strict=True)}},
    "STYLES": [lambda request: static("lostfound/admin.css")],
    "DASHBOARD_CALLBACK": "lostfound.admin.front.front_page",
    "COMMAND": {"search_callback": "lostfound.admin.finding.find"},
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": "lostfound.admin.navigation.sidebar"},
}

# --- Logs -----------------------------------------------------------------------------------------------------------


def _is_news(record: logging.LogRecord) -> bool:
    """Django tells of every answer above 399. What a view chose to answer it has said itself, where it matters:
    whatever the callback's door refuses, and each 5xx that is no crash.
    """
    request = getattr(record, "request", None)
    chosen = request is not None and request.path_info.startswith("/wecom/callback")
    return bool(record.exc_info) or not (chosen or getattr(record, "status_code", 0) >= 500)


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "news": {"()": "django.utils.log.CallbackFilter", "callback": _is_news},
        "request": {"()": "wecomsite.guards.WithRequestId"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "WARNING"},
        "django": {"handlers": [], "level": "INFO"},  # one line each, by the root; Django's own handlers double them
        "django.request": {"filters": ["news"]},
        "django.server": {"handlers": [], "propagate": True},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # anybody can cause these; each has a long traceback
    },
}
