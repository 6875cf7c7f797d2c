"""Plumbing: the robot of a group chat (群机器人, now 消息推送). Its key is the whole credential: it is shown nowhere.

At most 20 messages a minute and robot; of template cards only text_notice and news_notice, which never call back.
Source: https://developer.work.weixin.qq.com/document/path/99110
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from wecom.cards import Card
from wecom.messages import CardMessage, Message

from .media import LIMITS, Limit, Uploaded, check, uploaded
from .wire import Payload, multipart

MEDIA: Mapping[str, Limit] = {kind: LIMITS[kind] for kind in ("file", "voice")}
IMAGE = {"image": Limit(2 * 1024 * 1024, LIMITS["image"].formats, LIMITS["image"].beginnings)}

Ask = Callable[[str, Mapping[str, str], Mapping[str, Any] | Payload], dict[str, Any]]
"""path, query, body → answer with errcode 0."""


class Robot:
    """`client.robot(key)`; raises what every call raises, and takes no token."""

    def __init__(self, key: str, *, ask: Ask) -> None:
        self._key = key
        self._ask = ask

    def __repr__(self) -> str:
        return "Robot(***)"

    def send(self, message: Message | Card | Mapping[str, Any]) -> None:
        """Write to the group: a Message, a Card, or {msgtype, <msgtype>: {...}} with msgtype text, markdown,
        markdown_v2, image, news, file, voice or template_card.

        Nothing drops a repeat: after a TransportError the group may have read it already.
        """
        message = CardMessage(card=message) if isinstance(message, Card) else message
        body = message.to_robot_payload() if isinstance(message, Message) else message
        self._ask("webhook/send", {"key": self._key}, body)

    def send_image(self, content: bytes) -> None:
        """Show a JPG or PNG of up to 2 MB, without uploading it first."""
        check("image", "image", content, kinds=IMAGE)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        image = {"base64": base64.b64encode(content).decode(), "md5": digest}
        self.send({"msgtype": "image", "image": image})

    def upload_media(self, kind: str, filename: str, content: bytes) -> Uploaded:
        """Hand WeCom a file or a voice that this robot alone may send, for three days; raises MediaInvalid."""
        check(kind, filename, content, kinds=MEDIA)
        answer = self._ask(
            "webhook/upload_media", {"key": self._key, "type": kind}, multipart("media", filename, content)
        )
        return uploaded(kind, answer)
