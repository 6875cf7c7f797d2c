"""Decisions: the order in which requests are locked, and the timeline that every transition writes to."""

from typing import Any

from lostfound.errors import NotFound
from lostfound.models import Card, ContactRequest, TimelineEntry
from lostfound.states import Happened

WORKER = "worker"  # the actor of what ran by itself


def lock_request(request_id: object) -> ContactRequest:
    """The request, locked until the transaction ends. Everything that decides starts here, so nothing overlaps.

    The lock leaves foreign keys alone: a timeline entry of another transaction does not wait for it.
    """
    try:
        return ContactRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    except ContactRequest.DoesNotExist:
        raise NotFound("contact request", request_id) from None


def lock_card(card_id: object) -> Card:
    """The card with its request locked."""
    request_id = Card.objects.values_list("request_id", flat=True).get(pk=card_id)
    request = lock_request(request_id)
    card = Card.objects.get(pk=card_id)
    card.request = request
    return card


def note(request: ContactRequest, event: Happened, *, actor: str, cause: str = "", **data: Any) -> None:
    """Write one line of the timeline, in the transaction of what it records; never a contact or a code."""
    TimelineEntry.objects.create(request=request, event=event, actor=actor[:150], cause=cause[:190], data=data)
