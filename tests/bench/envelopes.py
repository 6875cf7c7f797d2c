"""Callbacks, sealed and written out as HTTP before the clock starts."""

import itertools
import secrets
import time
from collections.abc import Iterable
from urllib.parse import urlencode

from wecom import crypto, xml

TOKEN, AES_KEY, CORP_ID, AGENT_ID = "benchtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wwbench", "1000002"
CALLBACK, USUAL, LEAST, EMPTY = "/wecom/callback/", "/bench/usual/", "/bench/least/", "/bench/empty/"
_KEY = crypto.aes_key(AES_KEY)
_numbers = itertools.count(time.time_ns())


def tap(task_id: str, userid: str) -> bytes:
    """The message of a finder who taps the first button."""
    return _message(
        userid,
        MsgType="event",
        Event="template_card_event",
        EventKey="confirm",
        TaskId=task_id,
        CardType="button_interaction",
        ResponseCode=secrets.token_urlsafe(32),
    )


def text(words: str, userid: str = "zhangsan") -> bytes:
    """A message that a member wrote; each is another one."""
    return _message(userid, MsgType="text", Content=words, MsgId=str(next(_numbers)))


def seal(plain: bytes) -> tuple[dict[str, str], bytes]:
    """The query and the body that bring this message."""
    nonce, timestamp = secrets.token_hex(8), str(int(time.time()))
    encrypted = crypto.encrypt(plain, key=_KEY, receive_id=CORP_ID)
    signature = crypto.signature(TOKEN, timestamp, nonce, encrypted)
    body = xml.build_envelope(to_user_name=CORP_ID, agent_id=AGENT_ID, encrypt=encrypted)
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}, body


def requests(path: str, messages: Iterable[bytes]) -> list[bytes]:
    """Whole HTTP requests, ready for the wire."""
    return [_http(path, *seal(plain)) for plain in messages]


def _http(path: str, query: dict[str, str], body: bytes) -> bytes:
    head = (
        f"POST {path}?{urlencode(query)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _message(userid: str, **fields: str) -> bytes:
    common = {"ToUserName": CORP_ID, "FromUserName": userid, "CreateTime": str(int(time.time())), "AgentID": AGENT_ID}
    inside = "".join(xml.element(name, value) for name, value in (common | fields).items())
    return f"<xml>{inside}</xml>".encode()
