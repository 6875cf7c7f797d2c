"""Decisions: the short texts to one of the two, each told once."""

from typing import Any

from lostfound import card_content
from lostfound.models import ContactRequest
from lostfound.states import NOBODY, Happened, RequestState
from wecom import outbox
from wecom.outbox import Outgoing
from wecom.sent_cards import CardState

from .journal import WORKER, lock_request, note


def text_to_send(row: Outgoing) -> tuple[ContactRequest, str] | outbox.Nothing:
    """The request and what to tell, unless the text has been overtaken by what happened since."""
    number, _, what = row.subject.partition(":")
    request = lock_request(number)
    word, _, round_ = what.partition("-")
    card = request.cards.filter(round=round_).first() if round_ else None
    if word == card_content.RESCUE and card and card.state == CardState.CLOSED:
        return outbox.Nothing("the card shows its final text after all")
    if card_content.receiver(request, what).startswith(NOBODY):
        return outbox.Nothing("the member was erased")
    if word in ("undelivered", "unsure"):
        if request.state != RequestState.PENDING:
            return outbox.Nothing(f"the request is {request.state}")
        if card and card.state not in (CardState.UNDELIVERED, CardState.UNSURE):
            return outbox.Nothing(f"the card is {card.state}")
    return request, what


def settle_text(row: Outgoing, result: outbox.Result) -> outbox.Park | None:
    number, _, what = row.subject.partition(":")
    request = lock_request(number)
    done = result.state in (outbox.State.DONE, outbox.State.INFERRED)
    unreached = done and card_content.receiver(request, what) in outbox.unreached(result.answer)
    event = Happened.TOLD if done and not unreached else Happened.NOT_TOLD
    data: dict[str, Any] = {"what": what}
    if result.errcode:
        data["errcode"] = result.errcode
    if not done and result.in_doubt:
        data["in_doubt"] = True  # it may have arrived after all
    note(request, event, actor=WORKER, cause=f"outgoing {row.pk}", **data)
    return outbox.Park("errcode 0, but the member cannot be reached") if unreached else None
