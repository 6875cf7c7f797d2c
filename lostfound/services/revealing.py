"""Decisions: an administrator sees a contact. Who, when and why is written down with it."""

from django.db import transaction

from lostfound.errors import NothingToDo
from lostfound.states import Channel, Happened

from .items import words
from .journal import lock_request, note
from .recovery import WHY


@transaction.atomic
def reveal_contact(*, request_id: int, by: str, why: str) -> str:
    """The contact that the owner of this request gets. Raises NotFound, NothingToDo, and Invalid without a reason."""
    why = words(why, "why", WHY, required=True)
    request = lock_request(request_id)
    if not request.contact_channel:
        raise NothingToDo("the finder has not agreed to anything")
    if request.consent_withdrawn_at:
        raise NothingToDo("the finder withdrew the consent")
    if request.contact_channel == Channel.WECOM:
        raise NothingToDo("they write to each other in WeCom: there is nothing to see")
    if not request.contact_value:
        raise NothingToDo("the contact was purged")
    note(request, Happened.REVEALED, actor=by, reason=why)
    return str(request.contact_value)
