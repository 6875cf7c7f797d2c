"""Plumbing: the only reader of the settings that concern WeCom; reads at use, never at import.

`settings.WECOM` holds one dictionary of credentials per app alias, as `CACHES` does for caches.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings

from .errors import ConfigError

DEFAULT = "default"
AUTHORIZE_URL = "https://open.weixin.qq.com/connect/oauth2/authorize"
QR_LOGIN_URL = "https://login.work.weixin.qq.com/wwlogin/sso/login"
RETENTION_DAYS = {"bodies": 7, "contacts": 30, "photos": 90, "records": 365}
BEFORE_THE_CODE_DIES = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class CallbackKeys:
    """One pair of what the console calls Token and EncodingAESKey. Its repr shows neither."""

    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One application of one corp. Its repr shows no secret.

    previous_callback_keys  pairs that the console held before: callbacks sealed with them are still taken
    """

    alias: str
    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    callback_token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    api_base_url: str
    authorize_url: str = AUTHORIZE_URL
    qr_login_url: str = QR_LOGIN_URL
    previous_callback_keys: tuple[CallbackKeys, ...] = ()

    @property
    def callback_keys(self) -> tuple[CallbackKeys, ...]:
        """Every pair that a callback may come with, the current one first."""
        return CallbackKeys(self.callback_token, self.encoding_aes_key), *self.previous_callback_keys


def aliases() -> list[str]:
    return list(_all())


def app(alias: str = DEFAULT) -> App:
    """The app behind an alias; raises ConfigError where it is not configured or its agent id is no number."""
    try:
        values = _all()[alias]
    except KeyError:
        raise ConfigError(f"settings.WECOM has no app {alias!r}") from None
    agent_id = str(values.get("AGENT_ID", ""))
    if not agent_id.isascii() or not agent_id.isdigit():
        raise ConfigError(f"settings.WECOM[{alias!r}]['AGENT_ID'] must be a number")
    base = str(values.get("API_BASE_URL") or "https://qyapi.weixin.qq.com/cgi-bin/")
    return App(
        alias=alias,
        corp_id=str(values.get("CORP_ID", "")),
        agent_id=int(agent_id),
        secret=str(values.get("SECRET", "")),
        callback_token=str(values.get("CALLBACK_TOKEN", "")),
        encoding_aes_key=str(values.get("ENCODING_AES_KEY", "")),
        api_base_url=base if base.endswith("/") else base + "/",
        authorize_url=str(values.get("AUTHORIZE_URL") or AUTHORIZE_URL),
        qr_login_url=str(values.get("QR_LOGIN_URL") or QR_LOGIN_URL),
        previous_callback_keys=_pairs(values.get("PREVIOUS_CALLBACK_KEYS") or ()),
    )


def retention(kind: str) -> int:
    """For how many days data of this kind is kept once it is at rest."""
    return max(1, int({**RETENTION_DAYS, **getattr(settings, "RETENTION_DAYS", {})}[kind]))


def instant_feedback() -> bool:
    """Whether the answer to a tap may already turn the button into 处理中."""
    return bool(getattr(settings, "WECOM_INSTANT_FEEDBACK", True))


def update_after_reply() -> timedelta:
    """How long an update waits after an instant answer, so that it cannot be overtaken by it."""
    return timedelta(milliseconds=int(getattr(settings, "UPDATE_AFTER_REPLY_MS", 800)))


def code_lifetime() -> timedelta:
    """How long a response code lives by the shorter of WeCom's two statements: what we plan by."""
    return timedelta(hours=float(getattr(settings, "RESPONSE_CODE_TTL_HOURS", 24)))


def code_hard_lifetime() -> timedelta:
    """How long a response code lives by the longer statement: when we stop trying it."""
    return timedelta(hours=float(getattr(settings, "RESPONSE_CODE_HARD_TTL_HOURS", 72)))


def answer_within() -> timedelta:
    """How long a card may stay unanswered: the code kept from the send can then still close it."""
    return max(code_lifetime() - BEFORE_THE_CODE_DIES, timedelta(0))


def runner() -> str:
    """`threads`: run_worker executes due rows itself; `tasks`: it hands their ids to the Django Tasks API."""
    return str(getattr(settings, "WECOM_RUNNER", "threads"))


def freshness() -> timedelta:
    """How old the timestamp of a callback may be before it is kept in quarantine instead of being handled."""
    return timedelta(seconds=int(getattr(settings, "WECOM_FRESHNESS_SECONDS", 600)))


def alert_webhook() -> str:
    """Where alerts are posted to: any server that takes JSON, or the robot of a WeCom group; empty for nowhere."""
    return str(getattr(settings, "WECOM_ALERT_WEBHOOK", "") or "")


def alert_mail() -> list[str]:
    """Whom alerts are mailed to."""
    return list(getattr(settings, "WECOM_ALERT_MAIL", None) or ())


def _pairs(value: object) -> tuple[CallbackKeys, ...]:
    """PREVIOUS_CALLBACK_KEYS as pairs; what is none becomes an empty pair, which fits nothing and fails the check."""
    entries = value if isinstance(value, list | tuple) else [value]
    found = (entry if isinstance(entry, Mapping) else {} for entry in entries)
    return tuple(
        CallbackKeys(str(entry.get("CALLBACK_TOKEN", "")), str(entry.get("ENCODING_AES_KEY", ""))) for entry in found
    )


def _all() -> Mapping[str, Mapping[str, Any]]:
    return getattr(settings, "WECOM", {})
