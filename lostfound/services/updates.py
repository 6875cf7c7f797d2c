"""Decisions: spending a code on the final text of a card, and the one rescue where no code is left.

A refused code is followed by one spare code; then the card is stuck, and the rescue tells the finder otherwise.
Source: https://developer.work.weixin.qq.com/document/path/94888
"""

from datetime import timedelta

from django.utils import timezone

from lostfound import card_content
from lostfound.models import Card, ResponseCode
from lostfound.states import CardState, CodeState, Final, Happened
from wecom import outbox
from wecom.errcodes import Outcome
from wecom.outbox import Outgoing

from . import owing, wallet
from .cards import move_card
from .journal import WORKER, lock_card, note
from .reach import is_unreached

# Either code says that this response_code cannot be used (any more).
DEAD_CODE = frozenset({60140, 42022})
CODES_A_ROW = 2  # the first and one spare

RECALL_WITHIN = timedelta(hours=23, minutes=50)  # WeCom: 24 hours. Source: …/document/path/94867
_SILENT = (Final.REPLACED, Final.WITHDRAWN)  # the finder is not bothered with a text about these


def reserve_update(row: Outgoing) -> tuple[Card, ResponseCode, frozenset[int]] | outbox.Nothing:
    """The card, the code to spend on it, and what a refusal would prove; or why nothing is to be sent.

    60140 after a doubt proves that the first try had worked only where that try was made with this very code,
    and the code is too young to have died of age.
    """
    card = lock_card(row.subject)
    if card.state != CardState.CLOSING:
        return outbox.Nothing(f"the card is {card.state}", done=card.state == CardState.CLOSED)
    if card.quiet_until and card.quiet_until > timezone.now():
        owing.postpone_update(card, row)
        return outbox.Nothing("too early: the instant answer is still on its way; another row follows")
    code = wallet.reserve_code(card=card, outgoing_id=row.pk)
    if code is None:
        _stick(card, cause=f"outgoing {row.pk}", why="no usable code")
        return outbox.Nothing("no usable response code")
    doubted = owing.is_in_doubt(row, since=code.used_at)
    return card, code, DEAD_CODE if doubted and code.expires_at > timezone.now() else frozenset()


def settle_update(row: Outgoing, result: outbox.Result) -> outbox.Again | outbox.Park | None:
    """Write what became of the code and the card. Again: a spare code is left."""
    card = lock_card(row.subject)
    code = wallet.reserved_code(card=card, outgoing_id=row.pk)
    cause = f"outgoing {row.pk}"
    if result.state in (outbox.State.DONE, outbox.State.INFERRED):
        return _updated(card, code, result, cause)
    if code and result.outcome is Outcome.REFUSED and result.errcode in DEAD_CODE:
        wallet.refuse_code(code)
        note(card.request, Happened.CODE_REFUSED, actor=WORKER, cause=cause, round=card.round, errcode=result.errcode)
        if card.state == CardState.CLOSING and _has_spare(card, row):
            return outbox.Again()
    elif code and not result.in_doubt:
        wallet.release_code(code)
    _stick(card, cause=cause, why=result.errmsg, errcode=result.errcode)
    return None


def recallable(row: Outgoing) -> str | outbox.Nothing:
    """The msgid to take back, unless the card has got its final text, or another try for it, meanwhile."""
    card = lock_card(row.subject)
    if card.state != CardState.STUCK:
        return outbox.Nothing(f"the card is {card.state}")
    return card.msgid


def settle_recall(row: Outgoing, result: outbox.Result) -> None:
    """The stuck card is gone from the phone, or it is not; the finder is told the outcome in words either way."""
    card = lock_card(row.subject)
    gone = result.state in (outbox.State.DONE, outbox.State.INFERRED)
    if gone:
        move_card(card, CardState.RECALLED, shows="", closed_at=timezone.now())
    event = Happened.CARD_RECALLED if gone else Happened.RECALL_FAILED
    note(card.request, event, actor=WORKER, cause=f"outgoing {row.pk}", round=card.round, errcode=result.errcode)
    if card.final not in _SILENT:
        owing.owe_tell(card.request_id, f"{card_content.RESCUE}-{card.round}")


def _updated(card: Card, code: ResponseCode | None, result: outbox.Result, cause: str) -> outbox.Park | None:
    if code:
        wallet.spend_code(code)
    if is_unreached(result.answer, card.recipient):
        _stick(card, cause=cause, why="the finder is among those whose card was not changed")
        return outbox.Park("errcode 0, but the finder's card was not changed")
    event = Happened.CARD_UPDATED if result.state == outbox.State.DONE else Happened.UPDATE_INFERRED
    if card.state != CardState.RECALLED:  # a rescue may have been quicker
        shows = card_content.FINALS[Final(card.final)]
        move_card(card, CardState.CLOSED, shows=shows, closed_at=timezone.now())
    note(card.request, event, actor=WORKER, cause=cause, round=card.round, shows=card.shows)
    return None


def _has_spare(card: Card, row: Outgoing) -> bool:
    refused = card.codes.filter(state=CodeState.REFUSED, reserved_for=row.pk).count()
    return refused < CODES_A_ROW and wallet.usable_codes(card).exists()


def _stick(card: Card, *, cause: str, why: str, errcode: int | None = None) -> None:
    """The final text cannot be shown. Once per card: take it back while that is allowed, else tell the finder."""
    if card.state != CardState.CLOSING:
        return
    move_card(card, CardState.STUCK)
    way = _rescue(card)
    data = {"round": card.round, "why": why, "errcode": errcode, "rescue": way}
    note(card.request, Happened.CARD_STUCK, actor=WORKER, cause=cause, **data)


def _rescue(card: Card) -> str:
    young = card.sent_at and card.sent_at > timezone.now() - RECALL_WITHIN
    if card.msgid and young and owing.owe_recall(card):
        return "recall"
    if card.final not in _SILENT and owing.owe_tell(card.request_id, f"{card_content.RESCUE}-{card.round}"):
        return "text"
    return "none"
