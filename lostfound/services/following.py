"""Decisions: what becomes of a finder's card, as wecom reports it, and what that means for the request.

Every piece of news is a line of the timeline, in the transaction that records it.
"""

from typing import Any

from lostfound.models import Card, ContactRequest
from lostfound.states import Final, Happened, RequestState
from wecom.sent_cards import CardChange, Follower, News, SentCard, What

from . import owing
from .journal import WORKER, hold_request, note
from .requests import end_unanswered

_HAPPENED = {
    What.SENT: Happened.CARD_SENT,
    What.INFERRED: Happened.CARD_INFERRED,
    What.UNDELIVERED: Happened.CARD_UNDELIVERED,
    What.UNSURE: Happened.CARD_UNSURE,
    What.CANCELLED: Happened.CARD_CANCELLED,
    What.UPDATING: Happened.CLOSING,
    What.UPDATED: Happened.CARD_UPDATED,
    What.UPDATE_INFERRED: Happened.UPDATE_INFERRED,
    What.CODE_REFUSED: Happened.CODE_REFUSED,
    What.STUCK: Happened.CARD_STUCK,
    What.RECALLED: Happened.CARD_RECALLED,
    What.RECALL_FAILED: Happened.RECALL_FAILED,
}
# The finder left, was deleted, or is outside the application's range: nothing will reach them any more.
# Source: https://developer.work.weixin.qq.com/document/path/90313
_GONE = frozenset({40003, 46004, 60111, 81013})
_SILENT = (Final.REPLACED, Final.WITHDRAWN)  # the finder is not bothered with a text about these


class CardFollower(Follower):
    """The lost and found, as wecom knows it."""

    def lock(self, card: SentCard) -> None:
        hold_request(owing.request_id_of(card.topic) or 0)

    def unwanted(self, card: SentCard) -> str:
        ours = _ours(card)
        state = _request_of(ours).state
        if state != RequestState.PENDING:
            return f"the request is {state}"
        return "a newer card replaces it" if ours.final else ""

    def hears(self, card: SentCard, news: News) -> None:
        ours = _ours(card)
        note(
            ours.request_id,
            _HAPPENED[news.what],
            actor=news.by or WORKER,
            cause=news.cause,
            round=ours.round,
            **_details(card, ours.final, news),
        )
        if news.what in (What.UNDELIVERED, What.UNSURE) and not ours.final:
            _tell_owner(ours, news)

    def tells_instead(self, card: SentCard, change: CardChange) -> bool:
        ours = _ours(card)
        return ours.final not in _SILENT and owing.owe_rescue(ours)


def _ours(card: SentCard) -> Card:
    return card if isinstance(card, Card) else Card.objects.only("request", "round", "final").get(pk=card.pk)


def _request_of(card: Card) -> ContactRequest:
    return ContactRequest.objects.get(pk=card.request_id)


def _details(card: SentCard, final: str, news: News) -> dict[str, Any]:
    told: dict[str, Any] = {"why": news.why, "errcode": news.errcode, "rescue": news.rescue}
    if news.what == What.UPDATING:
        told["final"] = final
    if news.what in (What.UPDATED, What.UPDATE_INFERRED):
        told["shows"] = card.shows
    return {name: value for name, value in told.items() if value not in ("", None)}


def _tell_owner(card: Card, news: News) -> None:
    request = _request_of(card)
    if request.state != RequestState.PENDING:
        return
    if news.errcode in _GONE:
        end_unanswered(request, by=WORKER, tell="finder_gone", cause=news.cause)
    else:
        owing.owe_tell(card.request_id, f"{news.what}-{card.round}")
