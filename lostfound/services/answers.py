"""Decisions: what a finder answers, on a card or on their page. Actor and receivers come from our rows alone."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from lostfound.card_content import CONFIRM, DECLINE
from lostfound.errors import Invalid, NotFound, RequestClosed, WrongActor
from lostfound.models import Card, ContactRequest
from lostfound.states import Channel, Delivery, Final, Happened, RequestState
from wecom import alerts

from . import contact, owing
from .cards import close_cards, reopen_card, revive_card
from .items import CONTACT, words
from .journal import lock_request_of, move_request, note

REASON = 100


@transaction.atomic(savepoint=False)
def take_tap(*, task_id: str, member: str, key: str, cause: str = "") -> str:
    """Do what the press of this button asks for; why nothing was done, and an empty text where something was.

    What the press brings the card, wecom has taken down before. Safe to repeat.
    """
    card = _locked(Card.objects.filter(task_id=task_id))
    if card is None or card.request.finder_is_erased:
        return "unknown card"
    if member.lower() != card.request.finder.lower():
        alerts.alert(alerts.WRONG_ACTOR, f"request {card.request_id}", f"task_id={card.task_id}")
        note(card.request, Happened.WRONG_ACTOR, actor=member, cause=cause, round=card.round)
        return "wrong_actor"
    decide = {CONFIRM: _accept, DECLINE: _decline}[key]
    try:
        decide(card, actor=member, cause=cause)
    except RequestClosed as exc:
        note(card.request, Happened.LATE_TAP, actor=member, cause=cause, round=card.round, key=key)
        revive_card(card, actor=member, cause=cause)
        return f"late tap: {exc}"
    return ""


@transaction.atomic
def accept_contact_request(*, task_id: str, finder: str, cause: str = "") -> ContactRequest:
    """The finder agrees: the owner is owed the contact, exactly once. Raises NotFound, WrongActor, RequestClosed."""
    card = _card_of(task_id, finder)
    _accept(card, actor=finder, cause=cause)
    return card.request


@transaction.atomic
def decline_contact_request(*, task_id: str, finder: str, cause: str = "") -> ContactRequest:
    """The finder refuses, also after having agreed as long as the contact's send has not begun.

    Once it has begun the refusal is recorded, nothing is sent again, and the owner is asked to delete the contact.
    Raises NotFound, WrongActor, RequestClosed.
    """
    card = _card_of(task_id, finder)
    _decline(card, actor=finder, cause=cause)
    return card.request


@transaction.atomic
def agree_on_page(*, request_id: int, finder: str, channel: str, value: str = "") -> ContactRequest:
    """The finder agrees on their page, and says there by which way of contact; the item's own stays as it is.

    value  the phone number or the place; empty for the item's own, where the channel is the item's too
    Raises NotFound also for what somebody else is asked, Invalid with the name of the field, RequestClosed.
    """
    card = _asked_of(request_id, finder)
    item = card.request.item
    if channel not in Channel.values:
        raise Invalid("contact_channel", f"must be one of {', '.join(Channel.values)}")
    value = "" if channel == Channel.WECOM else words(value, "contact_value", CONTACT)
    if channel == item.contact_channel:
        value = value or item.contact_value
    if channel != Channel.WECOM and not value:
        raise Invalid("contact_value", "must not be empty")
    _accept(card, actor=finder, cause="", channel=channel, value=value)
    return card.request


@transaction.atomic
def decline_on_page(*, request_id: int, finder: str, reason: str = "") -> ContactRequest:
    """The finder refuses, or takes back what they agreed to, as decline_contact_request(); the owner reads the reason.

    Raises NotFound also for what somebody else is asked, Invalid, RequestClosed.
    """
    card = _asked_of(request_id, finder)
    reason = words(reason, "reason", REASON)
    if reason:
        ContactRequest.objects.filter(pk=request_id).update(decline_reason=reason)
        card.request.decline_reason = reason
    _decline(card, actor=finder, cause="")
    return card.request


def _accept(card: Card, *, actor: str, cause: str, channel: str = "", value: str = "") -> None:
    request, item = card.request, card.request.item
    way = (channel, value) if channel else (item.contact_channel, item.contact_value)
    agreed = {"contact_channel": way[0], "contact_value": way[1], "delivery": Delivery.OWED}
    move_request(request, RequestState.PENDING, RequestState.ACCEPTED, **agreed)
    note(request, Happened.ACCEPTED, actor=actor, cause=cause, round=card.round)
    owing.owe_contact(request)
    reopen_card(card)


def _decline(card: Card, *, actor: str, cause: str) -> None:
    request = card.request
    if request.state == RequestState.ACCEPTED and owing.contact_has_begun(request):
        _withdraw_consent(card, actor=actor, cause=cause)
        return
    if request.state == RequestState.ACCEPTED:
        contact.take_back_contact(request, RequestState.DECLINED, why="the finder declined")
    else:
        move_request(request, RequestState.PENDING, RequestState.DECLINED)
    note(request, Happened.DECLINED, actor=actor, cause=cause, round=card.round)
    reopen_card(card)
    close_cards(request, Final.DECLINED, actor=actor, cause=cause)
    owing.owe_tell(request.pk, "declined")


def _withdraw_consent(card: Card, *, actor: str, cause: str) -> None:
    """Too late to decline: nothing is sent again, and who may have the contact is asked to delete it."""
    request, now = card.request, timezone.now()
    first = ContactRequest.objects.filter(pk=request.pk, consent_withdrawn_at=None).update(consent_withdrawn_at=now)
    if not first:
        raise RequestClosed("the consent was withdrawn before")
    request.consent_withdrawn_at = now
    note(request, Happened.CONSENT_WITHDRAWN, actor=actor, cause=cause, round=card.round)
    owing.end_failed_contact(request, why="the finder withdrew the consent")
    if owing.owner_may_have_it(request):
        owing.owe_tell(request.pk, "please_delete")
    revive_card(card, actor=actor, cause=cause)


def _card_of(task_id: str, member: str) -> Card:
    card = _locked(Card.objects.filter(task_id=task_id))
    if card is None:
        raise NotFound("card", task_id)
    if member.lower() != card.recipient.lower():
        raise WrongActor("only the finder decides")
    return card


def _asked_of(request_id: int, finder: str) -> Card:
    """The newest card of a request, if it is this member who is asked."""
    cards = Card.objects.filter(request=request_id, request__finder=finder.lower())
    card = _locked(cards.order_by("-round"))
    if card is None:
        raise NotFound("contact request", request_id)
    return card


def _locked(cards: QuerySet[Card]) -> Card | None:
    """The first of these cards as it is once its request is locked; None where there is none."""
    request = lock_request_of(cards)
    card = cards.first() if request else None
    if request and card:
        card.request = request
    return card
