"""Decisions: the whole truth about the sandbox, for tests: what each member sees, codes, calls, deliveries."""

from collections import defaultdict
from typing import Any

from django.db.models.functions import Length

from . import clock, faces, people, updating
from .models import ApiCall, Code, Copy, Delivery, Fault, GroupChat, Media, Menu, Message, Try, World


def build(member: str = "") -> dict[str, Any]:
    """Everything, or (with `member`) the messages of one member only.

    members    userid → {name, visible, licensed, messages: [what stands in the chat, oldest first]}
               of a message: visible (False when dropped or recalled), text or card as it looks now, face
               (fresh, button, card, recalled), replace_text, dead, buttons [{key, text, live}]
               of the other messages: content, the object named by msgtype as it is shown
    messages   one entry a message, whoever got it: repeats counts suppressed duplicates
    chats      group chats: {chatid, agent_id, robot, name, owner, members}
    menus      agent id → buttons
    media      uploaded files without their bytes: {media_id, kind, name, size, created_at}
    codes      response codes with state live, spent or expired
    calls      API calls, oldest first (the newest 2,000); deliveries likewise, with their tries
    gettoken   {calls, tokens}: how often it was called, how many different tokens it gave
    """
    world = clock.load()
    return {
        "now": clock.now(world).isoformat(),
        "offset_seconds": world.offset_seconds,
        "code_ttl_hours": world.code_ttl_hours,
        "gettoken": {"calls": world.gettoken_calls, "tokens": world.tokens_issued},
        "members": _members(member.lower()),
        "messages": [
            _message(message)
            for message in Message.objects.order_by("id").select_related("chat").prefetch_related("copies")
        ],
        "chats": [_chat(chat) for chat in GroupChat.objects.order_by("id")],
        "menus": dict(Menu.objects.values_list("agent_id", "buttons")),
        "media": [
            _media(file) for file in Media.objects.order_by("id").annotate(size=Length("content")).defer("content")
        ],
        "codes": _codes(world),
        "calls": [_call(call) for call in ApiCall.objects.order_by("id")],
        "deliveries": _deliveries(),
        "faults": [fault(row) for row in Fault.objects.filter(left__gt=0).order_by("id")],
    }


def fault(row: Fault) -> dict[str, Any]:
    return {"id": row.pk, "api": row.scope, "fault": row.kind, "path": row.path, "value": row.value, "left": row.left}


def _members(only: str) -> dict[str, Any]:
    chats: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for copy in Copy.objects.select_related("message__chat").order_by("sent_at", "id"):
        chats[copy.userid].append(_seen(copy))
    return {
        m.userid: {"name": m.name, "visible": m.visible, "licensed": m.licensed, "messages": chats[m.userid]}
        for m in people.everybody()
        if only in ("", m.userid)
    }


def _seen(copy: Copy) -> dict[str, Any]:
    message = copy.message
    entry = {
        "message_id": message.pk,
        "msgid": message.msgid,
        "agent_id": message.agent_id,
        "chatid": message.chat.chatid if message.chat else "",
        "sender": message.sender,
        "origin": message.origin,
        "msgtype": message.msgtype,
        "task_id": message.task_id,
        "sent_at": copy.sent_at.isoformat(),
        "visible": not copy.dropped and message.recalled_at is None,
        "dropped": copy.dropped,
        "recalled": message.recalled_at is not None,
        "repeats": message.repeats,
    }
    if message.msgtype != "template_card":
        return entry | {"text": message.content.get("content", ""), "content": message.content}
    face = faces.of(copy)
    return entry | {
        "card": face.card,
        "sent_card": message.content,
        "face": face.name,
        "replace_text": face.grey,
        "dead": face.dead,
        "changes": copy.changes,
        "changed_at": copy.changed_at and copy.changed_at.isoformat(),
        "buttons": [
            {"key": b.get("key", ""), "text": b.get("text", ""), "live": not face.dead}
            for b in face.card.get("button_list") or []
        ],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.pk,
        "msgid": message.msgid,
        "agent_id": message.agent_id,
        "chatid": message.chat.chatid if message.chat else "",
        "sender": message.sender,
        "origin": message.origin,
        "msgtype": message.msgtype,
        "task_id": message.task_id,
        "sent_at": message.sent_at.isoformat(),
        "recalled": message.recalled_at is not None,
        "repeats": message.repeats,
        "to": [copy.userid for copy in message.copies.all() if not copy.dropped],
        "dropped": [copy.userid for copy in message.copies.all() if copy.dropped],
    }


def _chat(chat: GroupChat) -> dict[str, Any]:
    names = ("chatid", "agent_id", "name", "owner", "members")
    return {"robot": bool(chat.robot_key), **{name: getattr(chat, name) for name in names}}


def _media(file: Media) -> dict[str, Any]:
    names = ("media_id", "kind", "name", "size")
    return {**{name: getattr(file, name) for name in names}, "created_at": file.created_at.isoformat()}


def _codes(world: World) -> list[dict[str, Any]]:
    return [
        {
            "code": code.code,
            "message_id": code.message_id,
            "task_id": code.message.task_id,
            "source": code.source,
            "userid": code.userid,
            "issued_at": code.issued_at.isoformat(),
            "spent_at": code.spent_at and code.spent_at.isoformat(),
            "state": updating.code_state(code, world),
        }
        for code in Code.objects.select_related("message").order_by("id")
    ]


def _call(call: ApiCall) -> dict[str, Any]:
    names = ("id", "method", "path", "query", "request", "answer", "status", "errcode", "ms", "faults", "note")
    return {"at": call.at.isoformat(), **{name: getattr(call, name) for name in names}}


def _deliveries() -> list[dict[str, Any]]:
    return [delivery(row) for row in Delivery.objects.order_by("id").prefetch_related("tries")]


def delivery(row: Delivery) -> dict[str, Any]:
    names = ("id", "userid", "event", "event_key", "task_id", "message_id", "url", "plaintext", "faults", "finished")
    tries = [_try(one) for one in sorted(row.tries.all(), key=lambda one: (one.copy, one.number))]
    return {
        "at": row.at.isoformat(),
        **{name: getattr(row, name) for name in names},
        "statuses": [one["status"] for one in tries],
        "arrived": any(one["status"] == 200 for one in tries),
        "tries": tries,
    }


def _try(one: Try) -> dict[str, Any]:
    names = ("copy", "number", "status", "answer", "reply", "error", "ms", "query", "envelope")
    return {name: getattr(one, name) for name in names}
