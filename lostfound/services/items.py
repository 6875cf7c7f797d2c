"""Decisions: what is reported lost or found."""

import logging
import re
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from lostfound.errors import Invalid
from lostfound.models import Item, Photo
from lostfound.states import Category, Channel, ItemKind, ItemState

from .photos import give_photos

logger = logging.getLogger(__name__)

TITLE = 60
DESCRIPTION = 1000
PLACE = 100
CONTACT = 200
MARKS = 300
PROOF_QUESTION = 60

# A UserID as WeCom allows it; the first character keeps `@all` (everybody) and lists (`a|b`) out of our receivers.
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def report_item(
    *,
    kind: str,
    title: str,
    reporter: str,
    description: str = "",
    category: str = Category.OTHER,
    place: str = "",
    happened_at: datetime | None = None,
    contact_channel: str = Channel.WECOM,
    contact_value: str = "",
    hidden_marks: str = "",
    proof_question: str = "",
    photos: Sequence[Photo] = (),
    form_key: str | None = None,
    actor: str | None = None,
) -> Item:
    """Register one lost or found thing for `reporter`; of a found thing this is the finder.

    A phone or a desk needs a `contact_value`. `actor` is who typed it in, where that is somebody else.
    A form_key that this reporter has used before gives back the item made then: a form sent twice is one item.
    Raises Invalid with the name of the field.
    """
    item = Item(
        kind=_one_of(ItemKind.values, kind, "kind"),
        title=words(title, "title", TITLE, required=True),
        reporter=userid(reporter, "reporter"),
        description=words(description, "description", DESCRIPTION),
        category=_one_of(Category.values, category, "category"),
        place=words(place, "place", PLACE),
        happened_at=happened_at or timezone.now(),
        contact_channel=_one_of(Channel.values, contact_channel, "contact_channel"),
        contact_value=words(contact_value, "contact_value", CONTACT, required=contact_channel != Channel.WECOM),
        hidden_marks=words(hidden_marks, "hidden_marks", MARKS),
        proof_question=words(proof_question, "proof_question", PROOF_QUESTION),
        form_key=form_key or None,
    )
    try:
        with transaction.atomic():
            item.save()
            give_photos(item, photos)
    except IntegrityError:
        return _made_before(item, photos)
    logger.debug("item reported: item=%s actor=%s", item.pk, actor or item.reporter)
    return item


def _made_before(item: Item, photos: Sequence[Photo]) -> Item:
    """The item that came with this form's key; raises Invalid where the key is somebody else's.

    Photos that were added before it was sent again are its first; where it has some, they are most likely the same.
    """
    before = Item.objects.filter(form_key=item.form_key, reporter=item.reporter).first() if item.form_key else None
    if before is None:
        raise Invalid("form_key", "was used before")
    if before.state == ItemState.OPEN and not before.photos.exists():
        give_photos(before, photos)
    return before


def userid(value: str, field: str) -> str:
    """The UserID in lower case; raises Invalid for what cannot name exactly one member."""
    if not _USERID.fullmatch(value):
        raise Invalid(field, "not a WeCom UserID")
    return value.lower()


def words(value: str, field: str, limit: int, *, required: bool = False) -> str:
    """The text without control characters and outer blanks; raises Invalid when it is too long or missing."""
    value = _CONTROL.sub("", value).strip()
    if len(value) > limit:
        raise Invalid(field, f"at most {limit} characters, got {len(value)}")
    if required and not value:
        raise Invalid(field, "must not be empty")
    return value


def _one_of(values: list[str], value: str, field: str) -> str:
    if value not in values:
        raise Invalid(field, f"must be one of {', '.join(values)}")
    return value
