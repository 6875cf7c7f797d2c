"""Decisions: where a found thing is kept, from the finder's drawer to a box at the desk and back."""

from django.db import transaction

from lostfound.errors import Invalid, NotFound, NothingToDo
from lostfound.models import Item, Move
from lostfound.states import Custody, ItemKind, ItemState

from .items import words

SPOT = 20


@transaction.atomic
def move_item(*, item_id: int, custody: str, shelf: str = "", box: str = "", by: str) -> Move:
    """The thing is with its finder, or at the desk on a shelf and in a box where those have names (20 characters each).

    Raises NotFound, Invalid with the name of the field, and NothingToDo where it lies there already or is over.
    """
    if custody not in Custody.values:
        raise Invalid("custody", f"must be one of {', '.join(Custody.values)}")
    shelf, box = words(shelf, "shelf", SPOT), words(box, "box", SPOT)
    if custody != Custody.DESK and (shelf or box):
        raise Invalid("shelf", "a finder has no shelf of ours")
    item = Item.objects.select_for_update().filter(pk=item_id, kind=ItemKind.FOUND).first()
    if item is None:
        raise NotFound("found item", item_id)
    if item.state != ItemState.OPEN:
        raise NothingToDo(f"the item is {item.state}")
    spot = {"custody": custody, "shelf": shelf, "box": box}
    if spot == {name: getattr(item, name) for name in spot}:
        raise NothingToDo("it is kept there already")
    Item.objects.filter(pk=item.pk).update(**spot)
    return Move.objects.create(item=item, by=by[:150], **spot)
