"""Decisions: what a person can still mend. Each does nothing twice: the second of two at once hears NothingToDo."""

from django.db import transaction
from django.utils import timezone

from lostfound import conf
from lostfound.errors import NotFound, NothingToDo
from lostfound.models import Card, ContactRequest
from lostfound.states import Delivery, Final, Happened, ItemState, RequestState
from wecom import inbox, outbox, sent_cards
from wecom.models import Callback
from wecom.outbox import Outgoing
from wecom.sent_cards import CardState

from . import owing
from .cards import cards_of, close_card, create_card
from .contact import give_up_contact
from .items import words
from .journal import lock_request, note

WHY = 200  # characters of a reason
_RESENDABLE = (CardState.UNDELIVERED, CardState.UNSURE, CardState.STUCK, CardState.CANCELLED, CardState.RECALLED)


@transaction.atomic
def resend_card(*, request_id: int, by: str, why: str = "") -> Card:
    """A new round of the question: new card, new task_id; the old cards read 已重发 where they were shown.

    Only while the request is pending and its newest card was not delivered, perhaps not delivered, is stuck or
    stale. Raises NotFound, and NothingToDo with the reason.
    """
    request = lock_request(request_id)
    if request.state != RequestState.PENDING:
        raise NothingToDo(f"the request is {request.state}")
    cards = cards_of(request)
    if cards and (still_good := _still_good(cards[-1])):
        raise NothingToDo(still_good)
    note(request, Happened.RESENT, actor=by, round=len(cards) + 1, **_because(why))
    for card in cards:
        close_card(card, Final.REPLACED, actor=by)
    return create_card(request)


def retry_outgoing(*, outgoing_id: int, by: str, why: str = "") -> None:
    """Put a parked or dead effect back to work; what it is about is on its way again.

    Raises NotFound, and NothingToDo with the reason.
    """
    row = Outgoing.objects.filter(pk=outgoing_id).first()
    if row is None:
        raise NotFound("outgoing message", outgoing_id)
    request_id = owing.request_id_of(row.topic)
    if request_id is None:
        raise NothingToDo("it belongs to no contact request")
    with transaction.atomic():
        request = lock_request(request_id)
        row = Outgoing.objects.get(pk=row.pk)
        if row.state not in (outbox.State.PARKED, outbox.State.DEAD):
            raise NothingToDo(f"it is {row.state}")
        _back_to_owed(row, request)
        if not outbox.retry(row.pk):
            raise NothingToDo("somebody else was quicker")
        note(request, Happened.RETRIED, actor=by, cause=f"outgoing {row.pk}", kind=row.kind, **_because(why))


def replay_callback(*, callback_id: int, by: str, why: str = "") -> None:
    """Handle a kept callback once more; what it has done before is not done twice. Raises NotFound, NothingToDo."""
    callback = Callback.objects.filter(pk=callback_id).first()
    if callback is None:
        raise NotFound("callback", callback_id)
    card = Card.objects.filter(task_id=callback.task_id).first() if callback.task_id else None
    with transaction.atomic():
        if not inbox.replay(callback_id):
            raise NothingToDo("it is being handled, or its message was purged")
        if card:
            note(card.request_id, Happened.REPLAYED, actor=by, cause=f"callback {callback_id}", **_because(why))


@transaction.atomic
def recall_card(*, card_id: int, by: str, why: str) -> None:
    """Take a card back from the finder's phone; the request stays as it is. Raises NotFound, NothingToDo, Invalid."""
    why = words(why, "why", WHY, required=True)
    card = Card.objects.filter(pk=card_id).first()
    if card is None:
        raise NotFound("card", card_id)
    request = lock_request(card.request_id)
    card.refresh_from_db()
    if card.recall_wanted:
        raise NothingToDo("the card is being taken back")
    if not sent_cards.recall(card):
        raise NothingToDo("the card cannot be taken back")
    note(request, Happened.RECALLING, actor=by, round=card.round, **_because(why))


def settle_outgoing(*, outgoing_id: int, by: str, why: str) -> None:
    """A person has seen to it in another way: it needs nobody any more; of a contact, the finder's cards say no more.

    Raises NotFound, NothingToDo, Invalid.
    """
    why = words(why, "why", WHY, required=True)
    row = Outgoing.objects.filter(pk=outgoing_id).first()
    if row is None:
        raise NotFound("outgoing message", outgoing_id)
    request_id = owing.request_id_of(row.topic)
    with transaction.atomic():
        request = lock_request(request_id) if request_id else None
        row = Outgoing.objects.get(pk=row.pk)
        if not outbox.settle(row.pk, why=f"{by}: {why}"):
            raise NothingToDo(f"it is {row.state}")
        if request and row.kind == owing.DELIVER_CONTACT:
            give_up_contact(request, actor=by, cause=f"outgoing {row.pk}")
        if request:
            note(request, Happened.SETTLED, actor=by, cause=f"outgoing {row.pk}", kind=row.kind, **_because(why))


def settle_callback(*, callback_id: int, by: str, why: str) -> None:
    """The same for a callback that was set aside. Raises NothingToDo, Invalid."""
    why = words(why, "why", WHY, required=True)
    callback = Callback.objects.filter(pk=callback_id).first()
    card = Card.objects.filter(task_id=callback.task_id).first() if callback and callback.task_id else None
    with transaction.atomic():
        if callback is None or not inbox.settle(callback_id, why=f"{by}: {why}"):
            raise NothingToDo("it is not set aside")
        if card:
            note(card.request_id, Happened.SETTLED, actor=by, cause=f"callback {callback_id}", **_because(why))


def _because(why: str) -> dict[str, str]:
    return {"reason": why} if why else {}


def _still_good(card: Card) -> str:
    """Why the newest card needs no successor; empty where it does."""
    if card.state in _RESENDABLE:
        return ""
    if card.state == CardState.OWED:
        return "the card is still being sent"
    if card.created_at > timezone.now() - conf.stale_after():
        return "the card was sent a short while ago"
    return ""


def _back_to_owed(row: Outgoing, request: ContactRequest) -> None:
    """The domain's side of a retry; raises NothingToDo where sending it again would be wrong or in vain."""
    if row.kind == owing.SEND_CARD:
        _send_again(row, request)
    elif row.kind == owing.DELIVER_CONTACT:
        _deliver_again(request)
    if why := sent_cards.put_back(row):
        raise NothingToDo(why)


def _send_again(row: Outgoing, request: ContactRequest) -> None:
    if request.state != RequestState.PENDING:
        raise NothingToDo(f"the request is {request.state}")
    if request.cards.filter(round__gt=request.cards.get(pk=row.subject).round).exists():
        raise NothingToDo("a newer card was sent")


def why_not_deliver_again(request: ContactRequest) -> str:
    """Why the contact of this request is not sent once more; empty where it may be."""
    if request.state != RequestState.ACCEPTED:
        return f"the request is {request.state}"
    if request.consent_withdrawn_at:
        return "the finder withdrew the consent"
    return "" if request.item.state == ItemState.OPEN else f"the item is {request.item.state}"


def _deliver_again(request: ContactRequest) -> None:
    if why := why_not_deliver_again(request):
        raise NothingToDo(why)
    ContactRequest.objects.filter(pk=request.pk).update(delivery=Delivery.OWED)
