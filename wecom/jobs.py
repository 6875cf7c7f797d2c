"""Plumbing: claiming rows that are due, holding them under a lease, and letting go of them.

Inbox and outbox share it. The promise: a row is worked on by one holder at a time; a holder whose lease ran
out can write nothing any more, because every claim raises the fence and every write compares it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone

from . import leases
from .models import Job
from .transactions import whole

LEASE = timedelta(seconds=60)
BACKOFF = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600))

_Row = TypeVar("_Row", bound=Job)


def due(model: type[_Row], now: datetime) -> "QuerySet[_Row]":
    """Rows that may be claimed now: open, due, and not under a living lease."""
    return model._default_manager.filter(_claimable(now))


def seconds_to_next(model: type[_Row]) -> float:
    """How long until the next waiting row becomes due; an hour where none waits, and never less than a moment."""
    waiting = model._default_manager.filter(Job.IS_OPEN, state=Job.WAITING, lease_until=None)
    first = waiting.aggregate(first=Min("due_at"))["first"]
    return max(0.005, (first - timezone.now()).total_seconds()) if first else 3600.0


def claim(model: type[_Row], *, order: tuple[str, ...], limit: int, worker: str) -> list[_Row]:
    """Take up to `limit` due rows; each comes back as it is now, under this worker's lease."""
    now = timezone.now()
    if limit <= 0 or not due(model, now).exists():
        return []
    with whole():
        rows = list(_locked(due(model, now)).order_by(*order)[:limit])
        _take(model, rows, now, worker)
    return rows


def claim_one(model: type[_Row], pk: int, *, worker: str) -> _Row | None:
    """Take this row if it is due and nobody works on it, also where hand_over() keeps it for us; else None."""
    now = timezone.now()
    free = Q(state=Job.WAITING, due_at__lte=now) | Q(state=Job.RUNNING, lease_until__lte=now)
    with whole():
        rows = list(_locked(model._default_manager.filter(free, pk=pk)))
        _take(model, rows, now, worker)
    return rows[0] if rows else None


def drain(model: type[_Row], *, order: tuple[str, ...], work: Callable[[_Row], None], limit: int) -> int:
    """Work in this thread on what is due until nothing is, on at most `limit` rows; on how many it was."""
    done = 0
    while rows := claim(model, order=order, limit=min(16, limit - done), worker=leases.me()):
        for row in rows:
            work(row)
        done += len(rows)
    return done


def hand_over(model: type[_Row], *, order: tuple[str, ...], limit: int) -> list[int]:
    """Keep due rows for another engine, which claims them by id; what it loses is due again after the lease."""
    now = timezone.now()
    if not due(model, now).exists():
        return []
    with whole():
        ids = list(_locked(due(model, now)).order_by(*order).values_list("pk", flat=True)[:limit])
        model._default_manager.filter(pk__in=ids).update(
            state=Job.WAITING, lease_until=now + LEASE, leased_by="handed over"
        )
    return ids


def renew(rows: Iterable[Job]) -> None:
    """Prolong the leases of rows still held; a row that was lost stays lost."""
    until = timezone.now() + LEASE
    for row in rows:
        type(row)._default_manager.filter(pk=row.pk, fence=row.fence, state=Job.RUNNING).update(lease_until=until)


def let_go(row: Job, **fields: Any) -> bool:
    """Write `fields` and end the lease, if the row is still ours; False means that it was lost meanwhile."""
    values = {"lease_until": None, "leased_by": "", **fields}
    held = type(row)._default_manager.filter(pk=row.pk, fence=row.fence, state=Job.RUNNING)
    if not held.update(**values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def backoff(failures: int) -> timedelta:
    """How long to wait after so many failures in a row (1 = the first), before jitter."""
    return BACKOFF[min(max(failures, 1), len(BACKOFF)) - 1]


def _claimable(now: datetime) -> Q:
    return Job.IS_OPEN & Q(due_at__lte=now) & (Q(lease_until=None) | Q(lease_until__lte=now))


def _locked(rows: "QuerySet[_Row]") -> "QuerySet[_Row]":
    """SKIP LOCKED where the database has it; SQLite's IMMEDIATE transaction is lock enough."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows


def _take(model: type[_Row], rows: list[_Row], now: datetime, worker: str) -> None:
    until = now + LEASE
    model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
        state=Job.RUNNING, lease_until=until, leased_by=worker, fence=F("fence") + 1
    )
    for row in rows:
        row.state, row.lease_until, row.leased_by, row.fence = Job.RUNNING, until, worker, row.fence + 1
