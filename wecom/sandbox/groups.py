"""Decisions: group chats: those that applications make (appchat/...), and the ones in which robots stand (webhook/...).

A robot's group comes into being with the first use of its key: the constants `world.ROBOT_KEY` and those in
`settings.SANDBOX_ROBOTS`, a dictionary of key to name; everybody is in it.
Source: https://developer.work.weixin.qq.com/document/path/90245, 90246, 90247, 90248 and 99110
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from . import clock, contents, media, people, rules, sending
from . import world as facts
from .applications import Application
from .asked import Request, json_body
from .errcodes import Refusal
from .models import GroupChat, Message, World

LEAST, MOST = 2, 2000
NAME = 50
ROBOT_PER_MINUTE = 20
TYPES = ("text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown")
ROBOT_TYPES = ("text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card")

_CHATID = re.compile(r"[0-9A-Za-z]{1,32}\Z")

Done = tuple[dict[str, Any], str]
_OK = {"errcode": 0, "errmsg": "ok"}


def create(world: World, app: Application, request: Request) -> Done:
    body = json_body(request)
    members = _members(body.get("userlist"))
    _check_size(members)
    chatid = body.get("chatid") or secrets.token_hex(16)
    if not isinstance(chatid, str) or not _CHATID.match(chatid):
        raise Refusal(86001, "1 to 32 of 0-9, a-z, A-Z")
    if GroupChat.objects.filter(chatid=chatid).exists():
        raise Refusal(86001, "chatid exists")
    GroupChat.objects.create(
        chatid=chatid,
        agent_id=app.key,
        name=_name(body.get("name")) or "群聊",
        owner=_owner(body.get("owner") or members[0], members),
        members=members,
    )
    return {**_OK, "chatid": chatid}, ""


def update(world: World, app: Application, request: Request) -> Done:
    body = json_body(request)
    chat = _chat(app, body.get("chatid"))
    members = [*chat.members, *(one for one in _members(body.get("add_user_list") or []) if one not in chat.members)]
    gone = [str(one).lower() for one in body.get("del_user_list") or []]
    chat.members = [one for one in members if one not in gone]
    _check_size(chat.members)
    chat.owner = _owner(body.get("owner") or chat.owner, chat.members)
    chat.name = _name(body.get("name")) or chat.name
    chat.save(update_fields=["members", "owner", "name"])
    return dict(_OK), ""


def get(world: World, app: Application, request: Request) -> Done:
    chat = _chat(app, request.query.get("chatid"))
    info = {"chatid": chat.chatid, "name": chat.name, "owner": chat.owner, "userlist": chat.members}
    return {**_OK, "chat_info": info}, ""


def send(world: World, app: Application, request: Request) -> Done:
    body = json_body(request)
    chat = _chat(app, body.get("chatid"))
    msgtype = body.get("msgtype")
    if msgtype not in TYPES:
        raise Refusal(40008, f"msgtype {msgtype!r}"[:80])
    find = sending.finder(world, app.corp_id)
    content, cut = contents.check(msgtype, body.get(msgtype), media=find)
    contents.check_safe(msgtype, body.get("safe"), content.get("name", ""))
    note = _publish(world, chat, msgtype, content, agent_id=app.key)
    return dict(_OK), sending.note_of(cut, note)


# --- Robots ---------------------------------------------------------------------------------------------------------


def send_as_robot(world: World, request: Request, key: str) -> Done:
    chat = _robots_chat(key)
    _check_rate(world, chat)
    body = json_body(request)
    msgtype = body.get("msgtype")
    if msgtype not in ROBOT_TYPES:
        raise Refusal(40008, f"msgtype {msgtype!r}"[:80])
    content, cut = _robots_content(world, key, msgtype, body.get(msgtype))
    note = _publish(world, chat, msgtype, content, origin=Message.Origin.ROBOT)
    return dict(_OK), sending.note_of(cut, note)


def upload_as_robot(world: World, request: Request, key: str) -> Done:
    _robots_chat(key)
    return media.upload_for_robot(world, request, key)


def _robots_content(world: World, key: str, msgtype: str, content: Any) -> tuple[dict[str, Any], list[str]]:
    if msgtype == "template_card":
        rules.check_card(content)
        if content["card_type"] not in rules.NOTICES:
            raise Refusal(42031, "robots send text_notice and news_notice")
        if content["card_type"] == "news_notice" and not content.get("card_image"):
            raise Refusal(42044, "card_image.url")
        return content, []
    if msgtype == "image":
        picture = contents.check_robot_image(content)
        kept = media.keep(world, owner=media.robot_owner(key), kind="image", name="image", content=picture)
        return {"media_id": kept.media_id}, []
    rule = "robot_markdown" if msgtype.startswith("markdown") else msgtype
    return contents.check(rule, content, media=sending.finder(world, media.robot_owner(key)))


def _robots_chat(key: str) -> GroupChat:
    """The group of a robot; 93000 for a key that none has."""
    known: Mapping[str, str] = getattr(settings, "SANDBOX_ROBOTS", None) or {facts.ROBOT_KEY: facts.ROBOT_CHAT}
    if not key or key not in known:
        raise Refusal(93000, "key")
    chat = GroupChat.objects.filter(robot_key=key).first()
    if chat is None:
        members = [member.userid for member in people.everybody()]
        owner = members[0] if members else ""
        chatid = f"robot{secrets.token_hex(8)}"
        chat = GroupChat.objects.create(
            chatid=chatid, robot_key=key, name=known[key][:NAME], owner=owner, members=members
        )
    return chat


def _check_rate(world: World, chat: GroupChat) -> None:
    since = clock.now(world) - timedelta(minutes=1)
    if chat.messages.filter(origin=Message.Origin.ROBOT, sent_at__gt=since).count() >= ROBOT_PER_MINUTE:
        raise Refusal(45009, f"{ROBOT_PER_MINUTE} a minute")


# --- What both need -------------------------------------------------------------------------------------------------


def _publish(world: World, chat: GroupChat, msgtype: str, content: dict[str, Any], **message: Any) -> str:
    known = people.find(chat.members)
    members = [known[userid] for userid in chat.members if userid in known]
    made = Message.objects.create(
        chat=chat,
        msgid=secrets.token_urlsafe(48),
        msgtype=msgtype,
        content=content,
        sent_at=clock.now(world),
        **message,
    )
    return sending.DROPPED + ", ".join(dropped) if (dropped := sending.hand_out(made, members)) else ""


def _chat(app: Application, chatid: Any) -> GroupChat:
    """A group that this application has made."""
    chat = GroupChat.objects.filter(chatid=chatid).first() if isinstance(chatid, str) and chatid else None
    if chat is None:
        raise Refusal(40050, "chatid")
    if chat.agent_id != app.key:
        raise Refusal(86008)
    return chat


def _members(named: Any) -> list[str]:
    """Lower-cased ids, each once; 86007 where one is nobody in range."""
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise Refusal(40058, "a list of members is an array of strings")
    known = people.find(named)
    strangers = [one for one in named if not people.in_range(known.get(one.lower()))]
    if strangers:
        raise Refusal(86007, "|".join(strangers)[:200])
    return list(dict.fromkeys(one.lower() for one in named))


def _check_size(members: Iterable[str]) -> None:
    count = len(list(members))
    if not LEAST <= count <= MOST:
        raise Refusal(86006, f"{count} members, allowed {LEAST} to {MOST}")


def _owner(userid: Any, members: list[str]) -> str:
    owner = str(userid).lower()
    if owner not in members:
        raise Refusal(86005, "the owner is one of the members")
    return owner


def _name(name: Any) -> str:
    if name is not None and not isinstance(name, str):
        raise Refusal(86004)
    return (name or "").strip()[:NAME]
