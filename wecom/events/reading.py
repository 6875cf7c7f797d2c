"""Facts: from the decrypted XML to its event."""

from xml.etree.ElementTree import Element

from wecom import xml

from . import approvals, cards, contacts, members, menu, messages, operations
from .base import Event, NotAsDocumented, read_fields
from .unknown import unknown

EVENT_KINDS: tuple[type[Event], ...] = (
    *cards.KINDS,
    *members.KINDS,
    *menu.KINDS,
    *contacts.KINDS,
    *approvals.KINDS,
    *operations.KINDS,
)
MESSAGE_KINDS: tuple[type[Event], ...] = messages.KINDS
KINDS = EVENT_KINDS + MESSAGE_KINDS

_EVENTS = {(kind.NAME, kind.CHANGE_TYPE): kind for kind in EVENT_KINDS}
_MESSAGES = {kind.NAME: kind for kind in MESSAGE_KINDS}


def parse(plain: bytes, *, app: str) -> Event:
    """The event a decrypted message tells of; Unknown for those we do not know. Raises PayloadMalformed.

    Elements come in any order, may be empty, and new ones appear at any time: what we do not know is ignored.
    """
    root = xml.parse_message(plain)
    kind = _kind_of(root)
    if kind is None:
        return unknown(root, app)
    try:
        return kind(app=app, **read_fields(kind, root))
    except NotAsDocumented:
        return unknown(root, app)


def _kind_of(root: Element) -> type[Event] | None:
    msg_type = xml.text_of(root, "MsgType")
    if msg_type != "event":
        return _MESSAGES.get(msg_type)
    name = xml.text_of(root, "Event")
    change_type = xml.text_of(root, "ChangeType") if name == contacts.ChangeContact.NAME else ""
    return _EVENTS.get((name, change_type))
