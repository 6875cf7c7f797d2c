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
from wecom.fields import CannotOpen
from wecom.masking import mask_text
from wecom.models import Callback
from wecom.transactions import whole

logger = logging.getLogger(__name__)


class Tries(Enum):
    """How often a callback is tried before it is set aside as poison, for a person to mend and let it be replayed.

    With the pauses of `jobs.backoff`, 8 tries take three hours. Bad weather is waited for until the callback is three
    days old: what a member did then, and whose code is dead since, nobody waits for any more.
    """

    ONCE = "once"
    A_FEW = "a few times"
    FOR_DAYS = "for days"
    SOON_FOR_DAYS = "for days, again soon"  # what is locked by a migration, or away: members wait


A_FEW, DAYS = 8, timedelta(days=3)
# Once it is over, nobody waits for much longer than that.
LONGEST_PAUSE = {Tries.FOR_DAYS: timedelta(minutes=10), Tries.SOON_FOR_DAYS: timedelta(minutes=2)}

TABLE: dict[type[BaseException], Tries] = {
    # Bad weather: it passes, and the handler is right.
    OperationalError: Tries.SOON_FOR_DAYS,  # the database is away, or two transactions met
    InterfaceError: Tries.SOON_FOR_DAYS,
    CannotOpen: Tries.FOR_DAYS,  # the key that opens a value may come back
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


_NAMED = {kind.__name__: kind for kind in (*TABLE, *vars(errors).values()) if _is_error(kind)}


def tries_for(exc: type[BaseException]) -> Tries:
    return next((TABLE[kind] for kind in exc.__mro__ if kind in TABLE), Tries.ONCE)


def failed(row: Callback, exc: Exception) -> None:
    """A handler has raised; see `try_again`."""
    logger.error("handler failed: callback=%s event=%s failures=%s", row.pk, row.event, row.failures + 1, exc_info=exc)
    try_again(row, exc, tries_for(type(exc)))


def try_again(row: Callback, exc: Exception, tries: Tries) -> None:
    """Let the callback wait for another try, or set it aside with an alert; the reason is kept with it."""
    age = timezone.now() - row.received_at
    begins_anew = tries is Tries.A_FEW and _was_no_mistake(row) and age <= 2 * DAYS  # none goes on for ever
    failures = 1 if begins_anew else row.failures + 1
    tried = {"failures": failures, "attempts": row.attempts + 1}
    why = mask_text(f"{type(exc).__name__}: {exc}")[:500]
    if _is_over(age, failures, tries):
        set_aside(row, why=why, text=f"event={row.event} why={type(exc).__name__}", **tried)
        return
    pause = min(jobs.backoff(failures), LONGEST_PAUSE.get(tries, timedelta.max))
    jobs.let_go(row, state=Callback.State.WAITING, due_at=timezone.now() + pause, error=why, **tried)


def _was_no_mistake(row: Callback) -> bool:
    """Whether it failed for another reason before: the bad weather before a mistake does not make it worse."""
    kind = _NAMED.get(row.error.partition(":")[0], Exception)
    return tries_for(kind) is not Tries.A_FEW


def _is_over(age: timedelta, failures: int, tries: Tries) -> bool:
    """One that is replayed after days has its few tries too."""
    if tries is Tries.ONCE:
        return True
    return failures >= A_FEW and (tries is Tries.A_FEW or age > DAYS)


def set_aside(row: Callback, *, why: str, text: str, **fields: int) -> None:
    """The callback is poison: a person must look. `text` is for the alert, `why` stays with the row."""
    with whole():
        if jobs.let_go(row, state=Callback.State.POISON, error=why, finished_at=timezone.now(), **fields):
            alerts.alert(alerts.POISON, f"callback {row.pk}", text)
