"""Decisions: what a tap on a card of ours tells and brings, whatever its handler makes of it."""

from datetime import datetime

from django.db import transaction

from wecom.events import CardTap
from wecom.models import Callback, SentCard

from . import wallet
from .following import What
from .queue import go_on
from .recipients import Recipients
from .rescue import take_back_if_wanted
from .rows import State, locked, move
from .sending import NOT_SHOWN_YET, mark_shown

_ANSWERABLE = (*NOT_SHOWN_YET, State.SHOWN)


@transaction.atomic
def keep_tap(
    card: SentCard, *, event: CardTap, received_at: datetime, quiet_until: datetime | None = None, cause: str = ""
) -> None:
    """Take a tap into the books: its code, the proof that the card had arrived, the time that an update has to wait.

    received_at  when it was kept: the age of its code counts from there
    quiet_until  set where it was answered at once: no update of the card before this moment
    Of a member who cannot have the card only the code is kept. Safe to repeat.
    """
    card = locked(card)
    wallet.keep_code(card, event.response_code, source=wallet.Source.TAP, userid=event.userid, issued_at=received_at)
    if not Recipients.of(card).may_include(event.userid):
        return
    if quiet_until and (card.quiet_until is None or quiet_until > card.quiet_until):
        move(card, quiet_until=quiet_until)
    if card.state in NOT_SHOWN_YET:
        is_settled = card.state != State.OWED
        mark_shown(card, What.INFERRED, by=event.userid, cause=cause)
        if is_settled:  # else the send's own answer is still to come, and with it what a recall needs
            take_back_if_wanted(card, cause=cause)
    elif card.state == State.STUCK:
        go_on(card, by=event.userid, cause=cause)


def accepts_instant_reply(event: CardTap) -> bool:
    """Whether a tap may be answered at once: a card of ours that the member can have, and whose end is not decided.

    A card that is still being sent counts: a tap may be quicker than the answer of the send. One indexed read.
    """
    rows = SentCard.objects.filter(app=event.app, task_id=event.task_id, state__in=_ANSWERABLE)
    card = rows.filter(is_final=False, recall_wanted=False).only("recipients").first()
    return card is not None and Recipients.of(card).may_include(event.userid)


def has_unread_tap(*cards: SentCard) -> bool:
    """Whether a tap on one of these cards was kept and waits for a worker: it was in time, so it counts."""
    task_ids = [card.task_id for card in cards]
    return Callback.objects.filter(task_id__in=task_ids, state__in=Callback.OPEN).exists()
