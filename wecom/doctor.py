"""Decisions: whether everything that this needs is there, each with its remedy where it is not.

    for finding in doctor.examine("default", userid="zhangsan"):
        print(finding.state, finding.name, finding.said, finding.remedy)

Nothing is changed and nothing is sent to members. No finding holds a secret, a token or a contact.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import requests
from django.conf import settings
from django.core.cache import caches
from django.core.checks import run_checks
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import clients, conf, crypto, standing
from .errcodes import Reaction, explain
from .errors import ApiError, ConfigError, TokenUnavailable, WeComError

__all__ = ["Finding", "State", "examine"]

logger = logging.getLogger(__name__)

WAIT = 5.0  # seconds, as WeCom waits for an answer
CLOCK = 60  # seconds that may lie between the two clocks
NOBODY = "doctor.asks.for.nobody"
UNKNOWN_USER, OUT_OF_RANGE, UNTRUSTED = 60111, (60011, 60021, 50002), 60020
_ADDRESS = re.compile(r"from ip:\s*([0-9a-fA-F.:]+)")

Words = str | Promise


class State(StrEnum):
    """How a probe ended."""

    FINE = "fine"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # it could not be asked


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found. `said`: the fact; `remedy`: what to do about it, empty where all is well."""

    name: Words
    state: State
    said: Words
    remedy: Words = ""


def examine(alias: str = conf.DEFAULT, *, userid: str = "") -> Iterator[Finding]:
    """All probes for one app, one after the other. `userid`: a member whom the app should see."""
    probes: tuple[Callable[[], Finding], ...] = (
        lambda: _settings(alias),
        _database,
        _cache,
        _worker,
        lambda: _token(alias),
        lambda: _address(alias, userid),
        lambda: _visible(alias, userid),
        lambda: _clock(alias),
        lambda: _callback(alias),
    )
    yield from map(_found, probes)


def _found(probe: Callable[[], Finding]) -> Finding:
    """A probe that breaks is a finding too: the others are wanted all the more."""
    try:
        return probe()
    except Exception as exc:
        logger.exception("a probe broke")
        return Finding(_("Probe"), State.WRONG, type(exc).__name__, _("Look into the log."))


def _settings(alias: str) -> Finding:
    name = _("Settings")
    wrong = [message for message in run_checks(tags=["wecom"]) if not message.is_silenced()]
    if not wrong:
        try:
            app = conf.app(alias)
        except ConfigError as exc:
            return Finding(name, State.WRONG, str(exc), "settings.WECOM")
        return Finding(name, State.FINE, _("app %(app)s, AgentId %(id)s") % {"app": alias, "id": app.agent_id})
    said = "; ".join(f"{message.id} {message.msg}" for message in wrong)
    return Finding(name, State.WRONG, said, " ".join(filter(None, (message.hint for message in wrong))))


def _database() -> Finding:
    name = _("Database")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            facts = {pragma: _one(cursor, f"PRAGMA {pragma}") for pragma in ("journal_mode", "synchronous")}
            said = f"SQLite, journal_mode {facts['journal_mode']}, synchronous {facts['synchronous']}"
            safe = str(facts["synchronous"]) in ("2", "3")
        else:
            facts = {setting: _one(cursor, f"SHOW {setting}") for setting in ("synchronous_commit", "fsync")}
            said = f"PostgreSQL, synchronous_commit {facts['synchronous_commit']}, fsync {facts['fsync']}"
            safe = facts["fsync"] == "on" and facts["synchronous_commit"] not in ("off", "local")
    if safe:
        return Finding(name, State.FINE, said)
    return Finding(name, State.WRONG, said, _("What was answered 200 can be lost: switch durable writing on."))


def _one(cursor: Any, question: str) -> object:
    cursor.execute(question)
    return cursor.fetchone()[0]


def _cache() -> Finding:
    """Processes must see each other's token, or each fetches its own and WeCom ends the other's."""
    name = _("Token cache")
    cache = caches["wecom"] if "wecom" in settings.CACHES else caches["default"]
    kind = type(cache).__name__
    if kind in ("LocMemCache", "DummyCache"):
        return Finding(name, State.WRONG, kind, _("Use a cache that all processes share: the database's, or Redis."))
    key, value = "wecom.doctor", secrets.token_hex(8)
    try:
        cache.set(key, value, 30)
        kept = cache.get(key) == value
    except Exception as exc:  # noqa: BLE001  each backend has errors of its own
        said = f"{kind}: {type(exc).__name__}"
        return Finding(name, State.WRONG, said, _("Run createcachetable, or mend CACHE_URL."))
    remedy = "" if kept else _("What is written there is not found again: mend CACHE_URL.")
    return Finding(name, State.FINE if kept else State.WRONG, kind, remedy)


def _worker() -> Finding:
    number = standing.workers()
    said = _("%(count)d alive") % {"count": number}
    if number:
        return Finding(_("Workers"), State.FINE, said)
    return Finding(_("Workers"), State.WRONG, said, _("Start one: manage.py run_worker"))


def _token(alias: str) -> Finding:
    name = _("Access token")
    try:
        clients.get(alias).token()
    except WeComError as exc:
        return _refused(name, exc)
    return Finding(name, State.FINE, _("WeCom gives one"))


def _address(alias: str, userid: str) -> Finding:
    """Whether WeCom lets our address in, and which one it sees; the token counts here only if WeCom takes it."""
    name = _("Trusted address")
    refusal = _refusal(alias, userid)
    errcode = _errcode(refusal)
    if errcode in (0, UNKNOWN_USER, *OUT_OF_RANGE):
        return Finding(name, State.FINE, _("WeCom lets us in"))
    if errcode == UNTRUSTED:
        seen = _ADDRESS.search(str(refusal))
        shown = seen[1] if seen else _("an address that it does not name")
        said = _("errcode 60020: WeCom sees us at %(address)s") % {"address": shown}
        return Finding(
            name, State.WRONG, said, _("Console → app → trusted IPs: add this address. It works a minute later.")
        )
    passes = errcode is not None and explain(errcode).reaction not in (Reaction.PAUSE, Reaction.RENEW_TOKEN)
    if passes or (errcode is None and isinstance(refusal, TokenUnavailable)):
        return Finding(name, State.UNKNOWN, str(refusal))
    return _refused(name, refusal)


def _visible(alias: str, userid: str) -> Finding:
    name = _("Visible range")
    if not userid:
        return Finding(name, State.UNKNOWN, _("no member was named"), _("Name one: --user zhangsan"))
    refusal = _refusal(alias, userid)
    errcode = _errcode(refusal)
    if errcode == 0:
        return Finding(name, State.FINE, _("the app sees this member"))
    if errcode == UNKNOWN_USER:
        return Finding(name, State.WRONG, _("WeCom knows no such member"), _("Look at the spelling of the UserID."))
    if errcode in OUT_OF_RANGE:
        said = _("the member is out of the app's range")
        return Finding(name, State.WRONG, said, _("Console → app → visible range: add the member or a department."))
    return Finding(name, State.UNKNOWN, str(refusal))


def _clock(alias: str) -> Finding:
    name = _("Clock")
    try:
        heard = clients.get(alias).fetch("getcallbackip", {})
        there = parsedate_to_datetime(heard.headers.get("Date", ""))
    except (WeComError, ValueError, TypeError):
        return Finding(name, State.UNKNOWN, _("WeCom told no time"))
    apart = abs((timezone.now() - there).total_seconds())
    said = _("%(count)d s from WeCom's") % {"count": round(apart)}
    if apart <= CLOCK:
        return Finding(name, State.FINE, said)
    return Finding(name, State.WRONG, said, _("Set the clock (NTP): callbacks are quarantined when it is wrong."))


def _callback(alias: str) -> Finding:
    """Play WeCom's check of the URL towards our own address: over the network, through the proxy, with our own keys."""
    name = _("Callback address")
    if not (site := str(getattr(settings, "SITE_URL", ""))):
        return Finding(name, State.UNKNOWN, _("SITE_URL is not set"), _("Set it to the address of this site."))
    url = site.rstrip("/") + reverse("wecom:callback_of", args=[alias])
    try:
        app = conf.app(alias)
        echo = secrets.token_hex(8)
        sealed = crypto.encrypt(echo.encode(), key=crypto.aes_key(app.encoding_aes_key), receive_id=app.corp_id)
    except WeComError as exc:
        return Finding(name, State.WRONG, str(exc), _("Mend the settings first."))
    stamp, nonce = str(int(time.time())), secrets.token_hex(8)
    signature = crypto.signature(app.callback_token, stamp, nonce, sealed)
    query = {"msg_signature": signature, "timestamp": stamp, "nonce": nonce, "echostr": sealed}
    began = time.monotonic()
    try:
        answer = requests.get(url, params=query, timeout=WAIT, allow_redirects=False)
    except requests.RequestException as exc:
        said = f"{url}: {type(exc).__name__}"
        return Finding(name, State.WRONG, said, _("Is the site running, and does SITE_URL name it? Look at the proxy."))
    took = round((time.monotonic() - began) * 1000)
    if answer.status_code == 200 and answer.text == echo:
        return Finding(name, State.FINE, f"{url}: {took} ms")
    said = f"{url}: HTTP {answer.status_code}"
    return Finding(name, State.WRONG, said, _("No login, redirect or cache may stand before this address."))


def _refusal(alias: str, userid: str) -> WeComError | None:
    """What it ends in to ask about a member; None where WeCom answers."""
    try:
        clients.get(alias).user(userid or NOBODY)
    except WeComError as exc:
        return exc
    return None


def _errcode(refusal: WeComError | None) -> int | None:
    """WeCom's own; None where it gave none."""
    return refusal.errcode if isinstance(refusal, ApiError | TokenUnavailable) else None if refusal else 0


def _refused(name: Words, exc: WeComError | None) -> Finding:
    errcode = _errcode(exc)
    if not errcode:
        return Finding(name, State.WRONG, str(exc), _("Can this machine reach WECOM_API_BASE_URL?"))
    row = explain(errcode)
    in_chinese = (get_language() or "").startswith("zh")
    meaning, remedy = (row.meaning_zh, row.remedy_zh) if in_chinese else (row.meaning_en, row.remedy_en)
    return Finding(name, State.WRONG, f"errcode {errcode}: {meaning}", remedy)
