"""How the rows of bad input are sent: a valid callback, and one thing about it changed."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from Crypto.Cipher import AES
from django.test import Client

from tests.wecom.wire import URL, message
from wecom import conf, crypto

NOW = -1  # a timestamp that is filled in when the row is sent


@dataclass(frozen=True)
class Post:
    """One POST as it will go out."""

    query: dict[str, str]
    body: bytes
    content_type: str | None = "text/xml"
    path: str = URL

    def send(self, client: Client) -> Any:
        query = "&".join(f"{name}={quote(value)}" for name, value in self.query.items())
        extra = {} if self.content_type is None else {"content_type": self.content_type}
        return client.generic("POST", self.path, self.body, **extra, QUERY_STRING=query)  # type: ignore[arg-type]


Change = Callable[[Post], Post]


def envelope(ciphertext: str) -> bytes:
    return f"<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[{ciphertext}]]></Encrypt></xml>".encode()


def signed(ciphertext: str, *, body: bytes | None = None, age: int = 0) -> Post:
    """A post whose signature fits this ciphertext, whatever that is."""
    timestamp, nonce = str(int(time.time()) - age), "nonce123"
    signature = crypto.signature(conf.app().callback_token, timestamp, nonce, ciphertext)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
    return Post(query, envelope(ciphertext) if body is None else body)


def ciphertext_of(plain: bytes | None = None, *, receive_id: str | None = None) -> str:
    app = conf.app()
    receive_id = app.corp_id if receive_id is None else receive_id
    return crypto.encrypt(
        message() if plain is None else plain, key=crypto.aes_key(app.encoding_aes_key), receive_id=receive_id
    )


def frame(inside: bytes) -> str:
    """Whole blocks of anything, sealed with our key: what only somebody with the key could send."""
    key = crypto.aes_key(conf.app().encoding_aes_key)
    return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(inside)).decode()


def as_seen(answer: Any) -> tuple[int, bytes, tuple]:
    """All that the other side can tell answers apart by, but for the clock."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "Expires")
    return answer.status_code, answer.content, tuple(headers)


# --- What a row changes ---------------------------------------------------------------------------------------------


def body(data: bytes | Callable[[bytes], bytes]) -> Change:
    """Another body under the signature of the valid one."""
    return lambda post: replace(post, body=data(post.body) if callable(data) else data)


def ciphertext(change: Callable[[str], str]) -> Change:
    """Another ciphertext, and a signature that fits it."""
    return lambda post: signed(change(ciphertext_of()))


def inside(data: bytes) -> Change:
    """Another plaintext frame, sealed and signed right."""
    return lambda post: signed(frame(data))


def sealed(plain: bytes = b"", *, receive_id: str | None = None) -> Change:
    return lambda post: signed(ciphertext_of(plain or None, receive_id=receive_id))


def query(**changes: str | None) -> Change:
    return lambda post: replace(
        post, query={name: value for name, value in {**post.query, **changes}.items() if value is not None}
    )


def kind(content_type: str | None) -> Change:
    return lambda post: replace(post, content_type=content_type)


def path(address: str) -> Change:
    return lambda post: replace(post, path=address)
