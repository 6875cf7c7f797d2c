"""Facts: what we do not know, kept so that a person can see what it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element

from wecom import xml

from .base import EPOCH, NAME_BYTES, NUMBER_BYTES, USERID_BYTES, Event, Moment

CREATE_TIME = Moment("CreateTime")

# A look at the message, not the message.
SHOWN_FIELDS = 100
SHOWN_BYTES = 200
SHOWN_DEPTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Event):
    """Authentic, well-formed, and nothing that we know: to be acknowledged and ignored.

    Also what becomes of an event we do know when one of its values is longer than WeCom can send, or stands there
    twice: a value that is cut could pass for another. All texts here are cut.

    fields  name and text of the elements, in their order; the names of nested ones are joined by `/`
    """

    msg_type: str = ""
    event: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.event or self.msg_type


def unknown(root: Element, app: str) -> Unknown:
    return Unknown(
        app=app,
        userid=_cut(xml.text_of(root, "FromUserName"), USERID_BYTES),
        created_at=CREATE_TIME.read(root) or EPOCH,
        agent_id=_cut(xml.text_of(root, "AgentID"), NUMBER_BYTES),
        msg_type=_cut(xml.text_of(root, "MsgType"), NAME_BYTES),
        event=_cut(xml.text_of(root, "Event"), NAME_BYTES),
        fields=tuple((_cut(path), _cut(text)) for path, text in islice(_leaves(root), SHOWN_FIELDS)),
    )


def _leaves(parent: Element, before: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    for child in parent:
        if len(child) and depth < SHOWN_DEPTH:
            yield from _leaves(child, f"{before}{child.tag}/", depth + 1)
        else:
            yield before + child.tag, child.text or ""


def _cut(text: str, most: int = SHOWN_BYTES) -> str:
    """At most `most` bytes of UTF-8, ending with a whole character."""
    return text.encode()[:most].decode("utf-8", "ignore")
