"""Decisions: an owner asks or takes it back; time runs out."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from lostfound import conf
from lostfound.errors import ItemClosed, NotFound, OwnItem, RequestClosed, TooMany, WrongActor
from lostfound.models import ContactRequest, Item
from lostfound.states import Final, Happened, ItemKind, ItemState, RequestState
from wecom import sent_cards

from . import contact, owing
from .cards import close_cards, create_card
from .items import userid, words
from .journal import lock_request, move_request, note

MESSAGE = 200


def ask_for_contact(
    *, item_id: int, owner: str, message: str = "", actor: str | None = None, keep_pace: bool = False
) -> tuple[ContactRequest, bool]:
    """The request of this owner for this found item, and whether it is new.

    A repeat, also at the same moment, returns the open request and owes nothing twice. `actor` is who asks for
    the owner, where that is somebody else. `keep_pace`: refuse more than the settings allow one member.
    Raises NotFound, OwnItem, ItemClosed, Invalid, TooMany.
    """
    owner = userid(owner, "owner")
    message = words(message, "message", MESSAGE)
    item = _askable(item_id, owner)
    for _ in range(3):
        if open_request := _open(item, owner):
            return open_request, False
        if keep_pace:
            _keep_pace(owner)
        try:
            return _ask(item, owner, message, actor or owner), True
        except IntegrityError:
            continue  # somebody asked at the same moment; theirs is the open one, or was
    raise RequestClosed(f"item {item_id} is asked for by too many at once")


@transaction.atomic
def withdraw_contact_request(*, request_id: int, actor: str, by_staff: bool = False) -> ContactRequest:
    """The owner takes the request back. `by_staff`: somebody acts for the owner.

    Raises NotFound, WrongActor, and RequestClosed once it is decided or the contact's send has begun.
    """
    request = lock_request(request_id)
    if not by_staff and actor.lower() != request.owner.lower():
        raise WrongActor("only the owner takes a request back")
    if request.state == RequestState.ACCEPTED:
        if owing.contact_has_begun(request):
            raise RequestClosed("the contact is on its way or was delivered")
        contact.take_back_contact(request, RequestState.WITHDRAWN, why="the owner took the request back")
    else:
        move_request(request, RequestState.PENDING, RequestState.WITHDRAWN)
    note(request, Happened.WITHDRAWN, actor=actor)
    close_cards(request, Final.WITHDRAWN, actor=actor)
    return request


@transaction.atomic
def expire_request(*, request_id: int, by: str) -> ContactRequest:
    """Nobody answered: the request ends, the card reads 已过期, the owner is told; also where no card surely arrived.

    Raises NotFound, and RequestClosed also where an answer has come in that nobody has read yet.
    """
    request = lock_request(request_id)
    cards = list(request.cards.all())
    if sent_cards.has_unread_tap(*cards):
        raise RequestClosed("the finder has answered; the answer is still to be handled")
    end_unanswered(request, by=by, tell="expired" if any(card.sent_at for card in cards) else "not_reached")
    return request


def end_unanswered(request: ContactRequest, *, by: str, tell: str, cause: str = "") -> None:
    """Expire a locked request and tell the owner why. Raises RequestClosed where a tap was quicker."""
    move_request(request, RequestState.PENDING, RequestState.EXPIRED)
    note(request, Happened.EXPIRED, actor=by, cause=cause, why=tell)
    close_cards(request, Final.EXPIRED, actor=by, cause=cause)
    owing.owe_tell(request.pk, tell)


def _keep_pace(owner: str) -> None:
    """Against nuisance. Counted over the requests themselves; two at the same moment may be one too many."""
    mine = ContactRequest.objects.filter(owner=owner)
    if mine.filter(state=RequestState.PENDING).count() >= conf.open_requests():
        raise TooMany("open requests")
    if mine.filter(created_at__gt=timezone.now() - timedelta(days=1)).count() >= conf.requests_a_day():
        raise TooMany("requests")


def _askable(item_id: int, owner: str) -> Item:
    item = Item.objects.filter(pk=item_id).first()
    if item is None:
        raise NotFound("item", item_id)
    if item.kind != ItemKind.FOUND:
        raise ItemClosed(f"item {item_id} was not found by anybody yet")
    if item.state != ItemState.OPEN:
        raise ItemClosed(f"item {item_id} is {item.state}")
    if item.reporter.lower() == owner:
        raise OwnItem("the finder is the one who asks")
    return item


def _open(item: Item, owner: str) -> ContactRequest | None:
    return ContactRequest.objects.filter(item=item, owner=owner, state=RequestState.PENDING).first()


@transaction.atomic
def _ask(item: Item, owner: str, message: str, actor: str) -> ContactRequest:
    locked = Item.objects.select_for_update().filter(pk=item.pk, state=ItemState.OPEN).first()
    if locked is None:
        raise ItemClosed(f"item {item.pk} was closed at this moment")
    item = locked  # what the card says is what it holds now
    request = ContactRequest.objects.create(
        item=item, owner=owner, finder=item.reporter, item_title=item.title, message=message
    )
    note(request, Happened.ASKED, actor=actor)
    create_card(request)
    return request
