"""Decisions: a thing leaves the desk with its owner. The pick-up code says that the finder agreed to this very one."""

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from lostfound.errors import Invalid, NotFound, NothingToDo
from lostfound.models import ContactRequest, HandOver, Item
from lostfound.states import Custody, ItemKind, ItemState, RequestState

from .closing import close_item
from .items import words

DIGITS = 6
SIGNATURE = 60
PROOF = 200


def pickup_code(request: ContactRequest, secret: str | None = None) -> str:
    """Six digits that the owner shows at the desk. Kept nowhere: they follow from the request and the site's key."""
    digest = salted_hmac("lostfound.pickup", str(request.pk), secret=secret, algorithm="sha256").digest()
    return f"{int.from_bytes(digest, 'big') % 10**DIGITS:0{DIGITS}d}"


@transaction.atomic
def hand_over(*, item_id: int, signature: str, by: str, code: str = "", proof: str = "") -> HandOver:
    """The desk gives the thing to its owner, who says a name. With a code it is whom the finder agreed to; without
    one the desk writes down what else proved it.

    Raises NotFound, Invalid with the name of the field, and NothingToDo where the thing is over or not at the desk.
    """
    signature = words(signature, "signature", SIGNATURE, required=True)
    proof = words(proof, "proof", PROOF, required=not code)
    item = Item.objects.select_for_update().filter(pk=item_id, kind=ItemKind.FOUND).first()
    if item is None:
        raise NotFound("found item", item_id)
    if item.state != ItemState.OPEN:
        raise NothingToDo(f"the item is {item.state}")
    if item.custody != Custody.DESK:
        raise NothingToDo("the finder keeps it")
    request = _request_of(item, code) if code else None
    close_item(item_id=item.pk, state=ItemState.RETURNED, by=by)
    return HandOver.objects.create(item=item, request=request, signature=signature, proof=proof, by=by[:150])


def _request_of(item: Item, code: str) -> ContactRequest:
    """Whose code it is, also where it was shown before the site's key was changed."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for request in item.requests.filter(state=RequestState.ACCEPTED, consent_withdrawn_at=None).order_by("-pk"):
        if any(constant_time_compare(pickup_code(request, secret), code) for secret in secrets):
            return request
    raise Invalid("code", "it fits nobody whom the finder agreed to")
