"""Decisions: message/send, as documented.

Source: https://developer.work.weixin.qq.com/document/path/90236
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from . import access, clock, contents, media, people, rules
from .applications import Application
from .errcodes import Refusal
from .models import Code, Copy, Member, Message, World

USERS = 1000
PARTIES = 100
TAGS = 100
PER_MINUTE, PER_HOUR = 30, 1000
GROUP_PER_MINUTE, GROUP_PER_HOUR = 200, 10_000
DUPLICATE_SECONDS = 1800
DUPLICATE_SECONDS_MOST = 4 * 3600

DUPLICATE = "duplicate"
DROPPED = "dropped: "
CUT = "cut: "

TYPES = (
    "text",
    "image",
    "voice",
    "video",
    "file",
    "textcard",
    "news",
    "mpnews",
    "markdown",
    "miniprogram_notice",
    "template_card",
)


@dataclass(slots=True)
class Recipients:
    """Who a message is for, and who of those named cannot have it."""

    members: list[Member] = field(default_factory=list)
    invalid_users: list[str] = field(default_factory=list)
    invalid_parties: list[str] = field(default_factory=list)
    invalid_tags: list[str] = field(default_factory=list)
    unlicensed: list[str] = field(default_factory=list)

    def report(self) -> dict[str, str]:
        return {
            "invaliduser": "|".join(self.invalid_users),
            "invalidparty": "|".join(self.invalid_parties),
            "invalidtag": "|".join(self.invalid_tags),
            "unlicenseduser": "|".join(self.unlicensed),
        }


def send(world: World, app: Application, body: Mapping[str, Any], raw: bytes) -> tuple[dict[str, Any], str]:
    """Do it: the answer, and a remark for the wire log about what the platform keeps to itself."""
    access.check_agent(app, body)
    _check_anybody_named(body)
    msgtype, content, cut = _content(world, app, body)
    to = _recipients(body)
    if not to.members and not to.unlicensed:
        raise Refusal(81013, f"invaliduser: {'|'.join(to.invalid_users)}")
    _check_task_id_is_new(app, content)
    digest = hashlib.sha256(raw).hexdigest()
    earlier = _same_before(world, app, body, digest)
    if earlier:
        Message.objects.filter(pk=earlier.pk).update(repeats=F("repeats") + 1)
        return {"errcode": 0, "errmsg": "ok", **to.report(), "msgid": earlier.msgid}, DUPLICATE
    if body.get("enable_id_trans"):
        content = people.translate_ids(content)
    message = Message.objects.create(
        agent_id=app.key,
        msgid=secrets.token_urlsafe(48),
        msgtype=msgtype,
        content=content,
        task_id=content.get("task_id") or "" if msgtype == "template_card" else "",
        digest=digest,
        translate_ids=bool(body.get("enable_id_trans")),
        sent_at=clock.now(world),
    )
    dropped = hand_out(message, to.members)
    answer = {"errcode": 0, "errmsg": "ok", **to.report(), "msgid": message.msgid}
    if msgtype == "template_card" and rules.is_interactive(content):
        answer["response_code"] = issue_code(message, Code.Source.SEND, message.sent_at).code
    return answer, note_of(cut, DROPPED + ", ".join(dropped) if dropped else "")


def issue_code(message: Message, source: Code.Source, at: datetime, userid: str = "") -> Code:
    code = secrets.token_urlsafe(48)
    return Code.objects.create(code=code, message=message, source=source, userid=userid, issued_at=at)


def _check_anybody_named(body: Mapping[str, Any]) -> None:
    named = [body.get(name) for name in ("touser", "toparty", "totag")]
    if not all(value is None or isinstance(value, str) for value in named):
        raise Refusal(40058, "touser, toparty and totag are strings joined with |")
    if not any(value and value.strip("| ") for value in named):
        raise Refusal(82001)


def _content(world: World, app: Application, body: Mapping[str, Any]) -> tuple[str, dict[str, Any], list[str]]:
    """The message's own object, checked, and what of it was cut."""
    msgtype = body.get("msgtype")
    if msgtype not in TYPES:
        raise Refusal(40008, f"msgtype {msgtype!r}"[:80])
    if msgtype == "miniprogram_notice" and body.get("touser") == "@all":
        raise Refusal(40058, "a miniprogram_notice is not for @all")
    content = body.get(msgtype)
    if msgtype != "template_card":
        shown, cut = contents.check(msgtype, content, media=finder(world, app.corp_id))
        contents.check_safe(msgtype, body.get("safe"), shown.get("name", ""))
        return msgtype, shown, cut
    if not isinstance(content, dict):
        raise Refusal(40058, msgtype)
    contents.check_safe(msgtype, body.get("safe"), "")
    rules.check_card(content)
    if rules.is_interactive(content) and not app.callback_url:
        raise Refusal(43012)
    return msgtype, content, []


def finder(world: World, owner: str) -> contents.FindMedia:
    """Looks up the files of this owner: the corporation, or one robot."""
    return lambda media_id, kind: media.living(world, media_id, owner=owner, kind=kind).name


def note_of(cut: list[str], rest: str) -> str:
    """A remark for the wire log: what was cut off, or who was left out."""
    return rest or (CUT + ", ".join(sorted(set(cut))) if cut else "")


def _recipients(body: Mapping[str, Any]) -> Recipients:
    users, parties, tags = (_split(body.get(name)) for name in ("touser", "toparty", "totag"))
    if users == ["@all"]:
        everybody = [member for member in people.everybody() if member.visible]
        return Recipients(
            members=[m for m in everybody if m.licensed], unlicensed=[m.userid for m in everybody if not m.licensed]
        )
    for value, most, errcode in ((users, USERS, 40032), (parties, PARTIES, 82002), (tags, TAGS, 82003)):
        if len(value) > most:
            raise Refusal(errcode)
    known = people.find(users)
    to = Recipients(invalid_users=[u.lower() for u in users if not people.in_range(known.get(u.lower()))])
    in_parties = {party: _visible(people.of_department(_number(party))) for party in parties}
    in_tags = {tag: _visible(people.with_tag(_number(tag))) for tag in tags}
    to.invalid_parties = [party for party, members in in_parties.items() if not members]
    to.invalid_tags = [tag for tag, members in in_tags.items() if not members]
    chosen = {m.userid: m for m in _visible(known.values())}
    chosen |= {m.userid: m for group in (*in_parties.values(), *in_tags.values()) for m in group}
    to.members = [member for member in chosen.values() if member.licensed]
    to.unlicensed = [member.userid for member in chosen.values() if not member.licensed]
    return to


def _visible(members: Iterable[Member]) -> list[Member]:
    return [member for member in members if member.visible]


def _number(text: str) -> int:
    """The id of a department or a tag; 0, which none has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _split(value: Any) -> list[str]:
    return [part.strip() for part in str(value or "").split("|") if part.strip()]


def _check_task_id_is_new(app: Application, content: Mapping[str, Any]) -> None:
    task_id = content.get("task_id")
    if task_id and Message.objects.filter(agent_id=app.key, task_id=task_id).exists():
        raise Refusal(42014, "task_id exists")


def _same_before(world: World, app: Application, body: Mapping[str, Any], digest: str) -> Message | None:
    """The same bytes inside the interval, where the request asks for the check."""
    if not body.get("enable_duplicate_check"):
        return None
    interval = body.get("duplicate_check_interval", DUPLICATE_SECONDS)
    if isinstance(interval, bool) or not isinstance(interval, int) or interval < 0:
        raise Refusal(40058, "duplicate_check_interval")
    since = clock.now(world) - timedelta(seconds=min(interval, DUPLICATE_SECONDS_MOST))
    same = Message.objects.filter(agent_id=app.key, digest=digest, sent_at__gt=since)
    return same.order_by("-id").first()


def hand_out(message: Message, members: list[Member]) -> list[str]:
    """One copy each; above the limit per member the copy is dropped and nobody is told."""
    copies = [
        Copy(message=message, userid=m.userid, sent_at=message.sent_at, dropped=_is_too_many(message, m.userid))
        for m in members
    ]
    Copy.objects.bulk_create(copies)
    return [copy.userid for copy in copies if copy.dropped]


def _is_too_many(message: Message, userid: str) -> bool:
    """An application has 30 a minute and 1,000 an hour for one member, its group chats have a purse of their own."""
    in_group = message.chat_id is not None
    shown = Copy.objects.filter(
        userid=userid,
        dropped=False,
        message__agent_id=message.agent_id,
        message__origin=message.origin,
        message__chat__isnull=not in_group,
    )
    minute, hour = message.sent_at - timedelta(minutes=1), message.sent_at - timedelta(hours=1)
    count = shown.filter(sent_at__gt=hour).aggregate(hour=Count("id"), minute=Count("id", filter=Q(sent_at__gt=minute)))
    most = (GROUP_PER_MINUTE, GROUP_PER_HOUR) if in_group else (PER_MINUTE, PER_HOUR)
    return bool(count["minute"] >= most[0] or count["hour"] >= most[1])
