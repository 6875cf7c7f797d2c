"""Door: system checks. Every wrong setting has an id and a hint, and none of them shows a secret."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection, connections

from . import conf, crypto, dispatch, retention
from .errors import ConfigError, IllegalAesKey

RUNNERS = ("threads", "tasks")
ALIAS = re.compile(r"[A-Za-z0-9_-]{1,32}")  # as in urls.py, and as long as the tables have room for


@register("wecom")
def check_apps(**kwargs: Any) -> list[CheckMessage]:
    if not conf.aliases():
        return [Error("settings.WECOM names no app.", hint="Give it at least 'default'.", id="wecom.E001")]
    return [message for alias in conf.aliases() for message in _app(alias)] + list(_doubles())


@register("wecom")
def check_runner(**kwargs: Any) -> list[CheckMessage]:
    if conf.runner() in RUNNERS:
        return []
    return [Error(f"WECOM_RUNNER is {conf.runner()!r}.", hint=f"Use one of {', '.join(RUNNERS)}.", id="wecom.E009")]


@register("wecom")
def check_sandbox(**kwargs: Any) -> list[CheckMessage]:
    if not getattr(settings, "WECOM_SANDBOX", False) or settings.DEBUG:
        return []
    return [
        Error(
            "WECOM_SANDBOX is on while debug is off: anybody could press anybody's buttons.",
            hint="Set WECOM_SANDBOX=off and fill in the corporation's own values, or set DJANGO_DEBUG=on.",
            id="wecom.E010",
        )
    ]


@register("wecom")
def check_crash_point(**kwargs: Any) -> list[CheckMessage]:
    if not crash_point() or settings.DEBUG:
        return []
    hint = "It is for tests: a process would kill itself. Take it out of the settings."
    return [Error("CRASH_POINT is set while debug is off.", hint=hint, id="wecom.E020")]


def crash_point() -> str:
    """The point at which a test wants this process to die; empty everywhere else."""
    return str(getattr(settings, "CRASH_POINT", "") or "")


@register("wecom")
def check_handlers(**kwargs: Any) -> list[CheckMessage]:
    """A handler for an app that nobody has would wait for ever."""
    aliases = conf.aliases()
    return [
        Warning(
            f"{dispatch.name_of(route.handler)}: {route} is for an app that settings.WECOM does not name.",
            hint=f"The apps are {', '.join(aliases) or 'none'}.",
            id="wecom.W003",
        )
        for route in dispatch.routes()
        if route.app is not None and route.app not in aliases
    ]


@register("wecom")
def check_alerts(**kwargs: Any) -> list[CheckMessage]:
    """Nobody notices an alert that goes nowhere. The address is not shown: it may hold a key."""
    wrong: list[CheckMessage] = []
    if (url := conf.alert_webhook()) and not (url.startswith(("https://", "http://")) and urlsplit(url).hostname):
        wrong.append(Error("WECOM_ALERT_WEBHOOK is no address.", hint="https://…", id="wecom.E017"))
    if [address for address in conf.alert_mail() if not re.fullmatch(r"[^@\s]+@[^@\s]+", address)]:
        hint = "Give mail addresses, separated by commas."
        wrong.append(Error("WECOM_ALERT_MAIL holds what is no mail address.", hint=hint, id="wecom.E018"))
    return wrong


@register("wecom")
def check_times(**kwargs: Any) -> list[CheckMessage]:
    wrong: list[CheckMessage] = [
        Error(f"{name} is {value!r}, not a number above 0.", hint="Give hours, such as 24.", id="wecom.E011")
        for name in ("RESPONSE_CODE_TTL_HOURS", "RESPONSE_CODE_HARD_TTL_HOURS")
        if not _positive(value := getattr(settings, name, 1))
    ]
    if wrong:
        return wrong
    if getattr(settings, "RESPONSE_CODE_TTL_HOURS", 24) > getattr(settings, "RESPONSE_CODE_HARD_TTL_HOURS", 72):
        wrong.append(Error("RESPONSE_CODE_TTL_HOURS is above RESPONSE_CODE_HARD_TTL_HOURS.", id="wecom.E012"))
    if conf.answer_within() <= timedelta(0):
        hint = "Give at least 3 hours: a card expires two hours before its code does."
        wrong.append(Error("RESPONSE_CODE_TTL_HOURS leaves nobody time to answer.", hint=hint, id="wecom.E021"))
    freshness = getattr(settings, "WECOM_FRESHNESS_SECONDS", 600)
    if not isinstance(freshness, int) or freshness < 1:
        wrong.append(Error("WECOM_FRESHNESS_SECONDS must be a number of seconds above 0.", id="wecom.E022"))
    delay = getattr(settings, "UPDATE_AFTER_REPLY_MS", 800)
    if not isinstance(delay, int) or not 0 <= delay <= 60_000:
        wrong.append(Error("UPDATE_AFTER_REPLY_MS must be 0 to 60000 milliseconds.", id="wecom.E013"))
    return wrong


@register("wecom")
def check_data_keys(**kwargs: Any) -> list[CheckMessage]:
    """One text instead of a list would be read as a key of one letter each."""
    keys = getattr(settings, "WECOM_DATA_KEYS", None) or []
    if isinstance(keys, list | tuple) and all(isinstance(key, str) and key.strip() == key != "" for key in keys):
        return []
    hint = "A list of texts without white space around them, the one that seals first."
    return [Error("WECOM_DATA_KEYS is no list of keys.", hint=hint, id="wecom.E023")]


@register("wecom")
def check_retention(**kwargs: Any) -> list[CheckMessage]:
    """A kind of data without its days would end the purge for all."""
    without = sorted({one.kind for one in retention.holdings()} - set(conf.RETENTION_DAYS) - set(_days()))
    if not without and all(_positive(days) for days in _days().values()):
        return []
    hint = f"Give days for each kind of data, such as 30. Missing: {', '.join(without) or 'none'}."
    return [Error("RETENTION_DAYS does not fit.", hint=hint, id="wecom.E024")]


def _days() -> dict[str, Any]:
    return dict(getattr(settings, "RETENTION_DAYS", {}))


@register("wecom")
def check_connections(**kwargs: Any) -> list[CheckMessage]:
    """A new connection for every request loses half of a burst of callbacks on PostgreSQL."""
    config = connections["default"].settings_dict
    persistent = config.get("CONN_MAX_AGE") != 0 or config.get("OPTIONS", {}).get("pool")
    if connection.vendor != "postgresql" or persistent:
        return []
    return [
        Warning(
            "Every request opens a database connection of its own.",
            hint="Set CONN_MAX_AGE for the database 'default', or OPTIONS['pool'] with a max_size of 4 more than the "
            "worker has slots.",
            id="wecom.W001",
        )
    ]


@register(Tags.database)
def check_cache_table(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Runs with `check --database default` and before `migrate`'s own work, as Django's database checks do."""
    cache = caches["wecom"] if "wecom" in settings.CACHES else caches["default"]
    if not databases or not isinstance(cache, BaseDatabaseCache):
        return []
    if cache._table in connection.introspection.table_names():  # type: ignore[attr-defined]
        return []
    return [Warning("The cache table for access tokens is missing.", hint="Run createcachetable.", id="wecom.W002")]


def _app(alias: str) -> Iterator[CheckMessage]:
    where = f"settings.WECOM[{alias!r}]"
    if not ALIAS.fullmatch(alias):
        yield Error(
            f"{where}: an alias is 1 to 32 letters, digits, '_' and '-'.",
            hint="It stands in the address of the app's callbacks: /wecom/callback/<alias>/.",
            id="wecom.E016",
        )
    try:
        app = conf.app(alias)
    except ConfigError as exc:
        yield Error(str(exc), hint="Copy AgentId from the app's page in the console.", id="wecom.E002")
        return
    if not app.corp_id or not app.corp_id.isalnum() or not app.corp_id.isascii():
        yield Error(
            f"{where}['CORP_ID'] is empty or not letters and digits.", hint="我的企业 → 企业ID.", id="wecom.E003"
        )
    if not app.secret or not app.secret.isprintable() or " " in app.secret:
        wrong = f"{where}['SECRET'] is empty or holds white space."
        yield Error(wrong, hint="应用管理 → Secret → 查看", id="wecom.E004")
    if not _is_token(app.callback_token):
        yield Error(
            f"{where}['CALLBACK_TOKEN'] must be 1 to 32 letters and digits.", hint="接收消息 → Token.", id="wecom.E005"
        )
    if not _is_aes_key(app.encoding_aes_key):
        wrong = f"{where}['ENCODING_AES_KEY'] must be 43 letters and digits; it has {len(app.encoding_aes_key)} signs."
        yield Error(wrong, hint="接收消息 → EncodingAESKey.", id="wecom.E006")
    yield from _previous_keys(where, app)
    yield from _base_url(where, app.api_base_url)


def _previous_keys(where: str, app: conf.App) -> Iterator[CheckMessage]:
    """A wrong pair would lose what WeCom still sends under it, in the very days it is there for."""
    for number, keys in enumerate(app.previous_callback_keys):
        halves = {
            "CALLBACK_TOKEN": (_is_token(keys.token), "1 to 32 letters and digits"),
            "ENCODING_AES_KEY": (_is_aes_key(keys.encoding_aes_key), "43 letters and digits"),
        }
        for name, (is_right, looks) in halves.items():
            if not is_right:
                yield Error(
                    f"{where}['PREVIOUS_CALLBACK_KEYS'][{number}]['{name}'] must be {looks}.",
                    hint="A list of dictionaries with the Token and EncodingAESKey that the console held before.",
                    id="wecom.E014",
                )


def _doubles() -> Iterator[CheckMessage]:
    """One application under two aliases would have its limits, its pause and its callbacks twice."""
    first: dict[tuple[str, int], str] = {}
    for alias in conf.aliases():
        try:
            app = conf.app(alias)
        except ConfigError:
            continue  # said already
        same = first.setdefault((app.corp_id, app.agent_id), alias)
        if same != alias:
            yield Error(
                f"settings.WECOM: {same!r} and {alias!r} are the same application of the same corporation.",
                hint="Give each application one alias.",
                id="wecom.E015",
            )


def _base_url(where: str, url: str) -> Iterator[CheckMessage]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        yield Error(
            f"{where}['API_BASE_URL'] is no address.", hint="https://qyapi.weixin.qq.com/cgi-bin/", id="wecom.E007"
        )
    elif parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        yield Error(
            f"{where}['API_BASE_URL'] would send the secret in the clear.",
            hint="Use https; plain http is for this machine alone.",
            id="wecom.E008",
        )


def _is_token(text: str) -> bool:
    return text.isalnum() and text.isascii() and len(text) <= 32


def _is_aes_key(text: str) -> bool:
    try:
        crypto.aes_key(text)
    except IllegalAesKey:
        return False
    return True


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
