"""Plumbing: access tokens, one per app, in Django's cache, fetched by one process at a time.

A token lies sealed there, as contacts do in the tables. The cache may lose everything at any moment and is no lock.
Who may fetch is decided by a row of Lease; the others go on with the old token while it lives, else they wait and
look again. A fetch that failed is not repeated for 30 seconds by anybody, one that was refused not for 10 minutes.

Source: https://developer.work.weixin.qq.com/document/path/91039
"""

import hashlib
import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as replace_value
from datetime import timedelta

from django.core.cache import InvalidCacheBackendError, caches
from django.core.cache.backends.base import BaseCache

from . import crash, leases
from .conf import App
from .errors import ApiError, TokenUnavailable, TryLater, WeComError
from .fields import CannotOpen, seal, unseal

logger = logging.getLogger(__name__)

REFRESH_EARLY = 300  # seconds before the end
HOLD_OFF = timedelta(seconds=30)  # without a fetch after a failed one
REFUSED = timedelta(minutes=10)  # after one that a person must see to
LEASE = timedelta(seconds=20)
WAIT = 12.0  # seconds that a caller waits for another one's fetch
LOOK_AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Token:
    """What gettoken gave: the value and, by our clock, when to renew it and when it dies (epoch seconds)."""

    value: str
    renew_at: float
    dies_at: float


@dataclass(frozen=True, slots=True)
class Failure:
    """The last fetch failed: none before `until` (epoch seconds). `errcode` where WeCom refused it."""

    until: float
    why: str
    errcode: int | None


Fetch = Callable[[], tuple[str, int]]
"""Asks WeCom: the token and its lifetime in seconds."""


def get(app: App, fetch: Fetch) -> str:
    """A token that lives. Raises TokenUnavailable where none can be had now."""
    token = _cached(app)
    if token and time.time() < token.renew_at:
        return token.value
    if token and time.time() < token.dies_at:
        return _renew_or_keep(app, token, fetch)
    return _wait_or_fetch(app, fetch, refused=None)


def replace(app: App, fetch: Fetch, *, rejected: str) -> str:
    """Another token than the one that WeCom has just refused; one that a neighbour fetched meanwhile will do."""
    return _wait_or_fetch(app, fetch, refused=rejected)


def forget(app: App) -> None:
    """Drop what is cached for this app, also the memory of a failed fetch."""
    _cache().delete_many([_key(app), _key(app, "failed")])


def _renew_or_keep(app: App, token: Token, fetch: Fetch) -> str:
    """Renew early if nobody else does; an old token that still lives is better than an error."""
    with leases.held(_lease(app), LEASE) as mine:
        if not mine or _cache().get(_key(app, "failed")):
            return token.value
        try:
            return _fetch_and_store(app, fetch, refused=None, remember=token.dies_at - time.time())
        except WeComError as exc:
            logger.warning("token not renewed early: app=%s why=%s", app.alias, type(exc).__name__)
            return token.value


def _wait_or_fetch(app: App, fetch: Fetch, *, refused: str | None) -> str:
    give_up = time.monotonic() + WAIT
    while time.monotonic() < give_up:
        token = _cached(app)
        if token and token.value != refused and time.time() < token.dies_at:
            return token.value
        _stop_while_failing(app)
        with leases.held(_lease(app), LEASE) as mine:
            if mine:
                return _fetch_and_store(app, fetch, refused=refused)
        time.sleep(LOOK_AGAIN * random.uniform(0.5, 1.5))  # noqa: S311  spreads callers, hides nothing
    raise TokenUnavailable("another process fetches a token and does not come back", retry_after=timedelta(seconds=5))


def _fetch_and_store(app: App, fetch: Fetch, *, refused: str | None, remember: float = math.inf) -> str:
    """Under the lease: look once more, for the last holder may have stored one while we waited.

    remember  seconds for which a refusal is believed at most: while an old token lives, nobody is told of it
    """
    token = _cached(app)
    if token and token.value != refused and time.time() < token.renew_at:
        return token.value
    _stop_while_failing(app)
    crash.point("tok.leased")
    try:
        value, lifetime = fetch()
    except WeComError as exc:
        if isinstance(exc, ApiError) and not isinstance(exc, TryLater):
            _hold_off(app, max(HOLD_OFF.total_seconds(), min(REFUSED.total_seconds(), remember)), exc)
            raise
        _hold_off(app, HOLD_OFF.total_seconds())
        raise TokenUnavailable(f"gettoken: {exc}", retry_after=HOLD_OFF) from exc
    crash.point("tok.fetched_not_stored")
    now = time.time()
    early = min(REFRESH_EARLY, lifetime / 2) * random.uniform(1.0, 1.2)  # noqa: S311
    _cache().set(_key(app), Token(seal(value), now + lifetime - early, now + lifetime), lifetime)
    if value == refused:  # WeCom gives the same one while it lives, so asking once more for each call helps nobody
        _hold_off(app, HOLD_OFF.total_seconds())
    else:
        _cache().delete(_key(app, "failed"))
    crash.point("tok.stored")
    logger.info("token fetched: app=%s lifetime=%s", app.alias, lifetime)
    return value


def _hold_off(app: App, seconds: float, refusal: ApiError | None = None) -> None:
    why = f"gettoken was refused: {refusal.errcode} {refusal.errmsg}" if refusal else "gettoken has just failed"
    failure = Failure(time.time() + seconds, why, refusal.errcode if refusal else None)
    _cache().set(_key(app, "failed"), failure, seconds)


def _stop_while_failing(app: App) -> None:
    failure = _cache().get(_key(app, "failed"))
    if not isinstance(failure, Failure):
        return
    rest = timedelta(seconds=max(1.0, failure.until - time.time()))
    # One that lasts longer than any was remembered by a clock that was ahead.
    if rest < (HOLD_OFF if failure.errcode is None else REFUSED) + leases.SKEW:
        raise TokenUnavailable(failure.why, retry_after=rest, errcode=failure.errcode)


def _cached(app: App) -> Token | None:
    """The token as it was stored, opened; None also where its data key has gone."""
    token = _cache().get(_key(app))
    if not isinstance(token, Token):
        return None
    try:
        return replace_value(token, value=unseal(token.value))
    except CannotOpen:
        return None


def _cache() -> BaseCache:
    try:
        return caches["wecom"]
    except InvalidCacheBackendError:
        return caches["default"]


def _key(app: App, suffix: str = "token") -> str:
    """Hashed over corp, app and secret: tokens of two apps never mix, and a new secret starts afresh."""
    parts = "\0".join((app.api_base_url, app.corp_id, str(app.agent_id), app.secret))
    return f"wecom.{suffix}.{hashlib.sha256(parts.encode()).hexdigest()}"


def _lease(app: App) -> str:
    return _key(app, "fetch")
