"""Decisions: what a card is to show next, and last.

Every function may be called anywhere, is one transaction of its own or part of the caller's, and is safe to repeat.
"""

from collections.abc import Iterable

from django.db import transaction

from wecom import conf
from wecom.errors import CardInvalid
from wecom.models import CardChange, SentCard

from . import contents
from .contents import Content
from .queue import go_on, make_way, may_have_shown, strike
from .recipients import Recipients
from .rows import State, locked, move, owed_changes

_GONE = (State.CANCELLED, State.UNDELIVERED, State.RECALLED, State.CLOSED)


@transaction.atomic
def update(
    card: SentCard | str,
    content: Content,
    *,
    members: Iterable[str] | None = None,
    app: str = conf.DEFAULT,
    by: str = "",
    cause: str = "",
) -> bool:
    """Let the card show something else, as soon as it can. False where it is gone, forgotten or its end is fixed.

    content  a text: the buttons become one grey, dead one that says so; or another card
    members  only what these see; None: everybody who has it
    Raises SentCard.DoesNotExist, and CardInvalid where WeCom could not change such a card in this way.
    """
    card = locked(card, app=app)
    if card.state in _GONE or card.is_final or card.is_forgotten or card.recall_wanted:
        return False
    change = _owed(card, content, members=_some_of(card, members or ()))
    owed = owed_changes(card)
    if not owed or (owed[-1].content, owed[-1].members) != (change.content, change.members):
        change.save()
        owed = make_way(card, [*owed, change])
    go_on(card, owed, by=by, cause=cause)
    return True


@transaction.atomic
def close(
    card: SentCard | str,
    content: Content,
    *,
    rescue_text: str = "",
    instead: bool = False,
    app: str = conf.DEFAULT,
    by: str = "",
    cause: str = "",
) -> bool:
    """The last thing that the card shows, to everybody. False where it is gone, forgotten, or has another one fixed.

    While it is being taken back it waits: it is shown where that fails, and told in words where it works.

    rescue_text  what the recipients are told where no code is left to show it
    instead      take the place of another last content, as long as no try of it can have been applied
    Raises SentCard.DoesNotExist, and CardInvalid where WeCom could not change such a card in this way.
    """
    card = locked(card, app=app)
    if card.state in _GONE or card.is_forgotten:
        return False
    change = _owed(card, content, final=True, rescue_text=rescue_text)
    changes = list(card.changes.exclude(state=CardChange.State.REPLACED).order_by("pk"))
    fixed = next((one for one in changes if one.final), None)
    if fixed and fixed.content != change.content:
        if not instead or may_have_shown(card, fixed):
            return False
        strike(card, fixed)
        fixed = None
    owed = [one for one in changes if one.state == CardChange.State.OWED]
    if fixed is None:
        change.save()
        move(card, is_final=True)
        owed = make_way(card, [*owed, change])
    go_on(card, owed, by=by, cause=cause)
    return True


@transaction.atomic
def reopen(card: SentCard | str, *, app: str = conf.DEFAULT) -> bool:
    """Take the last content back that was owed; False where it is shown, or may be."""
    card = locked(card, app=app)
    fixed = card.changes.filter(final=True, state=CardChange.State.OWED).first()
    if card.state not in (State.SHOWN, State.CLOSING) or fixed is None or may_have_shown(card, fixed):
        return False
    strike(card, fixed)
    move(card, State.SHOWN, is_final=False)
    return True


def _owed(card: SentCard, content: Content, **fields: object) -> CardChange:
    payload = contents.for_card(card, content)
    return CardChange(card_id=card.pk, content=payload, shows=contents.words(payload), **fields)


def _some_of(card: SentCard, members: Iterable[str]) -> list[str]:
    named = sorted({one.lower() for one in members})
    for one in named:
        if not Recipients.of(card).may_include(one):
            raise CardInvalid("userids", "members who have the card", repr(one)[:40])
    return named
