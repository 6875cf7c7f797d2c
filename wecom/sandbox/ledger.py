"""Decisions: the whole truth about the sandbox, for tests: what each member sees, codes, calls, deliveries."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from django.db.models.functions import Length

from . import clock, faces, people, updating
from .models import ApiCall, Change, Code, Copy, Delivery, Fault, GroupChat, Media, Menu, Message, Try, World

PARTS = ("members", "messages", "chats", "menus", "media", "codes", "calls", "deliveries", "faults")


def build(member: str = "", *, parts: Collection[str] = PARTS) -> dict[str, Any]:
    """Everything, or of the members only one, or only some of the `parts`.

    members    userid → {name, visible, licensed, messages: [what stands in the chat, oldest first]}; also who has left
               of a message: visible (False when dropped or recalled), text or card as it looks now, face
               (fresh, button, card, recalled), replace_text, dead, buttons [{key, text, live}], and
               history, all it has shown since it was sent: [{at, cause, face, replace_text, card, code}], oldest first;
               cause is send, update, reply (in the answer to a tap) or recall; code paid for an update
               of the other messages: content, the object named by msgtype as it is shown
    messages   one entry a message, whoever got it: repeats counts suppressed duplicates
    chats      group chats: {chatid, agent_id, robot, name, owner, members}
    menus      agent id → buttons
    media      uploaded files without their bytes: {media_id, kind, name, size, created_at}
    codes      response codes with state live, spent or expired
    calls      API calls, oldest first (the newest 50,000); deliveries likewise, with their tries
    gettoken   {calls, tokens}: how often it was called, how many different tokens it gave
    """
    world = clock.load()
    make: dict[str, Callable[[], Any]] = {
        "members": lambda: _members(member.lower()),
        "messages": _messages,
        "chats": lambda: [_chat(chat) for chat in GroupChat.objects.order_by("id")],
        "menus": lambda: dict(Menu.objects.values_list("agent_id", "buttons")),
        "media": _files,
        "codes": lambda: _codes(world),
        "calls": lambda: [_call(call) for call in ApiCall.objects.order_by("id").iterator()],
        "deliveries": lambda: [delivery(row) for row in Delivery.objects.order_by("id").prefetch_related("tries")],
        "faults": lambda: [fault(row) for row in Fault.objects.filter(left__gt=0).order_by("id")],
    }
    return {
        "now": clock.now(world).isoformat(),
        "offset_seconds": world.offset_seconds,
        "code_ttl_hours": world.code_ttl_hours,
        "gettoken": {"calls": world.gettoken_calls, "tokens": world.tokens_issued},
        **{part: make[part]() for part in PARTS if part in parts},
    }


def fault(row: Fault) -> dict[str, Any]:
    names = ("path", "value", "left", "skip")
    return {"id": row.pk, "api": row.scope, "fault": row.kind, **{name: getattr(row, name) for name in names}}


def _members(only: str) -> dict[str, Any]:
    chats: dict[str, list[dict[str, Any]]] = defaultdict(list)
    copies, changes = Copy.objects.order_by("sent_at", "id"), Change.objects.order_by("id")
    messages = Message.objects.select_related("chat")
    if only:
        copies, changes = copies.filter(userid=only), changes.filter(copy__userid=only)
        messages = messages.filter(copies__userid=only)
    got = list(copies)  # before the messages: one that comes meanwhile has no copy yet that would miss it
    sent = {message.pk: message for message in messages}  # each once, however many have a copy
    later: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        later[change.copy_id].append(change)
    for copy in got:
        copy.message = sent[copy.message_id]
        chats[copy.userid].append(_seen(copy, later[copy.pk]))
    here = {
        m.userid: {"name": m.name, "visible": m.visible, "licensed": m.licensed}
        for m in people.everybody()
        if only in ("", m.userid)
    }
    left = {userid: {"name": userid, "visible": False, "licensed": False} for userid in chats if userid not in here}
    return {userid: {**known, "messages": chats[userid]} for userid, known in {**here, **left}.items()}


def _seen(copy: Copy, later: list[Change]) -> dict[str, Any]:
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
        "history": [_first(copy), *(_change(copy, change) for change in later)],
    }


def _first(copy: Copy) -> dict[str, Any]:
    """What the card showed when it came."""
    at, card = copy.sent_at.isoformat(), copy.message.content
    return {"at": at, "cause": "send", "face": "fresh", "replace_text": "", "card": card, "code": ""}


def _change(copy: Copy, change: Change) -> dict[str, Any]:
    """What it showed from then on."""
    recalled = change.cause == Change.Cause.RECALL
    face = faces.made_of(copy.message.content, card=change.card, replace_text=change.replace_text, recalled=recalled)
    return {
        "at": change.at.isoformat(),
        "cause": change.cause,
        "face": face.name,
        "replace_text": face.grey,
        "card": face.card,
        "code": change.code,
    }


def _messages() -> list[dict[str, Any]]:
    to: dict[int, list[str]] = defaultdict(list)
    dropped: dict[int, list[str]] = defaultdict(list)
    for message_id, userid, is_dropped in Copy.objects.order_by("id").values_list("message", "userid", "dropped"):
        (dropped if is_dropped else to)[message_id].append(userid)
    messages = Message.objects.order_by("id").select_related("chat").defer("content")
    return [_message(message, to[message.pk], dropped[message.pk]) for message in messages]


def _files() -> list[dict[str, Any]]:
    return [_media(file) for file in Media.objects.order_by("id").annotate(size=Length("content")).defer("content")]


def _message(message: Message, to: list[str], dropped: list[str]) -> dict[str, Any]:
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
        "to": to,
        "dropped": dropped,
    }


def _chat(chat: GroupChat) -> dict[str, Any]:
    names = ("chatid", "agent_id", "name", "owner", "members")
    return {"robot": bool(chat.robot_key), **{name: getattr(chat, name) for name in names}}


def _media(file: Media) -> dict[str, Any]:
    names = ("media_id", "kind", "name", "size")
    return {**{name: getattr(file, name) for name in names}, "created_at": file.created_at.isoformat()}


def _codes(world: World) -> list[dict[str, Any]]:
    names = ("code", "message_id", "message__task_id", "source", "userid", "issued_at", "spent_at")
    rows = Code.objects.order_by("id").values_list(*names)
    return [
        {
            "code": code,
            "message_id": message_id,
            "task_id": task_id,
            "source": source,
            "userid": userid,
            "issued_at": issued_at.isoformat(),
            "spent_at": spent_at and spent_at.isoformat(),
            "state": updating.state_of(issued_at, spent_at, world),
        }
        for code, message_id, task_id, source, userid, issued_at, spent_at in rows
    ]


def _call(call: ApiCall) -> dict[str, Any]:
    names = ("id", "method", "path", "query", "request", "answer", "status", "errcode", "ms", "faults", "note")
    return {"at": call.at.isoformat(), **{name: getattr(call, name) for name in names}}


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
