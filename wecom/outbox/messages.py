"""Decisions: messages that need no rows of their own, owed in one line.

    outbox.owe_message("您的申请已提交。", to=["lisi"], effect_key=f"submitted:{leave.pk}")

The body is kept encrypted with the effect. For cards there is `wecom.sent_cards`, which keeps their codes too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from wecom import conf
from wecom.cards import Card
from wecom.errors import MessageInvalid
from wecom.messages import CardMessage, Message, Text
from wecom.messages.kinds import TEXT_BYTES
from wecom.models import Outgoing
from wecom.recipients import Recipients

from .book import owe
from .doubt import unreached
from .kinds import Call, Kind, Park, Result, State, register
from .texts import DUPLICATE_CHECK, REPEAT_WITHIN, SEND

KIND = "wecom.message"
NOBODY = "sys"  # who acts in events that no member has caused


def owe_message(
    message: object,
    *,
    to: str | Iterable[str],
    effect_key: str,
    topic: str = "",
    due_at: datetime | None = None,
    app: str = conf.DEFAULT,
) -> Outgoing:
    """Promise members a message, inside the transaction that makes it due; the same effect_key again changes nothing.

    message  a text; a Message; a Card; or a body such as {"msgtype": "image", "image": {"media_id": …}}
    to       userids, or "@all"
    Raises MessageInvalid.
    """
    return owe_body(message_body(message, to=to), effect_key=effect_key, topic=topic, due_at=due_at, app=app)


def message_body(message: object, *, to: str | Iterable[str]) -> dict[str, Any]:
    """The body of message/send. Raises MessageInvalid where it can be none."""
    recipients = Recipients.named(to)
    if NOBODY in recipients.users:
        raise MessageInvalid("touser", "userids of members", NOBODY)
    if isinstance(message, str):
        message = Text(content=_checked(message))
    elif isinstance(message, Card):
        message = CardMessage(card=message)
    if isinstance(message, Message):
        message = message.to_payload()
    if not isinstance(message, Mapping) or message.get("msgtype") not in message:
        raise MessageInvalid("msgtype", "a text, a message, or a body with the block of its msgtype", type(message))
    return {**recipients.for_send(), **message, **DUPLICATE_CHECK}


def owe_body(body: Mapping[str, Any], *, effect_key: str, **how: Any) -> Outgoing:
    """Promise a body made by message_body(); inside a transaction, as `owe`."""
    content = json.dumps(body, ensure_ascii=False)
    return owe(KIND, subject="", effect_key=effect_key, content=content, **how)


def _checked(text: str) -> str:
    if not text.strip() or len(text.encode()) > TEXT_BYTES:
        raise MessageInvalid("text.content", f"1 to {TEXT_BYTES} bytes", len(text.encode()))
    return text


def _prepare(row: Outgoing) -> Call:
    body = json.loads(row.content)
    return Call(path=SEND, body=body, to=tuple(body["touser"].split("|")), private=tuple(_texts(body[body["msgtype"]])))


def _settle(row: Outgoing, result: Result) -> Park | None:
    """errcode 0 is not the truth where nobody was reached."""
    if result.state is not State.DONE:
        return None
    to = {name.lower() for name in json.loads(row.content)["touser"].split("|")}
    return Park("errcode 0, but none of the members can be reached") if to <= unreached(result.answer) else None


def _texts(value: object) -> Iterator[str]:
    """Every text in a message: none of them is to be read in the book of attempts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)


register(
    Kind(
        name=KIND,
        prepare=_prepare,
        settle=_settle,
        keeps_trying_for=timedelta(days=2),
        repeat_within=REPEAT_WITHIN,
    )
)
