"""Plumbing: the one place that talks to WeCom, and the only one that knows tokens and errcodes.

    client = clients.get("default")
    client.send({"touser": "zhangsan", "msgtype": "text", "text": {"content": "你好"}})

Every call raises what `wecom.errors` draws: NotSent (surely not arrived), TransportError (nobody knows),
ApiError (WeCom said no). Nothing is retried here but once, after a refused token. A call inside a database
transaction is refused as a programming error: a rollback cannot take back what another host has done.
"""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
import urllib3
from django.db import connections

from . import tokens
from .conf import App
from .errcodes import error_for
from .errors import TokenRejected, TransportError, Unreachable
from .masking import mask_text

CONNECT, READ, TOTAL = 3.0, 8.0, 15.0  # seconds: to connect, between two bytes, for all of it
MAX_ANSWER = 256 * 1024  # bytes
WITH_AGENT = frozenset({"message/send", "message/update_template_card"})  # their bodies name the app


class Client:
    """Calls WeCom as one app. Safe to share between threads; each has connections of its own."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._local = threading.local()

    def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message; the answer holds msgid, response_code (cards that can call back) and invaliduser.

        errcode 0 does not mean that all got it: read invaliduser, invalidparty, invalidtag, unlicenseduser.
        Source: https://developer.work.weixin.qq.com/document/path/90236
        """
        return self.call("message/send", body)

    def update_card(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change what a card shows; spends the body's response_code, perhaps even where no answer comes.

        Source: https://developer.work.weixin.qq.com/document/path/94888
        """
        return self.call("message/update_template_card", body)

    def recall(self, msgid: str) -> dict[str, Any]:
        """Take a message back, up to 24 hours after it was sent.

        Source: https://developer.work.weixin.qq.com/document/path/94867
        """
        return self.call("message/recall", {"msgid": msgid})

    def callback_addresses(self) -> list[str]:
        """The addresses that callbacks come from: plain, with a trailing *, or as a network.

        Source: https://developer.work.weixin.qq.com/document/path/92521
        """
        answer = self.call("getcallbackip", method="GET")
        return [str(address) for address in answer.get("ip_list") or []]

    def user(self, userid: str) -> dict[str, Any]:
        """What the address book tells this app about a member.

        Source: https://developer.work.weixin.qq.com/document/path/90196
        """
        return self.call("user/get", params={"userid": userid}, method="GET")

    def token(self) -> str:
        """An access token that lives; raises TokenUnavailable, or the ApiError that gettoken ended in."""
        return tokens.get(self.app, self._fetch_token)

    def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        method: str = "POST",
        token: str | None = None,
    ) -> dict[str, Any]:
        """Call one API and return WeCom's answer, errcode 0; a refused token is renewed once.

        token  one that the caller has just got from token(); fetched here where missing
        """
        _refuse_inside_transaction()
        if path in WITH_AGENT and body is not None:
            body = {**body, "agentid": self.app.agent_id}
        token = token or self.token()
        try:
            return self._ask(method, path, {**(params or {}), "access_token": token}, body)
        except TokenRejected:
            token = tokens.replace(self.app, self._fetch_token, rejected=token)
        return self._ask(method, path, {**(params or {}), "access_token": token}, body)

    def _fetch_token(self) -> tuple[str, int]:
        _refuse_inside_transaction()
        secret = {"corpid": self.app.corp_id, "corpsecret": self.app.secret}
        answer = self._ask("GET", "gettoken", secret, None)
        token, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lifetime, int) or lifetime <= 0:
            raise TransportError("gettoken: errcode 0, but no token in the answer")
        return token, lifetime

    def _ask(self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None) -> dict[str, Any]:
        answer = _parse(path, self._exchange(method, path, params, body))
        if answer["errcode"] != 0:
            raise error_for(path, answer["errcode"], mask_text(str(answer.get("errmsg", ""))))
        return answer

    def _exchange(self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None) -> bytes:
        """One HTTP exchange; what goes wrong is told apart by whether WeCom may have acted on it.

        The errors of `requests` hold the whole address, secret and token included: raised `from None`, they appear in
        no traceback.
        """
        give_up = time.monotonic() + TOTAL
        try:
            response = self._session().request(
                method,
                self.app.api_base_url + path,
                params=params,
                data=None if body is None else encode(body),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = _read(response, give_up)
        except requests.exceptions.ConnectTimeout:
            raise Unreachable(f"{path}: no connection in {CONNECT:g} s") from None
        except requests.exceptions.SSLError as exc:
            raise Unreachable(f"{path}: TLS could not be agreed: {mask_text(str(exc))}") from None
        except requests.exceptions.ConnectionError as exc:
            if _never_connected(exc):
                raise Unreachable(f"{path}: no connection: {mask_text(str(exc))}") from None
            raise TransportError(f"{path}: the connection broke: {mask_text(str(exc))}") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as exc:
            raise TransportError(f"{path}: {type(exc).__name__}: {mask_text(str(exc))}") from None
        if response.status_code != requests.codes.ok:
            raise TransportError(f"{path}: HTTP {response.status_code}")
        return content

    def _session(self) -> requests.Session:
        """One session a thread, so that connections persist."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
        return session


def encode(body: Mapping[str, Any]) -> bytes:
    """JSON as raw UTF-8: WeCom refuses escapes of the form backslash-u in some APIs (errcode 40033)."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _read(response: requests.Response, give_up: float) -> bytes:
    """The body, up to MAX_ANSWER; a server that drips holds us no longer than TOTAL."""
    parts: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(16 * 1024, decode_content=True):
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER:
            raise requests.exceptions.ContentDecodingError(f"answer over {MAX_ANSWER} bytes")
        if time.monotonic() > give_up:
            raise requests.exceptions.ReadTimeout(f"no whole answer in {TOTAL:g} s")
    return b"".join(parts)


def _parse(path: str, content: bytes) -> dict[str, Any]:
    """A JSON object with an integer errcode; anything else is no answer."""
    try:
        answer = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise TransportError(f"{path}: the answer is not JSON") from exc
    if not isinstance(answer, dict):
        raise TransportError(f"{path}: the answer is no JSON object")
    errcode = answer.get("errcode")
    if isinstance(errcode, str) and errcode.removeprefix("-").isdecimal() and errcode.isascii():
        errcode = int(errcode[:12])
    if isinstance(errcode, bool) or not isinstance(errcode, int):
        raise TransportError(f"{path}: the answer has no errcode")
    return {**answer, "errcode": errcode}


def _never_connected(exc: requests.exceptions.ConnectionError) -> bool:
    """Whether the error arose before a connection stood: refused, no route, no such host."""
    cause = exc.args[0] if exc.args else None
    reason = cause.reason if isinstance(cause, urllib3.exceptions.MaxRetryError) else cause
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _refuse_inside_transaction() -> None:
    """Tests wrap each test in a transaction of their own; Django marks those, and only they are let pass."""
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise RuntimeError("a call to WeCom inside a database transaction: owe it to the outbox instead")
