"""Decisions: the finder's contact on its way to the owner.

    none ─► owed ─► delivered | unsure | failed         unsure, failed ─► owed: a person retried

`unsure` makes no claim: the card keeps its buttons until a person has decided, or the finder takes the consent back.
"""

from django.utils import timezone

from lostfound.models import Card, ContactRequest
from lostfound.states import Delivery, Final, Happened, RequestState
from wecom import outbox
from wecom.outbox import Outgoing
from wecom.sent_cards import CardState

from . import owing
from .cards import cards_of, close_card, close_cards, final_of
from .journal import WORKER, lock_request, move_request, note


def contact_to_send(row: Outgoing) -> ContactRequest | outbox.Nothing:
    """The request whose contact may be sent now; or why it may not, which is then written down."""
    request = lock_request(row.subject)
    if request.state != RequestState.ACCEPTED:
        return outbox.Nothing(f"the request is {request.state}")
    is_erased = request.finder_is_erased or request.owner_is_erased
    if request.consent_withdrawn_at is None and not is_erased:
        return request
    why = "the member was erased" if is_erased else "the consent was withdrawn"
    if outbox.is_in_doubt(row):
        _doubt(request, row, why=why if is_erased else f"{why} after a try")
    else:
        _fail(request, row, why=why)
    return outbox.Nothing(why if is_erased else "the finder withdrew the consent")


def settle_contact(row: Outgoing, result: outbox.Result) -> outbox.Park | None:
    """Write down what is known of the contact, and owe the finder's cards the text that says it."""
    request = lock_request(row.subject)
    if result.state in (outbox.State.DONE, outbox.State.INFERRED):
        if request.owner not in outbox.unreached(result.answer):
            _delivered(request, row)
            return None
        _came_to_nothing(request, row, result, why="the owner cannot be reached")
        return outbox.Park("errcode 0, but the owner cannot be reached")
    _came_to_nothing(request, row, result, why=result.errmsg)
    return None


def give_up_contact(request: ContactRequest, *, actor: str, cause: str = "") -> None:
    """It is not sent any more: it failed, or was tried and may have arrived. The finder's cards say that it is over;
    where it had failed before, they have said so.
    """
    if request.delivery in (Delivery.OWED, Delivery.UNSURE):
        in_doubt = outbox.may_have_worked(owing.DELIVER_CONTACT, request.pk)
        request.delivery = Delivery.UNSURE if in_doubt else Delivery.FAILED
        request.save(update_fields=["delivery"])
        close_cards(request, Final.OVER, actor=actor, cause=cause)


def take_back_contact(request: ContactRequest, to: RequestState, *, why: str) -> None:
    """An accepted request ends before its contact was tried: what the finder agreed to is forgotten.

    Raises RequestClosed where it is not accepted any more. The request is locked and no try has begun.
    """
    forgotten = {"delivery": Delivery.NONE, "contact_channel": "", "contact_value": ""}
    move_request(request, RequestState.ACCEPTED, to, **forgotten)
    owing.drop_contact(request, why=why)


def _came_to_nothing(request: ContactRequest, row: Outgoing, result: outbox.Result, *, why: str) -> None:
    """Which is known only where no earlier try may have arrived."""
    if result.in_doubt:
        _doubt(request, row, why=why)
    else:
        _fail(request, row, why=why, errcode=result.errcode or None)


def _delivered(request: ContactRequest, row: Outgoing) -> None:
    _move(request, Delivery.DELIVERED, Happened.CONTACT_DELIVERED, row, delivered_at=timezone.now())
    cards = cards_of(request)
    said_failed = [card for card in cards if card.final == Final.FAILED]
    for card in cards:
        close_card(card, Final.DELIVERED, actor=WORKER, cause=f"outgoing {row.pk}")
    if any(_still_says_so(card) or owing.rescue_was_tried(card) for card in said_failed):
        owing.owe_tell(request.pk, "delivered_late")


def _still_says_so(card: Card) -> bool:
    """Whether the finder was told of the failure, by the card or by a text, and the card cannot take it back."""
    return card.final == Final.FAILED or card.state in (CardState.STUCK, CardState.RECALLED)


def _doubt(request: ContactRequest, row: Outgoing, *, why: str) -> None:
    _move(request, Delivery.UNSURE, Happened.CONTACT_UNSURE, row, why=why)
    if final := final_of(request):
        close_cards(request, final, actor=WORKER, cause=f"outgoing {row.pk}")


def _fail(request: ContactRequest, row: Outgoing, *, why: str, errcode: int | None = None) -> None:
    _move(request, Delivery.FAILED, Happened.CONTACT_FAILED, row, why=why, errcode=errcode)
    if final := final_of(request):
        close_cards(request, final, actor=WORKER, cause=f"outgoing {row.pk}")


def _move(
    request: ContactRequest,
    delivery: Delivery,
    event: Happened,
    row: Outgoing,
    *,
    delivered_at: object = None,
    why: str = "",
    errcode: int | None = None,
) -> None:
    ContactRequest.objects.filter(pk=request.pk).update(delivery=delivery, delivered_at=delivered_at)
    request.delivery = delivery
    data = {name: value for name, value in (("why", why), ("errcode", errcode)) if value not in ("", None)}
    note(request, event, actor=WORKER, cause=f"outgoing {row.pk}", **data)
