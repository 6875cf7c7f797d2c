"""Decisions: what a passive reply in the answer to a callback does.

Source: https://developer.work.weixin.qq.com/document/path/90241
"""

import secrets
from typing import Any
from xml.etree.ElementTree import Element

from . import applications, clock, contents, crypto, faces, rules, sending, xml
from .applications import Application
from .crypto import BadReply
from .models import Change, Copy, Delivery, Message


def open_reply(app: Application, body: bytes) -> str:
    """The plaintext of an answer's body, "" for an empty one; raises BadReply for what the platform could not read."""
    if not body.strip():
        return ""
    root = xml.read(body)
    sealed, signature, timestamp, nonce = (
        xml.text_of(root, name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
    )
    if not sealed:
        raise BadReply("the answer has no Encrypt")
    if crypto.sign(app.callback_token, timestamp, nonce, sealed) != signature:
        raise BadReply("MsgSignature does not fit")
    key = crypto.key_of(app.encoding_aes_key)
    return crypto.unseal(sealed, key=key, receive_id=app.corp_id).decode("utf-8", "replace")


def apply(delivery: Delivery, plaintext: str) -> None:
    """Let the reply take effect for the member who tapped or wrote; raises BadReply or Refusal.

    The last change wins, whenever it comes: a late reply covers an update made meanwhile.
    """
    root = xml.read(plaintext.encode())
    match xml.text_of(root, "MsgType"):
        case "update_button":
            text = xml.text_of(root, "Button/ReplaceName")
            if not text:
                raise BadReply("Button/ReplaceName is empty")
            _change(delivery, replace_text=text[:256])
        case "update_template_card":
            card = xml.card_of(_child(root, "TemplateCard"))
            rules.check_card(card, update=True)
            _change(delivery, replace_text="", card=card)
        case "text":
            _say(delivery, "text", {"content": xml.text_of(root, "Content")})
        case "image" | "voice" as msgtype:
            _say(delivery, msgtype, {"media_id": xml.text_of(root, f"{msgtype.capitalize()}/MediaId")})
        case "video":
            words = {name: xml.text_of(root, f"Video/{name.capitalize()}") for name in ("title", "description")}
            _say(delivery, "video", {"media_id": xml.text_of(root, "Video/MediaId"), **words})
        case "news":
            _say(delivery, "news", {"articles": [_article(item) for item in root.iterfind("Articles/item")]})
        case other:
            raise BadReply(f"MsgType {other!r} is not played by the sandbox")


def _change(delivery: Delivery, **change: Any) -> None:
    with clock.change() as world:
        if not delivery.event.startswith("template_card"):
            raise BadReply("only a card event may be answered with a change of the card")
        copies = Copy.objects.filter(message=delivery.message, userid=delivery.userid)
        faces.change(copies, cause=Change.Cause.REPLY, at=clock.now(world), **change)


def _say(delivery: Delivery, msgtype: str, content: dict[str, Any]) -> None:
    """Write an answer into the member's chat with the application."""
    app = applications.by_agent(delivery.agent_id)
    with clock.change() as world:
        find = sending.finder(world, app.corp_id if app else "")
        shown, _cut = contents.check(msgtype, content, media=find)
        message = Message.objects.create(
            agent_id=delivery.agent_id,
            msgid=secrets.token_urlsafe(48),
            msgtype=msgtype,
            content=shown,
            sent_at=clock.now(world),
        )
        Copy.objects.create(message=message, userid=delivery.userid, sent_at=message.sent_at)


def _article(item: Element) -> dict[str, str]:
    names = {"title": "Title", "description": "Description", "picurl": "PicUrl", "url": "Url"}
    return {name: xml.text_of(item, theirs) for name, theirs in names.items()}


def _child(root: Element, name: str) -> Element:
    found = root.find(name)
    if found is None:
        raise BadReply(f"no {name}")
    return found
