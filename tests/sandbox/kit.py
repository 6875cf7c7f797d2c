"""What the sandbox's tests need: a caller of the API, cards, and a small callback server that is not the product's."""

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3
from defusedxml import ElementTree

from wecom.sandbox import crypto, ledger, platform
from wecom.sandbox.world import CREDENTIALS

AGENT = int(CREDENTIALS["AGENT_ID"])
OTHER_APP = {**CREDENTIALS, "AGENT_ID": "1000043", "SECRET": "other-secret", "NAME": "人事助手"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
AMR, MP4 = b"#!AMR\n" + (b"\x3c" + b"0" * 31) * 100, b"\0\0\0\x18ftypmp42"
KEY = crypto.key_of(CREDENTIALS["ENCODING_AES_KEY"])


def ask(method: str, path: str, query: dict[str, str] | None = None, body: bytes = b"") -> dict[str, Any]:
    """One call of the API, its JSON answer."""
    status, _headers, answer = platform.handle(method, path, query or {}, body)
    assert status == 200, (status, answer)
    return dict(json.loads(answer))


def token() -> str:
    query = {"corpid": CREDENTIALS["CORP_ID"], "corpsecret": CREDENTIALS["SECRET"]}
    return str(ask("GET", "gettoken", query)["access_token"])


def token_of(app: dict[str, str]) -> str:
    return str(ask("GET", "gettoken", {"corpid": app["CORP_ID"], "corpsecret": app["SECRET"]})["access_token"])


def upload(kind: str, name: str, content: bytes, access_token: str | None = None) -> dict[str, Any]:
    body, content_type = urllib3.encode_multipart_formdata({"media": (name, content)})
    query = {"access_token": access_token or token(), "type": kind}
    return dict(json.loads(platform.handle("POST", "media/upload", query, body, content_type)[2]))


def post(path: str, body: Any, *, raw: bytes | None = None, access_token: str | None = None) -> dict[str, Any]:
    """POST `body` with our agentid (unless it has one) and a living token."""
    if raw is None:
        full = {"agentid": AGENT, **body} if isinstance(body, dict) else body
        raw = json.dumps(full, ensure_ascii=False).encode()
    return ask("POST", path, {"access_token": access_token or token()}, raw)


def send_text(to: str = "zhangsan", text: str = "你好", **more: Any) -> dict[str, Any]:
    return post("message/send", {"touser": to, "msgtype": "text", "text": {"content": text}, **more})


def send_card(card: dict[str, Any], to: str = "zhangsan", **more: Any) -> dict[str, Any]:
    return post("message/send", {"touser": to, "msgtype": "template_card", "template_card": card, **more})


def update(code: str, to: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """Form A unless `more` brings a template_card."""
    form = {} if "template_card" in more else {"button": {"replace_name": "已推送"}}
    users = ["zhangsan"] if to is None else to
    return post("message/update_template_card", {"userids": users, "response_code": code, **form, **more})


def a_card(task_id: str | None = "lf-1@1", **more: Any) -> dict[str, Any]:
    """The smallest useful card of the project."""
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "有人认领您捡到的工卡", "desc": "编号 42"},
        "task_id": task_id,
        "button_list": [{"text": "确认", "style": 1, "key": "confirm"}, {"text": "婉拒", "style": 2, "key": "decline"}],
        **more,
    }


def a_notice(**more: Any) -> dict[str, Any]:
    action = {"type": 1, "url": "https://example.com/"}
    return {"card_type": "text_notice", "main_title": {"title": "提醒"}, "card_action": action, **more}


def chat_of(member: str = "zhangsan") -> list[dict[str, Any]]:
    """What stands in the member's chat, by the ledger."""
    return list(ledger.build()["members"][member]["messages"])


@dataclass
class Got:
    """One request that reached the callback server."""

    method: str
    query: dict[str, str]
    body: bytes
    at: float

    @property
    def plaintext(self) -> str:
        """The message inside, after checking the signature."""
        root = ElementTree.fromstring(self.body)
        sealed = root.findtext("Encrypt") or ""
        signature = crypto.sign(CREDENTIALS["CALLBACK_TOKEN"], self.query["timestamp"], self.query["nonce"], sealed)
        assert signature == self.query["msg_signature"]
        assert root.findtext("ToUserName") == CREDENTIALS["CORP_ID"]
        assert root.findtext("AgentID") == CREDENTIALS["AGENT_ID"]
        return crypto.unseal(sealed, key=KEY, receive_id=CREDENTIALS["CORP_ID"]).decode()

    def text(self, name: str) -> str:
        return str(ElementTree.fromstring(self.plaintext).findtext(name))


@dataclass
class Listener:
    """A callback server of a few lines. `statuses` are used up first, then 200; `answer` is the body of a 200."""

    statuses: list[int] = field(default_factory=list)
    answer: bytes = b""
    wait: float = 0
    got: list[Got] = field(default_factory=list)
    url: str = ""

    def start(self) -> ThreadingHTTPServer:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.note("POST", self.path, body)
                time.sleep(listener.wait)
                self._say(listener.statuses.pop(0) if listener.statuses else 200, listener.answer)

            def do_GET(self) -> None:
                got = listener.note("GET", self.path, b"")
                sealed = got.query["echostr"]
                plain = crypto.unseal(sealed, key=KEY, receive_id=CREDENTIALS["CORP_ID"])
                self._say(200, listener.answer or plain)

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}/callback/"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def note(self, method: str, path: str, body: bytes) -> Got:
        got = Got(method, dict(parse_qsl(urlsplit(path).query)), body, time.monotonic())
        self.got.append(got)
        return got


def passive(inner: str, *, to: str = "zhangsan", signed_with: str = CREDENTIALS["CALLBACK_TOKEN"]) -> bytes:
    """The sealed passive reply around the elements `inner`."""
    corp = CREDENTIALS["CORP_ID"]
    plain = (
        f"<xml><ToUserName>{to}</ToUserName><FromUserName>{corp}</FromUserName><CreateTime>1</CreateTime>{inner}</xml>"
    )
    sealed = crypto.seal(plain.encode(), key=KEY, receive_id=corp)
    signature = crypto.sign(signed_with, "1721000124", "abc", sealed)
    return (
        f"<xml><Encrypt>{sealed}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        "<TimeStamp>1721000124</TimeStamp><Nonce>abc</Nonce></xml>"
    ).encode()


BUTTON_REPLY = "<MsgType>update_button</MsgType><Button><ReplaceName>处理中</ReplaceName></Button>"
