"""Door: as much of a contact as an administrator may see: the way, and the last two characters."""

from django.utils.translation import gettext as _

from lostfound.models import ContactRequest, Item
from lostfound.states import Channel
from wecom.fields import readable

DOTS = "••••••"


def marks_of(item: Item) -> str:
    """The hidden marks; a sentence where no present key opens them."""
    marks = readable(item, "hidden_marks")
    return cannot_open() if marks is None else marks


def cannot_open() -> str:
    return _("(none of the present keys opens it)")


def masked_contact(row: Item | ContactRequest) -> str:
    """Such as `phone ••••••78`; a dash where nothing was agreed yet."""
    if not row.contact_channel:
        return "–"
    channel = str(row.get_contact_channel_display())
    if row.contact_channel == Channel.WECOM:
        return channel
    return f"{channel} {masked(row)}"


def masked(row: Item | ContactRequest) -> str:
    """The value itself, masked; a sentence where no present key opens it."""
    value = readable(row, "contact_value")
    if value is None:
        return cannot_open()
    if not value:
        return ""
    return DOTS + value[-2:] if len(value) > 4 else DOTS
