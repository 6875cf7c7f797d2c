"""Decisions: a change that cannot be shown, taking a card back, and telling its words otherwise.

A card that cannot get its last content is taken back while WeCom allows it; else its members are told in words. Never
a loop: a card is taken back once, and told of once.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from wecom import conf, outbox
from wecom.models import CardChange, SentCard
from wecom.outbox import Outgoing

from .following import What, follower_of, hear, owe_once
from .queue import go_on, strike
from .recipients import Recipients
from .rows import State, locked, locked_for, move, owed_changes

API = "message/recall"
RECALL, TEXT = "recall_card", "card_text"
TOO_LATE = "the card cannot be taken back"
RECALL_WITHIN = timedelta(hours=23, minutes=50)  # WeCom: 24 hours. Source: …/document/path/94867
_RECALLABLE = (State.SHOWN, State.CLOSING, State.STUCK, State.CLOSED)


@transaction.atomic
def recall(card: SentCard | str, *, app: str = conf.DEFAULT) -> bool:
    """Take the card back from every phone; one that was not sent yet is not sent. False where that is not possible.

    Raises SentCard.DoesNotExist.
    """
    card = locked(card, app=app)
    if card.recall_wanted:
        return True
    if card.state != State.OWED and not (is_recallable(card) and _owe(card)):
        return False
    move(card, recall_wanted=True)
    return True


def is_recallable(card: SentCard) -> bool:
    """Whether it stands on a phone, and WeCom still lets it be taken back."""
    return card.state in _RECALLABLE and _is_young(card)


def take_back_if_wanted(card: SentCard, *, cause: str) -> None:
    """The card has arrived after somebody asked to take it back."""
    if card.recall_wanted and not (_is_young(card) and _owe(card)):
        move(card, recall_wanted=False)
        hear(card, What.RECALL_FAILED, cause=cause, why="nobody knows its msgid")
        go_on(card, cause=cause)


def give_up(card: SentCard, change: CardChange, *, cause: str, why: str, errcode: int | None = None) -> None:
    """The change cannot be shown. The last one waits for a fresh code, and the rescue comes first."""
    if not change.final:
        if change.state == CardChange.State.OWED:
            strike(card, change, CardChange.State.GIVEN_UP)
            hear(card, What.STUCK, cause=cause, change=change, why=why, errcode=errcode, rescue="none")
            go_on(card, cause=cause)
        return
    if card.state != State.CLOSING:
        return
    move(card, State.STUCK)
    hear(card, What.STUCK, cause=cause, change=change, why=why, errcode=errcode, rescue=_rescue(card, change))


def prepare(row: Outgoing) -> outbox.Call | outbox.Nothing:
    """The card to take back, unless it has got its last content, or another try for it, meanwhile."""
    card = locked_for(row, pk=row.subject)
    if card.state == State.RECALLED or not (card.state == State.STUCK or card.recall_wanted):
        return outbox.Nothing(f"the card is {card.state}", done=card.state == State.RECALLED)
    return outbox.Call(path=API, body={"msgid": card.msgid})


def settle(row: Outgoing, result: outbox.Result) -> None:
    """The card is gone from the phones, or it is not; what it was to say at last is told in words, or still shown."""
    card = locked_for(row, pk=row.subject)
    cause = f"outgoing {row.pk}"
    if result.state in (outbox.State.DONE, outbox.State.INFERRED):
        move(card, State.RECALLED, shows="", closed_at=timezone.now())
        hear(card, What.RECALLED, cause=cause, errcode=result.errcode)
    else:
        move(card, recall_wanted=False)
        hear(card, What.RECALL_FAILED, cause=cause, errcode=result.errcode, why=result.errmsg)
    for change in owed_changes(card):
        if change.final and card.state in (State.RECALLED, State.STUCK):
            follower_of(card).tells_instead(card, change)
        if card.state == State.RECALLED:
            strike(card, change, CardChange.State.GIVEN_UP)
    if card.state != State.STUCK:  # that one waits for a fresh code
        go_on(card, cause=cause)


def prepare_text(row: Outgoing) -> outbox.Call | outbox.Nothing:
    """The words of a last change that could not be shown."""
    card = locked_for(row, changes=row.subject)
    if card.state == State.CLOSED:
        return outbox.Nothing("the card shows its final text after all")
    change = card.changes.get(pk=row.subject)
    to = Recipients.of(card)
    return outbox.text_call(to.for_send(), change.rescue_text, members=to.members)


def settle_text(row: Outgoing, result: outbox.Result) -> outbox.Park | None:
    card = locked_for(row, changes=row.subject)
    to = Recipients.of(card)
    done = result.state in (outbox.State.DONE, outbox.State.INFERRED)
    if done and to.are_all_known and outbox.unreached(result.answer).issuperset(to.members):
        return outbox.Park("errcode 0, but the member cannot be reached")
    return None


def _rescue(card: SentCard, change: CardChange) -> str:
    if _is_young(card) and _owe(card):
        return "recall"
    return "text" if follower_of(card).tells_instead(card, change) else "none"


def _owe(card: SentCard) -> bool:
    """False where it was owed before: a card is taken back once."""
    return owe_once(card, RECALL, subject=card.pk)


def _is_young(card: SentCard) -> bool:
    return bool(card.msgid and card.sent_at and card.sent_at > timezone.now() - RECALL_WITHIN)
