"""Decisions: nothing that concerns a person is kept for ever.

An app says what it holds, for how many days, and how it is dropped; `manage.py purge` and the worker go through it.

    register(Holding(kind="bodies", name="callbacks", rows=old_bodies, drop=lambda rows: rows.update(plaintext="")))

Days: settings.RETENTION_DAYS, by kind.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from . import conf, crash
from .models import Alert, Attempt, Callback, Outgoing, SentCard

__all__ = ["Holding", "Rows", "holdings", "purge", "register"]

BATCH = 500

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of one table that hold something for a while.

    rows  those that have been at rest for so long, and still hold it
    drop  takes it from these rows, in the transaction at hand
    """

    kind: str
    name: str
    rows: Callable[[timedelta], Rows]
    drop: Callable[[Rows], object]

    def due(self, days: int | None = None) -> Rows:
        """What has been kept for longer than so many days, or than the setting of its kind says."""
        return self.rows(timedelta(days=days or conf.retention(self.kind)))


_holdings: list[Holding] = []


def register(*holdings: Holding) -> None:
    """Say what an app holds; once, when it is loaded."""
    _holdings.extend(holdings)


def holdings() -> tuple[Holding, ...]:
    """All that has been registered, in that order: what hangs on other rows comes after them."""
    return tuple(_holdings)


def purge(holding: Holding, *, days: int | None = None, most: int | None = None) -> Iterator[int]:
    """Drop it batch by batch; each number is the size of one that is done. Killed midway, the next run goes on.

    A row that went back to work in between is asked for once more in the batch's own transaction, and left alone.
    """
    done = last = 0
    while most is None or done < most:
        keys = list(holding.due(days).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        with transaction.atomic():
            holding.drop(holding.due(days).filter(pk__in=keys).order_by())
            crash.point("purge.batch")
        done, last = done + len(keys), keys[-1]
        yield len(keys)


def _before(kept: timedelta) -> Any:
    return timezone.now() - kept


def _callbacks(kept: timedelta) -> Rows:
    at_rest = Callback.objects.filter(state__in=(Callback.State.DONE, Callback.State.IGNORED, Callback.State.SETTLED))
    return at_rest.filter(finished_at__lt=_before(kept)).exclude(plaintext="")


OVER = (Outgoing.State.DONE, Outgoing.State.INFERRED, Outgoing.State.CANCELLED, Outgoing.State.SETTLED)


def _contents(kept: timedelta) -> Rows:
    return Outgoing.objects.filter(state__in=OVER, finished_at__lt=_before(kept)).exclude(content="", settled="")


def _tries(kept: timedelta) -> Rows:
    return Attempt.objects.filter(
        outgoing__state__in=OVER, outgoing__finished_at__lt=_before(kept), started_at__lt=_before(kept)
    ).exclude(request={})


def _old(model: Any) -> Callable[[timedelta], Rows]:
    return lambda kept: model._default_manager.exclude(state__in=model.OPEN).filter(finished_at__lt=_before(kept))


def _cards(kept: timedelta) -> Rows:
    on_their_way = (SentCard.State.OWED, SentCard.State.CLOSING)
    return SentCard.objects.filter(created_at__lt=_before(kept)).exclude(state__in=on_their_way)


def _alerts(kept: timedelta) -> Rows:
    return Alert.objects.filter(raised_at__lt=_before(kept))


register(
    Holding("bodies", "callbacks", _callbacks, lambda rows: rows.update(plaintext="")),
    Holding("bodies", "messages", _contents, lambda rows: rows.update(content="", settled="")),
    Holding("bodies", "tries", _tries, lambda rows: rows.update(request={}, answer={})),
    Holding("records", "callbacks", _old(Callback), lambda rows: rows.delete()),
    Holding("records", "messages", _old(Outgoing), lambda rows: rows.delete()),
    Holding("records", "cards", _cards, lambda rows: rows.delete()),
    Holding("records", "alerts", _alerts, lambda rows: rows.delete()),
)
