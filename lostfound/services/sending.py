"""Decisions: the question on its way to the finder, and the short texts to either of the two."""

from typing import Any

from lostfound import card_content
from lostfound.models import Card, ContactRequest
from lostfound.states import CardState, Happened, RequestState
from wecom import outbox
from wecom.outbox import Outgoing

from . import owing
from .cards import keep_send_answer, mark_not_shown, mark_shown
from .journal import WORKER, lock_card, lock_request, note
from .reach import GONE, is_unreached
from .requests import end_unanswered


def card_to_send(row: Outgoing) -> Card | outbox.Nothing:
    """The card to be sent; or why it is not sent, which is then written down."""
    card = lock_card(row.subject)
    if card.state != CardState.OWED:
        return outbox.Nothing(f"the card is {card.state}", done=card.state != CardState.CANCELLED)
    if card.request.state == RequestState.PENDING and not card.final:
        return card
    why = "a newer card replaces it" if card.final else f"the request is {card.request.state}"
    if owing.is_in_doubt(row):
        mark_not_shown(card, CardState.UNSURE, Happened.CARD_UNSURE, cause=f"outgoing {row.pk}", why=why)
    else:
        mark_not_shown(card, CardState.CANCELLED, Happened.CARD_CANCELLED, cause=f"outgoing {row.pk}", why=why)
    return outbox.Nothing(why)


def settle_card(row: Outgoing, result: outbox.Result) -> outbox.Park | None:
    """Write down whether the question stands on the finder's phone, and tell the owner where it does not."""
    card = lock_card(row.subject)
    cause = f"outgoing {row.pk}"
    if result.state == outbox.State.DONE and is_unreached(result.answer, card.recipient):
        _undelivered(card, cause=cause, why="the finder cannot be reached")
        return outbox.Park("errcode 0, but the finder cannot be reached")
    if result.state == outbox.State.DONE:
        keep_send_answer(card, dict(result.answer))
        mark_shown(card, Happened.CARD_SENT, cause=cause)
    elif result.state == outbox.State.INFERRED:
        mark_shown(card, Happened.CARD_INFERRED, cause=cause)
    elif result.in_doubt:
        if mark_not_shown(card, CardState.UNSURE, Happened.CARD_UNSURE, cause=cause, why=result.errmsg):
            _tell_owner(card, "unsure")
    elif result.errcode in GONE and card.request.state == RequestState.PENDING:
        mark_not_shown(card, CardState.UNDELIVERED, Happened.CARD_UNDELIVERED, cause=cause, errcode=result.errcode)
        end_unanswered(card.request, by=WORKER, tell="finder_gone", cause=cause)
    else:
        _undelivered(card, cause=cause, why=result.errmsg, errcode=result.errcode)
    return None


def text_to_send(row: Outgoing) -> tuple[ContactRequest, str] | outbox.Nothing:
    """The request and what to tell, unless the text has been overtaken by what happened since."""
    number, _, what = row.subject.partition(":")
    request = lock_request(number)
    word, _, round_ = what.partition("-")
    card = request.cards.filter(round=round_).first() if round_ else None
    if word == card_content.RESCUE and card and card.state == CardState.CLOSED:
        return outbox.Nothing("the card shows its final text after all")
    if word in ("undelivered", "unsure") and card and card.state not in (CardState.UNDELIVERED, CardState.UNSURE):
        return outbox.Nothing(f"the card is {card.state}")
    return request, what


def settle_text(row: Outgoing, result: outbox.Result) -> outbox.Park | None:
    number, _, what = row.subject.partition(":")
    request = lock_request(number)
    done = result.state in (outbox.State.DONE, outbox.State.INFERRED)
    member = card_content.receiver(request, what)
    unreached = done and is_unreached(result.answer, member)
    event = Happened.TOLD if done and not unreached else Happened.NOT_TOLD
    data: dict[str, Any] = {"what": what}
    if result.errcode:
        data["errcode"] = result.errcode
    if not done and result.in_doubt:
        data["in_doubt"] = True  # it may have arrived after all
    note(request, event, actor=WORKER, cause=f"outgoing {row.pk}", **data)
    return outbox.Park("errcode 0, but the member cannot be reached") if unreached else None


def _undelivered(card: Card, *, cause: str, why: str, errcode: int | None = None) -> None:
    data = {"why": why} if errcode is None else {"why": why, "errcode": errcode}
    if mark_not_shown(card, CardState.UNDELIVERED, Happened.CARD_UNDELIVERED, cause=cause, **data):
        _tell_owner(card, "undelivered")


def _tell_owner(card: Card, what: str) -> None:
    if card.request.state == RequestState.PENDING:
        owing.owe_tell(card.request_id, f"{what}-{card.round}")
