"""Decisions: message/update_template_card and message/recall, as documented.

Source: https://developer.work.weixin.qq.com/document/path/94888 and 94867
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from . import access, clock, faces, people, rules, sending
from .applications import Application
from .errcodes import Refusal
from .models import Change, Code, Copy, Member, Message, World

RECALL_FOR = timedelta(hours=24)
USERS = 1000


def update(world: World, app: Application, body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Spend a code and change what the named members see. A refused update leaves the code alive."""
    access.check_agent(app, body)
    code = _living_code(world, body)
    if code.message.agent_id != app.key:
        raise Refusal(42015)
    change = _change(code.message, body)
    copies, invalid = _targets(code.message, body)
    if Code.objects.filter(pk=code.pk, spent_at=None).update(spent_at=clock.now(world)) != 1:
        raise Refusal(60140, "response_code used")
    faces.change(copies, cause=Change.Cause.UPDATE, at=clock.now(world), code=code.code, **change)
    return {"errcode": 0, "errmsg": "ok", "invaliduser": invalid}, ""


def recall(world: World, app: Application, body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Take a message back within 24 hours; repeating it changes nothing."""
    msgid = body.get("msgid")
    if not isinstance(msgid, str) or not msgid:
        raise Refusal(40058, "msgid")
    message = Message.objects.filter(msgid=msgid, agent_id=app.key).first()
    if message is None:
        raise Refusal(40058, "msgid of another application")
    if clock.now(world) - message.sent_at > RECALL_FOR:
        raise Refusal(42052)
    now = clock.now(world)
    if Message.objects.filter(pk=message.pk, recalled_at=None).update(recalled_at=now):
        faces.change(message.copies.all(), cause=Change.Cause.RECALL, at=now)
    return {"errcode": 0, "errmsg": "ok"}, ""


def code_state(code: Code, world: World) -> str:
    """live, spent or expired."""
    return state_of(code.issued_at, code.spent_at, world)


def state_of(issued_at: datetime, spent_at: datetime | None, world: World) -> str:
    if spent_at:
        return "spent"
    return "expired" if clock.now(world) - issued_at >= timedelta(hours=world.code_ttl_hours) else "live"


def _living_code(world: World, body: Mapping[str, Any]) -> Code:
    value = body.get("response_code")
    if not isinstance(value, str) or not value:
        raise Refusal(40058, "response_code")
    code = Code.objects.select_related("message").filter(code=value).first()
    if code is None or code_state(code, world) != "live":
        raise Refusal(60140, "response_code " + (code_state(code, world) if code else "unknown"))
    return code


def _change(message: Message, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the new face is: form A greys the buttons, form B replaces the card."""
    button, card = body.get("button"), body.get("template_card")
    if (button is None) == (card is None):
        raise Refusal(40058, "either button or template_card")
    if card is not None:
        rules.check_card(card, update=True)
        return {"card": people.translate_ids(card) if body.get("enable_id_trans") else card, "replace_text": ""}
    if message.content.get("card_type") not in rules.INTERACTIVE:
        raise Refusal(40058, "this card can only be replaced")
    text = button.get("replace_name") if isinstance(button, dict) else None
    if not isinstance(text, str) or not text:
        raise Refusal(42020, "button.replace_name")
    return {"replace_text": text[:256]}


def _targets(message: Message, body: Mapping[str, Any]) -> tuple[QuerySet[Copy], list[str]]:
    """The copies to change, and the lower-cased ids of those named who have none, are gone, or are out of range."""
    users = _array(body, "userids", str, USERS, 40032)
    parties = _array(body, "partyids", int, sending.PARTIES, 82002)
    tags = _array(body, "tagids", int, sending.TAGS, 82003)
    in_range = Member.objects.filter(visible=True).values("userid")
    copies = Copy.objects.filter(message=message, dropped=False, userid__in=in_range)
    if body.get("atall") == 1:
        return copies, []
    if not users and not parties and not tags:
        raise Refusal(82101)
    wanted = {user.lower() for user in users}
    grouped = {member.userid for party in parties for member in people.of_department(party)}
    grouped |= {member.userid for tag in tags for member in people.with_tag(tag)}
    have = set(copies.filter(userid__in=wanted | grouped).values_list("userid", flat=True))
    if not have:
        raise Refusal(82102, "|".join(sorted(wanted)))
    return copies.filter(userid__in=have), sorted(wanted - have)


def _array(body: Mapping[str, Any], name: str, kind: type, most: int, too_many: int) -> list[Any]:
    """An array of texts or whole numbers, [] where it is missing."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(type(one) is kind for one in value):
        raise Refusal(40058, f"{name} is an array of {kind.__name__}")
    if len(value) > most:
        raise Refusal(too_many)
    return value
