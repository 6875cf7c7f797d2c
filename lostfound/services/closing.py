"""Decisions: a thing is back with its owner, or nobody waits for it any more."""

from django.db import transaction
from django.utils import timezone

from lostfound.errors import Invalid, NotFound, NothingToDo, RequestClosed
from lostfound.models import Item
from lostfound.states import Custody, DisposalState, ItemState, RequestState

from .journal import lock_request
from .requests import end_unanswered

CLOSED = (ItemState.RETURNED, ItemState.CLOSED)


@transaction.atomic
def close_item(*, item_id: int, state: str, by: str) -> Item:
    """The item takes no further requests; those still pending expire, and their owners are told why.

    state  `returned` or `closed`
    Raises NotFound, Invalid for another state, and NothingToDo where it is closed already.
    """
    if state not in CLOSED:
        raise Invalid("state", "must be returned or closed")
    item = Item.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise NotFound("item", item_id)
    if not Item.objects.filter(pk=item.pk, state=ItemState.OPEN).update(state=state, closed_at=timezone.now()):
        raise NothingToDo(f"the item is {item.state}")
    item.disposals.filter(state=DisposalState.PROPOSED).update(
        state=DisposalState.DROPPED, decided_by=by[:150], decided_at=timezone.now()
    )
    for pk in item.requests.filter(state=RequestState.PENDING).values_list("pk", flat=True):
        _end(pk, by)
    item.state = state
    return item


@transaction.atomic
def say_returned(*, item_id: int, reporter: str) -> Item:
    """Whoever reported a thing says that it is back with its owner; what the desk keeps, the desk hands over.

    Raises NotFound also for what somebody else reported, and NothingToDo where it is closed already or at the desk.
    """
    item = Item.objects.select_for_update().filter(pk=item_id, reporter=reporter.lower()).first()
    if item is None:
        raise NotFound("item", item_id)
    if item.custody == Custody.DESK:
        raise NothingToDo("the desk keeps it")
    return close_item(item_id=item_id, state=ItemState.RETURNED, by=reporter)


def _end(request_id: int, by: str) -> None:
    try:
        end_unanswered(lock_request(request_id), by=by, tell="item_closed")
    except RequestClosed:
        return  # the finder's answer was quicker, and stands
