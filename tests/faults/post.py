"""The two ends of HTTP that are ours: callbacks made by hand, and the place where alerts arrive."""

import json
import secrets
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import requests

from wecom.sandbox import crypto, xml
from wecom.sandbox.world import CREDENTIALS


@dataclass(frozen=True, slots=True)
class Envelope:
    """One callback, sealed and signed."""

    query: dict[str, str]
    body: bytes
    plaintext: str

    @classmethod
    def of(cls, delivery: dict[str, Any]) -> "Envelope":
        """The bytes of a delivery's first try."""
        first = delivery["tries"][0]
        return cls(dict(parse_qsl(first["query"])), first["envelope"].encode(), delivery["plaintext"])

    @classmethod
    def seal(
        cls,
        plaintext: str,
        *,
        age: int = 0,
        token: str = CREDENTIALS["CALLBACK_TOKEN"],
        aes_key: str = CREDENTIALS["ENCODING_AES_KEY"],
    ) -> "Envelope":
        """A message of ours, sealed anew: own prefix, own nonce, `age` seconds old."""
        sealed = crypto.seal(plaintext.encode(), key=crypto.key_of(aes_key), receive_id=CREDENTIALS["CORP_ID"])
        timestamp, nonce = str(int(time.time()) - age), secrets.token_hex(8)
        signature = crypto.sign(token, timestamp, nonce, sealed)
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
        fields = {"ToUserName": CREDENTIALS["CORP_ID"], "AgentID": CREDENTIALS["AGENT_ID"], "Encrypt": sealed}
        return cls(query, xml.write(fields).encode(), plaintext)


def tap_message(*, member: str, task_id: str, key: str, code: str = "", agent_id: str = "") -> str:
    """A template_card_event as the platform writes it."""
    return xml.write(
        {
            "ToUserName": CREDENTIALS["CORP_ID"],
            "FromUserName": member,
            "CreateTime": int(time.time()),
            "MsgType": "event",
            "Event": "template_card_event",
            "EventKey": key,
            "TaskId": task_id,
            "CardType": "button_interaction",
            "ResponseCode": code or secrets.token_urlsafe(48),
            "AgentID": agent_id or CREDENTIALS["AGENT_ID"],
        }
    )


def text_message(words: str, *, number: int, member: str = "anybody") -> str:
    """A text that a member wrote, under WeCom's number of it."""
    return xml.write(
        {
            "ToUserName": CREDENTIALS["CORP_ID"],
            "FromUserName": member,
            "CreateTime": 1_700_000_000,
            "MsgType": "text",
            "Content": words,
            "MsgId": number,
            "AgentID": CREDENTIALS["AGENT_ID"],
        }
    )


class Sink:
    """Hears what the product's alert hook says."""

    def __init__(self) -> None:
        heard: list[dict[str, Any]] = []

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                heard.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Silence."""

        self.heard = heard
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def clear(self) -> None:
        self.heard.clear()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class CollectingProxy:
    """What matters here of the proxy that docs/production.md prescribes: a request goes on once it is whole."""

    def __init__(self, upstream: str) -> None:
        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # the sender has gone
                answer = requests.post(upstream + self.path, data=body, timeout=10)
                self.send_response(answer.status_code)
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *arguments: Any) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "CollectingProxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.socket.close()
