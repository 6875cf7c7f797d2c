"""Facts: what all events share, and the rules by which a field is read from the XML.

A field of an event is annotated with its rule, `event_key: Annotated[str, Tag("EventKey", 1024)]`. Paths name elements
below the message, `BatchJob/JobId`; `|` stands between two spellings of one name. What is absent is "", None or ().
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar
from xml.etree.ElementTree import Element

from wecom import xml

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_TIME = 2**32  # the year 2106; beyond it nobody means a moment

# Bytes. WeCom does not send more.
USERID_BYTES = 64
TASK_ID_BYTES = 128
KEY_BYTES = 1024
NAME_BYTES = 64
NUMBER_BYTES = 20  # a 64-bit integer with its sign


class NotAsDocumented(Exception):
    """A value that WeCom cannot have meant: too long, or twice where there can be one. Stays inside this package."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A text as sent. With more than `most` bytes in it, WeCom cannot have meant it."""

    path: str
    most: int | None = None

    def read(self, parent: Element) -> Any:
        return self._text(parent)

    def _text(self, parent: Element) -> str:
        text = xml.text_of(parent, self.path) if self.path.isidentifier() else _nested_text(parent, self.path)
        if self.most is not None and len(text.encode()) > self.most:
            raise NotAsDocumented(self.path)
        return text


@dataclass(frozen=True, slots=True)
class Moment(Tag):
    """Seconds since the epoch, as an aware datetime; `absent` where there are none, or absurd ones."""

    absent: datetime | None = None

    def read(self, parent: Element) -> datetime | None:
        seconds = _whole(self._text(parent))
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None and seconds < LATEST_TIME else self.absent


@dataclass(frozen=True, slots=True)
class Whole(Tag):
    """A whole number; None where there is none."""

    def read(self, parent: Element) -> int | None:
        text = self._text(parent).strip(xml.BLANKS)
        number = _whole(text.removeprefix("-"))
        return -number if number is not None and text.startswith("-") else number


@dataclass(frozen=True, slots=True)
class Decimal(Tag):
    """A number such as a degree of latitude; None where there is none."""

    def read(self, parent: Element) -> float | None:
        whole, _, part = self._text(parent).strip(xml.BLANKS).removeprefix("-").partition(".")
        if _whole(whole) is None or (part and _whole(part) is None):
            return None
        return float(self._text(parent))


@dataclass(frozen=True, slots=True)
class Words(Tag):
    """Values with a comma between them."""

    def read(self, parent: Element) -> tuple[str, ...]:
        return tuple(word.strip(xml.BLANKS) for word in self._text(parent).split(",") if word.strip(xml.BLANKS))


@dataclass(frozen=True, slots=True)
class Each(Tag):
    """The texts of all elements at a path, in their order."""

    def read(self, parent: Element) -> tuple[str, ...]:
        return tuple(found.text or "" for found in _at(parent, self.path))


@dataclass(frozen=True, slots=True)
class Parts:
    """All elements at a path, each as a `kind`: a dataclass whose fields have rules too."""

    kind: type[Any]
    path: str

    def read(self, parent: Element) -> tuple[Any, ...]:
        return tuple(self.kind(**read_fields(self.kind, found)) for found in _at(parent, self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a member did, or WeCom tells.

    NAME         `Event` of an event, `MsgType` of a message
    CHANGE_TYPE  `ChangeType`, where one name covers several events
    app          alias in settings.WECOM
    userid       who did it, spelt as sent, or `sys`; WeCom compares without regard to case
    created_at   aware, whole seconds; the epoch where it is absent or absurd
    agent_id     the application's id, as text; "" where absent
    """

    NAME: ClassVar[str] = ""
    CHANGE_TYPE: ClassVar[str] = ""

    app: str
    userid: Annotated[str, Tag("FromUserName", USERID_BYTES)]
    created_at: Annotated[datetime, Moment("CreateTime", absent=EPOCH)] = EPOCH
    agent_id: Annotated[str, Tag("AgentID", NUMBER_BYTES)] = ""

    @property
    def name(self) -> str:
        """The name of the event, or the type of the message: `template_card_event`, `text`, …"""
        return self.NAME


def read_fields(kind: type[Any], element: Element) -> dict[str, Any]:
    """What the rules of a dataclass find in an element. Raises PayloadMalformed or NotAsDocumented."""
    return {name: rule.read(element) for name, rule in _rules(kind)}  # type: ignore[arg-type]  # mypy knows no type that is Any as a key


@cache
def _rules(kind: Any) -> list[tuple[str, Any]]:
    return [(field.name, rule) for field in fields(kind) for rule in getattr(field.type, "__metadata__", ())]


def _at(parent: Element, path: str) -> list[Element]:
    found = [parent]
    for step in path.split("/"):
        names = step.split("|")
        found = [child for element in found for child in element if child.tag in names]
    return found


def _nested_text(parent: Element, path: str) -> str:
    found = _at(parent, path)
    if len(found) > 1 or any(len(element) for element in found):
        raise NotAsDocumented(path)
    return (found[0].text or "") if found else ""


def _whole(text: str) -> int | None:
    text = text.strip(xml.BLANKS)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_BYTES else None
