"""Decisions: what members do with their phones: tap a card, write a text, open the application."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from . import applications, clock, delivery, faces, people, sending, xml
from .applications import Application
from .models import Code, Copy, Delivery, Member, Message, World

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
) -> Delivery:
    """The member taps a button (or a menu entry) with this key; a callback with a fresh code goes out.

    Raises CannotTap where the member has no such card, or where it can no longer be tapped.
    """
    with clock.change(chats=False) as world:
        copy = _find_copy(_member(member), message_id, task_id)
        event = _event_of(copy, event_key)
        chosen = faces.chosen(copy, selections or {})
        Copy.objects.filter(pk=copy.pk).update(selections=chosen)
        code = sending.issue_code(copy.message, Code.Source.TAP, clock.now(world), copy.userid)
        fields = _tapped(copy, event, event_key, code, chosen)
        started = _prepare(world, _app(copy.message.agent_id), copy.userid, fields, copy.message)
        delivery.start(started)
    return started


def say(*, member: str, text: str) -> Delivery:
    """The member writes to the application: the text stands in the chat, and a callback goes out."""
    person = _member(member)
    text = text.strip()[:TEXT_LENGTH].replace("\0", "")
    if not text:
        raise CannotTap(_("There is nothing to send."))
    app = applications.first()
    with clock.change() as world:
        message = Message.objects.create(
            agent_id=app.agent_id,
            origin=Message.Origin.MEMBER,
            msgid=str(7_000_000_000_000_000_000 + secrets.randbelow(10**17)),
            msgtype="text",
            content={"content": text},
            sent_at=clock.now(world),
        )
        Copy.objects.create(message=message, userid=person.userid, sent_at=message.sent_at)
        fields = {"MsgType": "text", "Content": text, "MsgId": int(message.msgid)}
        started = _prepare(world, app, person.userid, fields)
        delivery.start(started)
    return started


def enter(*, member: str) -> Delivery:
    """The member opens the application: the event enter_agent."""
    person = _member(member)
    with clock.change(chats=False) as world:
        fields = {"MsgType": "event", "Event": "enter_agent", "EventKey": ""}
        started = _prepare(world, applications.first(), person.userid, fields)
        delivery.start(started)
    return started


def _member(userid: str) -> Member:
    found = people.find([userid]).get(userid.lower())
    if found is None:
        raise CannotTap(_("There is no such member."), missing=True)
    return found


def _app(agent_id: str) -> Application:
    app = applications.by_agent(agent_id)
    if app is None:
        raise CannotTap(_("The application of this card is gone."), missing=True)
    return app


def _find_copy(member: Member, message_id: int | None, task_id: str | None) -> Copy:
    copies = Copy.objects.select_related("message").filter(
        userid=member.userid, dropped=False, message__msgtype="template_card"
    )
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
        agent_id=app.agent_id,
        userid=userid,
        event=fields.get("Event") or fields["MsgType"],
        event_key=fields.get("EventKey", ""),
        task_id=fields.get("TaskId", ""),
        message=message,
        url=app.callback_url,
        plaintext=xml.write({**head, **fields, "AgentID": int(app.agent_id)}),
    )
