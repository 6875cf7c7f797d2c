"""Decisions: what members do with their phones: tap a card, write a text, open the application."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from . import applications, clock, delivery, faces, menus, people, sending, xml
from .applications import Application
from .models import Code, Copy, Delivery, GroupChat, Member, Message, World

TEXT_LENGTH = 2000


class CannotTap(Exception):
    """Nothing happened; the text says why, in the reader's language. `missing`: there is no such thing at all."""

    def __init__(self, why: str, *, missing: bool = False) -> None:
        self.missing = missing
        super().__init__(why)


def tap(
    *,
    member: str,
    event_key: str,
    message_id: int | None = None,
    task_id: str | None = None,
    selections: Mapping[str, Any] | None = None,
    agent_id: str = "",
) -> Delivery:
    """The member taps a button (or a menu entry) with this key; a callback with a fresh code goes out.

    agent_id  whose card is meant, where two applications use the same task_id
    Raises CannotTap where the member has no such card, or where it can no longer be tapped.
    """
    with clock.change(chats=False) as world:
        copy = _find_copy(_member(member), message_id, task_id, agent_id)
        event = _event_of(copy, event_key)
        chosen = faces.chosen(copy, selections or {})
        Copy.objects.filter(pk=copy.pk).update(selections=chosen)
        code = sending.issue_code(copy.message, Code.Source.TAP, clock.now(world), copy.userid)
        fields = _tapped(copy, event, event_key, code, chosen)
        started = _prepare(world, _app(copy.message.agent_id), copy.userid, fields, copy.message)
    delivery.start(started)
    return started


def say(*, member: str, text: str, agent_id: str = "") -> Delivery:
    """The member writes to an application: the text stands in the chat, and a callback goes out."""
    person, app = _member(member), _app(agent_id)
    text = _words(text)
    with clock.change() as world:
        message = _said(world, person, text, agent_id=app.key)
        fields = {"MsgType": "text", "Content": text, "MsgId": int(message.msgid)}
        started = _prepare(world, app, person.userid, fields)
    delivery.start(started)
    return started


def say_in_group(*, member: str, text: str, chatid: str) -> Message:
    """The member writes into a group chat; no application hears of it."""
    person = _member(member)
    text = _words(text)
    with clock.change() as world:
        chat = GroupChat.objects.filter(chatid=chatid).first()
        if chat is None or person.userid not in chat.members:
            raise CannotTap(_("This member is not in the group chat."), missing=True)
        return _said(world, person, text, chat=chat)


def enter(*, member: str, agent_id: str = "") -> Delivery:
    """The member opens the application: the event enter_agent."""
    return _event(_member(member), _app(agent_id), {"Event": "enter_agent", "EventKey": ""})


def happen(*, member: str, fields: Mapping[str, Any], agent_id: str = "") -> Delivery:
    """Anything else that the platform may tell of a member, by its elements: subscribe, a place, a picture they wrote.

    fields  {"MsgType": "event", "Event": "subscribe"}; an object or a list of pairs has elements inside. Who, when and
            which application is added, and MsgId where it is no event. `member` "": the platform itself, as "sys".
    """
    named = {str(name): _inside(value) for name, value in fields.items()}
    if not isinstance(named.get("MsgType"), str) or not all(map(_is_element, named)):
        raise ValueError("fields name elements of the XML, MsgType among them")
    if named["MsgType"] == "event" and not named.get("Event"):
        raise ValueError("an event has its name in Event")
    app = _app(agent_id)
    if named["MsgType"] != "event":
        named = {"MsgId": _message_id(), **named}
    with clock.change(chats=False) as world:
        started = _prepare(world, app, _member(member).userid if member else "sys", named)
    delivery.start(started)
    return started


def press_menu(*, member: str, place: str, agent_id: str = "") -> Delivery:
    """The member presses the entry at a place ("0", "2.1") of the application's menu: click, view or view_miniprogram.

    Source: https://developer.work.weixin.qq.com/document/path/90240
    """
    person, app = _member(member), _app(agent_id)
    entry = menus.entry(app.key, place)
    if entry is None:
        raise CannotTap(_("The menu has no such entry."), missing=True)
    keys = {"click": "key", "view": "url", "view_miniprogram": "pagepath"}
    kind = str(entry.get("type"))
    if kind not in keys:
        raise CannotTap(_("The sandbox cannot play this menu entry: %(kind)s") % {"kind": kind})
    return _event(person, app, {"Event": kind, "EventKey": str(entry[keys[kind]])})


def _event(person: Member, app: Application, fields: Mapping[str, Any]) -> Delivery:
    with clock.change(chats=False) as world:
        started = _prepare(world, app, person.userid, {"MsgType": "event", **fields})
    delivery.start(started)
    return started


def _inside(value: Any) -> Any:
    """A value as `xml.write` takes it: what is no whole number is a text, objects and lists of pairs have children."""
    if isinstance(value, Mapping):
        return tuple((str(name), _inside(inner)) for name, inner in value.items() if _is_element(str(name)))
    if isinstance(value, list):
        return tuple((str(name), _inside(inner)) for name, inner in value)
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _is_element(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _message_id() -> int:
    return 7_000_000_000_000_000_000 + secrets.randbelow(10**17)


def _words(text: str) -> str:
    text = text.strip()[:TEXT_LENGTH].replace("\0", "")
    if not text:
        raise CannotTap(_("There is nothing to send."))
    return text


def _said(world: World, person: Member, text: str, *, agent_id: str = "", chat: GroupChat | None = None) -> Message:
    """The text in the chat of the one who wrote it, and of all others in the group."""
    message = Message.objects.create(
        agent_id=agent_id,
        chat=chat,
        sender=person.userid,
        origin=Message.Origin.MEMBER,
        msgid=str(_message_id()),
        msgtype="text",
        content={"content": text},
        sent_at=clock.now(world),
    )
    readers = chat.members if chat else [person.userid]
    Copy.objects.bulk_create([Copy(message=message, userid=one, sent_at=message.sent_at) for one in readers])
    return message


def _member(userid: str) -> Member:
    found = people.find([userid]).get(userid.lower())
    if found is None:
        raise CannotTap(_("There is no such member."), missing=True)
    return found


def _app(agent_id: str) -> Application:
    """The application of that id; the first one for ""."""
    app = applications.by_agent(agent_id) if agent_id else applications.first()
    if app is None:
        raise CannotTap(_("There is no such application any more."), missing=True)
    return app


def _find_copy(member: Member, message_id: int | None, task_id: str | None, agent_id: str) -> Copy:
    copies = Copy.objects.select_related("message").filter(
        userid=member.userid, dropped=False, message__msgtype="template_card"
    )
    if agent_id:
        copies = copies.filter(message__agent_id=agent_id)
    if message_id is not None:
        copies = copies.filter(message_id=message_id)
    elif task_id:
        copies = copies.filter(message__task_id=task_id)
    else:
        raise CannotTap(_("Name a message_id or a task_id."), missing=True)
    copy = copies.order_by("-id").first()
    if copy is None:
        raise CannotTap(_("This member has no such card."), missing=True)
    return copy


def _event_of(copy: Copy, event_key: str) -> str:
    """Which event a tap makes; the grey, the recalled and the unknown make none."""
    face = faces.of(copy)
    if face.recalled:
        raise CannotTap(_("This message has been recalled."))
    if event_key in face.menu_keys():
        return "template_card_menu_event"
    if face.dead:
        raise CannotTap(_("The buttons of this card are grey: nothing happens."))
    if event_key not in face.button_keys():
        raise CannotTap(_("This card has no such button."), missing=True)
    return "template_card_event"


def _tapped(copy: Copy, event: str, event_key: str, code: Code, chosen: Mapping[str, list[str]]) -> dict[str, Any]:
    """The elements of a card event; TaskId is the one given at sending, also after the card was replaced."""
    fields: dict[str, Any] = {
        "MsgType": "event",
        "Event": event,
        "EventKey": event_key,
        "TaskId": copy.message.task_id,
        "CardType": faces.of(copy).card.get("card_type", ""),
        "ResponseCode": code.code,
    }
    if chosen and event == "template_card_event":
        fields["SelectedItems"] = xml.selected_items(chosen)
    return fields


def _prepare(
    world: World, app: Application, userid: str, fields: Mapping[str, Any], message: Message | None = None
) -> Delivery:
    head = {"ToUserName": app.corp_id, "FromUserName": userid, "CreateTime": int(time.time())}
    return Delivery.objects.create(
        at=clock.now(world),
        agent_id=app.key,
        userid=userid,
        event=fields.get("Event") or fields["MsgType"],
        event_key=fields.get("EventKey", ""),
        task_id=fields.get("TaskId", ""),
        message=message,
        url=app.callback_url,
        plaintext=xml.write({**head, **fields, "AgentID": int(app.agent_id)}),
        owner=delivery.me(),
    )
