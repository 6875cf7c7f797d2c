"""Decisions: the order in which requests are locked, and the timeline that every transition writes to."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from lostfound.errors import NotFound, RequestClosed
from lostfound.models import Card, ContactRequest, TimelineEntry
from lostfound.states import Happened, RequestState

WORKER = "worker"  # the actor of what ran by itself


def lock_request(request_id: int | str) -> ContactRequest:
    """The request, locked until the transaction ends. Everything that decides starts here, so nothing overlaps.

    The lock leaves foreign keys alone: a timeline entry of another transaction does not wait for it.
    """
    try:
        return _locked().get(pk=request_id)
    except ContactRequest.DoesNotExist:
        raise NotFound("contact request", request_id) from None


def lock_request_of(cards: QuerySet[Card]) -> ContactRequest | None:
    """The request of the first of these cards, locked as above, its item at hand; None where there is no card."""
    return _locked().select_related("item").filter(pk=cards.values("request")[:1]).first()


def hold_request(request_id: int) -> None:
    """Lock it as above and read nothing of it."""
    if not _locked().filter(pk=request_id).values_list("pk", flat=True):
        raise NotFound("contact request", request_id)


def _locked() -> QuerySet[ContactRequest]:
    return ContactRequest.objects.select_for_update(no_key=True, of=("self",))


def move_request(request: ContactRequest, old: RequestState, new: RequestState, **fields: Any) -> None:
    """Move the request, if it is still in the old state; raises RequestClosed for everybody but the first."""
    values = {"state": new, "decided_at": timezone.now(), **fields}
    if not ContactRequest.objects.filter(pk=request.pk, state=old).update(**values):
        request.refresh_from_db(fields=["state"])
        raise RequestClosed(f"the request is {request.state}")
    for name, value in values.items():
        setattr(request, name, value)


def note(request: ContactRequest | int, event: Happened, *, actor: str, cause: str = "", **data: Any) -> None:
    """Write one line of the timeline, in the transaction of what it records; never a contact or a code.

    request  the request, or its id
    """
    number = request if isinstance(request, int) else request.pk
    TimelineEntry.objects.create(request_id=number, event=event, actor=actor[:150], cause=cause[:190], data=data)
