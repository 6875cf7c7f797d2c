"""Decisions: finding a card, locking it, moving it.

Locks are taken in one order: outgoing row, the follower's own rows, card. Whoever holds a card may owe an effect or put
a settled one back to work, and never waits for a row that is being worked on. Cards of one transaction are locked in
the order of their keys, unless a lock of the follower's covers them all.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from wecom import conf, leases
from wecom.models import CardChange, Outgoing, SentCard

from . import following
from .following import follower_of

State = SentCard.State
LONGEST_QUIET = leases.SKEW + timedelta(minutes=1)
_FIELDS = [f.attname for f in SentCard._meta.concrete_fields]


def get(key: str, *, app: str = conf.DEFAULT) -> SentCard:
    """The card of this key. Raises SentCard.DoesNotExist."""
    return SentCard.objects.get(app=app, key=key)


def by_task_id(task_id: str, *, app: str = conf.DEFAULT) -> SentCard | None:
    """The card that a tap names; None where we sent none of that id."""
    return SentCard.objects.filter(app=app, task_id=task_id).first() if task_id else None


def locked(card: SentCard | str | int, *, app: str = conf.DEFAULT) -> SentCard:
    """The card (itself, by its key, or by its primary key) as it is now, locked until the transaction ends."""
    if isinstance(card, str):
        card = get(card, app=app)
    if isinstance(card, int):
        card = SentCard.objects.only("follower", "topic").get(pk=card)
    follower_of(card).lock(card)
    fresh = SentCard.objects.select_for_update(no_key=True).get(pk=card.pk)
    for name in _FIELDS:
        setattr(card, name, fresh.__dict__[name])
    return card


def locked_for(row: Outgoing, **which: object) -> SentCard:
    """The card that an effect is about, locked as above. The effect says whose it is, so it is not read before.

    which  finds the card: by its pk, or by the key of one of its `changes`
    """
    whose = SentCard(follower=following.follower_in(row.kind), topic=row.topic)
    follower_of(whose).lock(whose)
    return SentCard.objects.select_for_update(no_key=True, of=("self",)).get(**which)


def move(card: SentCard, state: SentCard.State | None = None, **fields: Any) -> None:
    """Write a state and what goes with it; the card is locked, so nobody else writes."""
    values = {**({"state": state} if state else {}), **fields}
    SentCard.objects.filter(pk=card.pk).update(**values)
    for name, value in values.items():
        setattr(card, name, value)


def quiet_until(card: SentCard) -> datetime | None:
    """Until when no update of the card may leave; what a clock wrote that was ahead holds nothing."""
    until = card.quiet_until
    return until if until and until < timezone.now() + LONGEST_QUIET else None


def finish(change: CardChange, state: CardChange.State) -> None:
    now = timezone.now()
    CardChange.objects.filter(pk=change.pk).update(state=state, finished_at=now)
    change.state, change.finished_at = state, now


def owed_changes(card: SentCard) -> list[CardChange]:
    """The changes that the card still waits for, in the order in which they are to be shown."""
    return list(card.changes.filter(state=CardChange.State.OWED).order_by("pk"))
