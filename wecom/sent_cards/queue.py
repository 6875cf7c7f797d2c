"""Decisions: the changes that a card waits for, in order, one under way at a time.

A change that no try can have applied gives way to a later one that everybody it was for will see; the last change of a
card takes the place of what was to come before it also where that is in doubt, as soon as no worker is at it.
"""

from django.db.models import QuerySet

from wecom import outbox
from wecom.models import CardChange, SentCard
from wecom.outbox import Outgoing

from . import wallet
from .following import What, effect_key, hear, kind
from .rows import State, finish, move, owed_changes, quiet_until

UPDATE = "update_card"
_CHANGEABLE = (State.SHOWN, State.CLOSING, State.STUCK)
_FAILED = (outbox.State.PARKED, outbox.State.DEAD)


def go_on(card: SentCard, owed: list[CardChange] | None = None, *, by: str = "", cause: str = "") -> None:
    """Put the first change that is owed on its way, unless one is under way, or no code could pay for it.

    owed  owed_changes(card), where they are at hand
    """
    if card.state not in _CHANGEABLE or card.recall_wanted:
        return
    change = next(iter(owed_changes(card) if owed is None else owed), None)
    if change is None or (card.state == State.STUCK and not wallet.usable_codes(card).exists()):
        return
    if not _owe(card, change):
        return
    if change.final:
        move(card, State.CLOSING)
    hear(card, What.UPDATING, by=by, cause=cause, change=change)


def make_way(card: SentCard, owed: list[CardChange]) -> list[CardChange]:
    """Strike the changes that a later one makes needless; those that are left."""
    for position, change in enumerate(owed):
        later = [one for one in owed[position + 1 :] if _covers(one, change)]
        if later and _gives_way(card, change, final=any(one.final for one in later)):
            strike(card, change)
    return [change for change in owed if change.state == CardChange.State.OWED]


def strike(card: SentCard, change: CardChange, state: CardChange.State = CardChange.State.REPLACED) -> None:
    """The change is not to be shown any more. Its own row finds out; the code it had reserved is free."""
    finish(change, state)
    rows = Outgoing.objects.filter(kind=kind(card, UPDATE), subject=str(change.pk)).values_list("pk", flat=True)
    in_doubt = may_have_shown(card, change)
    for row in rows:
        if code := wallet.reserved_code(card, outgoing_id=row):
            wallet.release_code(code, in_doubt=in_doubt)


def updates_of(card: SentCard) -> "QuerySet[Outgoing]":
    """The effects that changed this card, or were to, oldest first."""
    changes = [str(pk) for pk in card.changes.values_list("pk", flat=True)]
    return Outgoing.objects.filter(kind=kind(card, UPDATE), subject__in=changes).order_by("pk")


def may_have_shown(card: SentCard, change: CardChange) -> bool:
    """Whether this change was applied, or may have been, or is being applied: nothing then takes its place."""
    return outbox.may_have_worked(kind(card, UPDATE), change.pk)


def _gives_way(card: SentCard, change: CardChange, *, final: bool) -> bool:
    if change.final:
        return False  # only close(instead=True) and reopen() take a last change back
    if final:
        return not outbox.is_under_way(kind(card, UPDATE), change.pk)
    return not may_have_shown(card, change)


def _covers(later: CardChange, change: CardChange) -> bool:
    """Whether everybody who would see `change` will see `later`."""
    return not later.members or (bool(change.members) and set(change.members) <= set(later.members))


def _owe(card: SentCard, change: CardChange) -> bool:
    """Let the change be brought to the phones: by a failed row's retry, else by a new one. False: one is at it."""
    rows = Outgoing.objects.filter(kind=kind(card, UPDATE), subject=str(change.pk)).order_by("-pk")
    before = list(rows.values_list("pk", "state"))
    for last, state in before[:1]:
        if state in Outgoing.OPEN:
            return False
        if state in _FAILED:
            return outbox.retry(last)
    number = [len(before) + 1] if before else []
    key = effect_key(card, UPDATE, change.pk, *number)
    outbox.owe(
        kind(card, UPDATE),
        subject=change.pk,
        effect_key=key,
        topic=card.topic,
        due_at=quiet_until(card),
        app=card.app,
    )
    return True
