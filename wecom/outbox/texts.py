"""Decisions: what every message of ours asks of WeCom, so that a repeat after a doubt is not seen twice."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from .kinds import Call

SEND = "message/send"

# After a doubt a message is repeated only while WeCom drops an identical one: at most 4 hours, and some room.
# Source: https://developer.work.weixin.qq.com/document/path/90236
DUPLICATE_CHECK = {"enable_duplicate_check": 1, "duplicate_check_interval": 14_400}
REPEAT_WITHIN = timedelta(hours=3, minutes=30)


def text_call(to: Mapping[str, Any], text: str, *, members: Iterable[str], private: Iterable[str] = ()) -> Call:
    """A text, with the names of members filled in by WeCom; a kind that sends it has `repeat_within=REPEAT_WITHIN`.

    to       the fields that name the recipients: {"touser": "lisi"}
    members  those of them whom we know, for the limit per member
    private  words of the text that must never be stored or logged
    """
    body = {**to, "msgtype": "text", "text": {"content": text}, "enable_id_trans": 1, **DUPLICATE_CHECK}
    return Call(path=SEND, body=body, to=tuple(members), private=tuple(word for word in private if word))
