"""Plumbing: a clock that was ahead, such as one that ran in local time until it was set, and what it leaves behind.

Times that it wrote lie further ahead than any that are meant. What waits for one would sleep for as long as the clock
was ahead: so it waits no more. Leases and limits see it where they are read; rows that are claimed or told by their
time are put right here, now and then.
"""

import logging
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from . import jobs, leases
from .client.wire import LONGEST_WAIT
from .models import Alert, Attempt, Callback, Job, Outgoing

__all__ = ["put_right"]

logger = logging.getLogger(__name__)

A_MOMENT = timedelta(minutes=1)  # between owing an effect and the time it is due, where no later one was asked for


def put_right() -> int:
    """Let go of what only a clock that was ahead by more than leases.SKEW can have written; of how many rows.

    A host whose own clock is behind, as one that was asleep, would take the others' times for such: it does nothing.
    """
    now = timezone.now()
    if (off := abs(_servers_time(now) - now)) > leases.SKEW:
        logger.error("the clock of this host and that of the database differ by %.0f s", off.total_seconds())
        return 0
    ahead = now + leases.SKEW
    callbacks, effects = _open(Callback), _open(Outgoing)
    fresh = Q(error="", due_at__gt=ahead)
    # An effect may be owed for a later day, which was named when it was owed.
    at_once = Q(created_at__gt=ahead, due_at__lt=F("created_at") + A_MOMENT)
    # Its last try may have arrived, nobody knows when: the outbox is to look at it now, while that can be seen.
    doubtful = Q(tries__outcome=Attempt.Outcome.UNKNOWN, tries__started_at__gt=ahead, tries__number=F("attempts"))
    waiting = Q(attempts__gte=F("doubt_from"), due_at__gt=now + A_MOMENT)
    held = Q(lease_until__gt=ahead + jobs.LEASE)
    return sum(
        (
            _set(callbacks.filter(held), lease_until=now),
            _set(callbacks.filter(fresh | _pauses_too_long(ahead)), due_at=now),
            _set(effects.filter(held), lease_until=now),
            _set(effects.filter((fresh & at_once) | (~Q(error="") & Q(due_at__gt=ahead + LONGEST_WAIT))), due_at=now),
            _set(effects.filter(waiting & doubtful), due_at=now),
            _set(Alert.objects.filter(raised_at__gt=ahead), raised_at=now),
            _set(Alert.objects.filter(told_at__gt=ahead), told_at=None),
            _set(Alert.objects.filter(telling_until__gt=ahead + A_MOMENT), telling_until=None),
        )
    )


def _servers_time(ours: datetime) -> datetime:
    """What the database's own host takes for now: with PostgreSQL, all workers share that one."""
    if connection.vendor != "postgresql":
        return ours
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    return theirs  # type: ignore[no-any-return]


def _pauses_too_long(ahead: datetime) -> Q:
    """Callbacks that wait for longer than so many failures let them."""
    longest = Q(failures__gte=len(jobs.BACKOFF), due_at__gt=ahead + jobs.BACKOFF[-1])
    steps = [Q(failures=number, due_at__gt=ahead + pause) for number, pause in enumerate(jobs.BACKOFF, 1)]
    return reduce(or_, steps, longest)


def _open(model: type[Job]) -> "QuerySet[Any]":
    return model._default_manager.filter(Job.IS_OPEN)


def _set(rows: "QuerySet[Any]", **values: Any) -> int:
    """Look before writing: on SQLite even an UPDATE that hits nothing waits for the writer's lock."""
    return rows.update(**values) if rows.exists() else 0
