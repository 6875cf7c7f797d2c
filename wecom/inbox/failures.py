"""Decisions: what becomes of a callback whose handler raised. One table, closed by default.

The nearest class of an error decides. What is not in the table is a mistake of the handler: it is tried a few times,
because a mistake may be a race that another try does not lose, and then a person looks.
"""

import logging
from datetime import timedelta
from enum import Enum
from typing import TypeGuard

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from wecom import alerts, errors, jobs
from wecom.errors import (
    ApiError,
    ChannelRefused,
    NotSent,
    TokenRejected,
    TransportError,
    TryLater,
    WeComError,
)
from wecom.masking import mask_text
from wecom.models import Callback
from wecom.transactions import whole

logger = logging.getLogger(__name__)


class Tries(Enum):
    """How often a callback is tried before it is set aside as poison, for a person to mend and let it be replayed.

    With the pauses of `jobs.backoff`, 8 tries take three hours and 80 take three days, as do 2,160 with pauses of two
    minutes: what a member did three days ago, and whose code is dead since, nobody waits for any more.
    """

    ONCE = 1
    A_FEW = 8
    FOR_DAYS = 80
    SOON_FOR_DAYS = 2160


SOON = timedelta(minutes=2)  # what is locked by a migration, or away, is asked again soon: members wait

TABLE: dict[type[BaseException], Tries] = {
    # Bad weather: it passes, and the handler is right.
    OperationalError: Tries.SOON_FOR_DAYS,  # the database is away, or two transactions met
    InterfaceError: Tries.SOON_FOR_DAYS,
    NotSent: Tries.FOR_DAYS,  # WeCom is away
    TransportError: Tries.FOR_DAYS,  # perhaps it was done; a handler with `client` is one that may be repeated
    TryLater: Tries.FOR_DAYS,
    TokenRejected: Tries.FOR_DAYS,
    ChannelRefused: Tries.FOR_DAYS,  # the app waits for a person in the console, and works again then
    # The same again would end the same: content that breaks a rule, settings that cannot work, an answer that is final.
    ApiError: Tries.ONCE,
    WeComError: Tries.ONCE,
    # A mistake in the handler.
    Exception: Tries.A_FEW,
}


def _is_error(kind: object) -> TypeGuard[type[BaseException]]:
    return isinstance(kind, type) and issubclass(kind, BaseException)


_WEATHER = (Tries.FOR_DAYS, Tries.SOON_FOR_DAYS)
_NAMED = {kind.__name__: kind for kind in (*TABLE, *vars(errors).values()) if _is_error(kind)}


def tries_for(exc: type[BaseException]) -> Tries:
    return next((TABLE[kind] for kind in exc.__mro__ if kind in TABLE), Tries.ONCE)


def failed(row: Callback, exc: Exception) -> None:
    """Let the callback wait for another try, or set it aside with an alert; the reason is kept with it."""
    failures, tries = _failures_before(row, exc) + 1, tries_for(type(exc))
    logger.error("handler failed: callback=%s event=%s failures=%s", row.pk, row.event, failures, exc_info=exc)
    tried = {"failures": failures, "attempts": row.attempts + 1}
    why = mask_text(f"{type(exc).__name__}: {exc}")[:500]
    if failures >= tries.value:
        set_aside(row, why=why, text=f"event={row.event} why={type(exc).__name__}", **tried)
    else:
        pause = jobs.backoff(failures)
        if tries is Tries.SOON_FOR_DAYS:
            pause = min(pause, SOON)
        jobs.let_go(row, state=Callback.State.WAITING, due_at=timezone.now() + pause, error=why, **tried)


def _failures_before(row: Callback, exc: Exception) -> int:
    """Those that count towards this one: a mistake is not the worse for the bad weather before it."""
    before = _NAMED.get(row.error.partition(":")[0], Exception)
    passed = tries_for(before) in _WEATHER and tries_for(type(exc)) not in _WEATHER
    return 0 if passed else row.failures


def set_aside(row: Callback, *, why: str, text: str, **fields: int) -> None:
    """The callback is poison: a person must look. `text` is for the alert, `why` stays with the row."""
    with whole():
        if jobs.let_go(row, state=Callback.State.POISON, error=why, finished_at=timezone.now(), **fields):
            alerts.alert(alerts.POISON, f"callback {row.pk}", text)
