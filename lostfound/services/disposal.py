"""Decisions: where a thing goes that nobody came for. One person says where to, a second one agrees.

proposed ─► done       somebody else agreed; the item is closed
proposed ─► dropped    taken back, or its owner came after all
"""

from django.db import transaction
from django.utils import timezone

from lostfound.errors import NotFound, NothingToDo
from lostfound.models import Disposal, Item
from lostfound.states import DisposalState, ItemKind, ItemState, RequestState

from .closing import close_item
from .items import words

DESTINATION = 200


@transaction.atomic
def propose_disposal(*, item_id: int, destination: str, by: str) -> Disposal:
    """Say where a found thing is to go, such as 捐赠 or 销毁.

    Raises NotFound, Invalid for the destination, and NothingToDo where that was said before, the thing is over, or
    somebody waits for the finder's answer about it.
    """
    destination = words(destination, "destination", DESTINATION, required=True)
    item = Item.objects.select_for_update().filter(pk=item_id, kind=ItemKind.FOUND).first()
    if item is None:
        raise NotFound("found item", item_id)
    if item.state != ItemState.OPEN:
        raise NothingToDo(f"the item is {item.state}")
    if item.requests.filter(state=RequestState.PENDING).exists():
        raise NothingToDo("somebody has asked for it")
    if item.disposals.filter(state=DisposalState.PROPOSED).exists():
        raise NothingToDo("its disposal is proposed already")
    return Disposal.objects.create(item=item, destination=destination, proposed_by=by[:150])


@transaction.atomic
def agree_to_disposal(*, item_id: int, by: str) -> Disposal:
    """A second person agrees; the item is closed. Raises NothingToDo for the first, and where nothing is proposed."""
    disposal = _proposed(item_id)
    if disposal.proposed_by.casefold() == by[:150].casefold():
        raise NothingToDo("a second person has to agree")
    if disposal.item.requests.filter(state=RequestState.PENDING).exists():
        raise NothingToDo("somebody has asked for it")
    _decide(disposal, DisposalState.DONE, by)
    close_item(item_id=item_id, state=ItemState.CLOSED, by=by)
    return disposal


@transaction.atomic
def drop_disposal(*, item_id: int, by: str) -> Disposal:
    """It stays where it is for now. Raises NothingToDo where nothing is proposed."""
    disposal = _proposed(item_id)
    _decide(disposal, DisposalState.DROPPED, by)
    return disposal


def _proposed(item_id: int) -> Disposal:
    Item.objects.select_for_update().filter(pk=item_id).first()
    disposal = Disposal.objects.select_related("item").filter(item=item_id, state=DisposalState.PROPOSED).first()
    if disposal is None:
        raise NothingToDo("no disposal is proposed")
    return disposal


def _decide(disposal: Disposal, state: DisposalState, by: str) -> None:
    disposal.state, disposal.decided_by, disposal.decided_at = state, by[:150], timezone.now()
    disposal.save(update_fields=["state", "decided_by", "decided_at"])
