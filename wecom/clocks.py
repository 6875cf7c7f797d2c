"""Plumbing: a clock that was ahead, such as one that ran in local time until it was set, and what it leaves behind.

Times that it wrote lie further ahead than any that are meant. What waits for one would sleep for as long as the clock
was ahead: so it waits no more. Leases and limits see it where they are read; rows that are claimed or told by their
time are put right here, now and then.
"""

from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from . import jobs, leases
from .models import Alert, Attempt, Callback, Job, Outgoing

__all__ = ["put_right"]

LONGEST_PAUSE = timedelta(hours=2)  # longer than any of ours
AT_ONCE = timedelta(minutes=1)  # between owing an effect and the time it is due, where no later one was asked for


def put_right() -> int:
    """Let go of what only a clock that was ahead can have written; of how many rows."""
    now = timezone.now()
    ahead = now + leases.SKEW
    asleep = Q(due_at__gt=now + LONGEST_PAUSE)
    # An effect may be owed for a later day: it has met with nothing yet, and its day was named when it was owed.
    not_meant = ~Q(error="") | Q(created_at__gt=ahead, due_at__lt=F("created_at") + AT_ONCE)
    of_unknown_age = Q(tries__outcome=Attempt.Outcome.UNKNOWN, tries__started_at__gt=ahead)
    held = Q(lease_until__gt=ahead + jobs.LEASE)
    return sum(
        (
            _set(_open(Callback).filter(held), lease_until=now),
            _set(_open(Outgoing).filter(held), lease_until=now),
            _set(_open(Callback).filter(asleep), due_at=now),
            _set(_open(Outgoing).filter(asleep & not_meant), due_at=now),
            _set(_open(Outgoing).filter(of_unknown_age), due_at=now),  # for outbox, to say that it is too late
            _set(Alert.objects.filter(raised_at__gt=ahead), raised_at=now),
            _set(Alert.objects.filter(told_at__gt=ahead), told_at=None),
            _set(Alert.objects.filter(telling_until__gt=ahead + AT_ONCE), telling_until=None),
        )
    )


def _open(model: type[Job]) -> "QuerySet[Any]":
    return model._default_manager.filter(Job.IS_OPEN)


def _set(rows: "QuerySet[Any]", **values: Any) -> int:
    """Look before writing: on SQLite even an UPDATE that hits nothing waits for the writer's lock."""
    return rows.update(**values) if rows.exists() else 0
