"""What the tests against other people's libraries share: texts worth sealing, and the wire between the two."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from tests.wecom.making import EXAMPLES
from tests.wecom.wire import URL, message
from wecom import conf, crypto, replies, xml

# One text for every length of padding, and what makes encodings and markup differ.
CONTENTS = [
    *("x" * length for length in range(33)),
    "丢了一把蓝色的雨伞☂️ 👨‍👩‍👧",
    "<b>&amp;</b> ]]> \"'\r\n\t",
    "0123456789" * 3000,
]
NONCE = "1372623149"
REPLACED = "处理中 <&>]]> ☂"


def texts() -> list[str]:
    """Whole messages, as they lie inside the ciphertext."""
    words = [content.replace("]]>", "]]]]><![CDATA[>") for content in CONTENTS]
    return [message(MsgType="text", Content=word, MsgId=str(number)).decode() for number, word in enumerate(words)]


def replaced(plain: str) -> str:
    """What an opened reply turns the button into."""
    root = xml.parse_message(plain.encode())
    assert xml.text_of(root, "MsgType") == "update_button"
    assert xml.text_of(root, "ToUserName") == "lisi"
    (button,) = root.iterfind("Button")
    return xml.text_of(button, "ReplaceName")


def plain_replies() -> list[str]:
    """One passive reply of ours of each sort, as it lies inside the ciphertext."""
    made: list[replies.PassiveReply] = [
        replies.UpdateButton(replace_name=REPLACED),
        *(replies.UpdateTemplateCard(template_card=card) for card in EXAMPLES),
        *(replies.TextReply(content=content) for content in CONTENTS if content),
        replies.ImageReply(media_id="M"),
        replies.VoiceReply(media_id="M"),
        replies.VideoReply(media_id="M", title="监控"),
        replies.NewsReply(articles=[replies.ReplyArticle(title="周报", url="https://example.com/")]),
    ]
    moment = datetime.now(UTC)
    return [one.to_xml(to_user="lisi", from_user="ww1", created_at=moment).decode() for one in made]


def seal(plain: str) -> "tuple[bytes, Reply]":
    """The body around a reply, and its parts."""
    app = conf.app()
    body = replies.seal_reply(
        plain.encode(),
        token=app.callback_token,
        key=crypto.aes_key(app.encoding_aes_key),
        receive_id=app.corp_id,
        timestamp=now(),
        nonce=NONCE,
    )
    return body, Reply.of(body)


def now() -> str:
    return str(int(time.time()))


@dataclass(frozen=True)
class Reply:
    """The parts of a passive reply of ours."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str

    @classmethod
    def of(cls, body: bytes) -> "Reply":
        root = xml.parse_message(body)
        return cls(*(xml.text_of(root, name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")))


def deliver(client: Client, *, encrypt: str, signature: str, timestamp: str) -> Any:
    """Post a ciphertext to our endpoint as WeCom does."""
    app = conf.app()
    body = xml.build_envelope(to_user_name=app.corp_id, agent_id=str(app.agent_id), encrypt=encrypt)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": NONCE}
    return client.post(URL, data=body, content_type="text/xml", query_params=query)


class Official:
    """The functions of @wecom/crypto, each called for many arguments in one go."""

    def __init__(self, run: Callable[[list[Any]], list[Any]]) -> None:
        self._run = run

    def each(self, name: str, calls: list[list[Any]]) -> list[Any]:
        """One value a call; a call that fails there fails here."""
        results = self._run([[name, *arguments] for arguments in calls])
        assert not [result["error"] for result in results if "error" in result]
        return [result["value"] for result in results]

    def one(self, name: str, *arguments: Any) -> Any:
        return self.each(name, [list(arguments)])[0]
