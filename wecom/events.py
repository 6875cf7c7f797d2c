"""Facts: what members do, as typed events. parse() alone knows the XML names.

Elements come in any order, may be empty, and new ones appear at any time: what we do not know is ignored.
Source: https://developer.work.weixin.qq.com/document/path/90240 (events)
Source: https://developer.work.weixin.qq.com/document/path/90239 (messages)
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from xml.etree.ElementTree import Element

from . import xml

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_CREATE_TIME = 2**32  # the year 2106; beyond it nobody means a moment

USERID_BYTES = 64
TASK_ID_BYTES = 128
KEY_BYTES = 1024
NAME_BYTES = 64
NUMBER_BYTES = 20  # a 64-bit integer with its sign

# Unknown keeps a look at the message, not the message.
SHOWN_FIELDS = 100
SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Tag:
    """Where a text field stands in the XML. With more than `most` bytes in it, WeCom cannot have meant it."""

    name: str
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a member did, or WeCom tells.

    app         alias in settings.WECOM
    userid      who did it, spelt as sent; WeCom compares without regard to case
    created_at  aware, whole seconds; the epoch where it is absent or absurd
    agent_id    the application's id, as text; "" where absent
    """

    NAME: ClassVar[str] = ""

    app: str
    userid: Annotated[str, Tag("FromUserName", USERID_BYTES)]
    created_at: datetime = EPOCH
    agent_id: Annotated[str, Tag("AgentID", NUMBER_BYTES)] = ""

    @property
    def name(self) -> str:
        """The name of the event, or the type of the message: `template_card_event`, `text`, …"""
        return self.NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was chosen for one question of a card."""

    question_key: str
    option_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTap(Event):
    """What both card events have in common.

    task_id        the id we gave the card
    event_key      the key we gave the button or the menu entry
    card_type      such as `button_interaction`
    response_code  pays for one update of this card
    """

    task_id: Annotated[str, Tag("TaskId", TASK_ID_BYTES)]
    event_key: Annotated[str, Tag("EventKey", KEY_BYTES)]
    card_type: Annotated[str, Tag("CardType", NAME_BYTES)] = ""
    response_code: Annotated[str, Tag("ResponseCode", KEY_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardEvent(CardTap):
    """Somebody pressed a button of a card. `selections` is filled for votes, forms and drop-downs."""

    NAME: ClassVar[str] = "template_card_event"

    selections: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardMenuEvent(CardTap):
    """Somebody chose from the menu in the corner of a card."""

    NAME: ClassVar[str] = "template_card_menu_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage(Event):
    """A member wrote to the application. msg_id is a 64-bit number, kept as text."""

    NAME: ClassVar[str] = "text"

    content: Annotated[str, Tag("Content")]
    msg_id: Annotated[str, Tag("MsgId", NUMBER_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMessage(Event):
    """A member sent a picture. media_id can be fetched for three days."""

    NAME: ClassVar[str] = "image"

    pic_url: Annotated[str, Tag("PicUrl")]
    media_id: Annotated[str, Tag("MediaId")]
    msg_id: Annotated[str, Tag("MsgId", NUMBER_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterAgent(Event):
    """A member opened the application."""

    NAME: ClassVar[str] = "enter_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Event):
    """A member came into the visible range."""

    NAME: ClassVar[str] = "subscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(Event):
    """A member left the visible range."""

    NAME: ClassVar[str] = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Event):
    """Authentic, well-formed, and nothing that we use: to be acknowledged and ignored.

    Also what becomes of an event we do use when one of its values is longer than WeCom can send: a value that
    is cut could pass for another. All texts here are cut.

    fields  name and text of the elements, in their order
    """

    msg_type: str = ""
    event: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.event or self.msg_type


_EVENTS: dict[str, type[Event]] = {
    kind.NAME: kind for kind in (TemplateCardEvent, TemplateCardMenuEvent, EnterAgent, Subscribe, Unsubscribe)
}
_MESSAGES: dict[str, type[Event]] = {kind.NAME: kind for kind in (TextMessage, ImageMessage)}

# An older state of the documentation misspells the two names; what the platform sends is not known for sure.
_OPTION_GROUPS = frozenset({"OptionIds", "OpitonIds"})
_OPTIONS = frozenset({"OptionId", "OpitonId"})


def parse(plain: bytes, *, app: str) -> Event:
    """The event a decrypted message tells of; Unknown for those we do not use. Raises PayloadMalformed."""
    root = xml.parse_message(plain)
    msg_type = xml.text_of(root, "MsgType")
    kind = _EVENTS.get(xml.text_of(root, "Event")) if msg_type == "event" else _MESSAGES.get(msg_type)
    if kind is None:
        return _unknown(root, app)
    values: dict[str, Any] = {}
    for name, tag in _tags(kind):
        values[name] = xml.text_of(root, tag.name)
        if tag.most is not None and len(values[name].encode()) > tag.most:
            return _unknown(root, app)
    if kind is TemplateCardEvent:
        return kind(app=app, created_at=_created_at(root), selections=_selections(root), **values)
    return kind(app=app, created_at=_created_at(root), **values)


def _unknown(root: Element, app: str) -> Unknown:
    return Unknown(
        app=app,
        userid=_cut(xml.text_of(root, "FromUserName"), USERID_BYTES),
        created_at=_created_at(root),
        agent_id=_cut(xml.text_of(root, "AgentID"), NUMBER_BYTES),
        msg_type=_cut(xml.text_of(root, "MsgType"), NAME_BYTES),
        event=_cut(xml.text_of(root, "Event"), NAME_BYTES),
        fields=tuple((_cut(child.tag), _cut(child.text or "")) for child in root[:SHOWN_FIELDS]),
    )


def _selections(root: Element) -> tuple[Selection, ...]:
    return tuple(
        Selection(
            question_key=xml.text_of(item, "QuestionKey"),
            option_ids=tuple(
                option.text or ""
                for group in item
                if group.tag in _OPTION_GROUPS
                for option in group
                if option.tag in _OPTIONS
            ),
        )
        for item in root.iterfind("SelectedItems/SelectedItem")
    )


def _created_at(root: Element) -> datetime:
    text = xml.text_of(root, "CreateTime").strip(xml.BLANKS)
    if not text.isascii() or not text.isdigit() or len(text) > NUMBER_BYTES or int(text) >= LATEST_CREATE_TIME:
        return EPOCH
    return datetime.fromtimestamp(int(text), UTC)


def _tags(kind: type[Event]) -> Iterator[tuple[str, Tag]]:
    """The fields of an event that are read from one element each."""
    for field in fields(kind):
        for tag in getattr(field.type, "__metadata__", ()):
            yield field.name, tag


def _cut(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """At most `most` bytes of UTF-8, ending with a whole character."""
    return text.encode()[:most].decode("utf-8", "ignore")
