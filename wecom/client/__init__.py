"""Plumbing: the one place that talks to WeCom, and the only one that knows tokens and errcodes.

    client = clients.get("default")
    client.send(messages.Text(content="你好"), to="zhangsan")
    client.media.upload("image", "umbrella.jpg", content).media_id
    client.menu.create([{"type": "click", "name": "我的失物", "key": "mine"}])
    client.chats.send(chatid, messages.Text(content="大家好"))
    client.robot(key).send(messages.GroupText(content="大家好", mentioned_list=["@all"]))

Every call raises what `wecom.errors` draws: NotSent (surely not arrived), TransportError (nobody knows),
ApiError (WeCom said no). Nothing is retried here but once, after a refused token. A call inside a database
transaction is refused as a programming error: a rollback cannot take back what another host has done.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import requests
from django.db import connections

from wecom import tokens
from wecom.cards import Card
from wecom.conf import App
from wecom.errors import TokenRejected, TransportError
from wecom.messages import CardMessage, Message
from wecom.recipients import Recipients

from . import sessions
from .chats import Chats
from .media import MOST, Media
from .menu import Menu
from .robots import Robot
from .wire import Heard, Patience, Payload, checked, encode, exchange

__all__ = ["CONNECT", "MAX_ANSWER", "READ", "TOTAL", "Chats", "Client", "Media", "Menu", "Robot", "encode"]

CONNECT, READ, TOTAL = 3.0, 8.0, 15.0  # seconds: to connect, between two bytes, for all of it
MEDIA_TOTAL = 120.0  # seconds for a file, which may have 20 MB
MAX_ANSWER = 256 * 1024  # bytes
WITH_AGENT = frozenset({"message/send", "message/update_template_card"})  # their bodies name the app

T = TypeVar("T")


class Client:
    """Calls WeCom as one app. Safe to share between threads; each has connections of its own."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._local = threading.local()

    # --- Messages ---------------------------------------------------------------------------------------------------

    def send(
        self,
        message: Message | Card | Mapping[str, Any],
        *,
        to: str | Iterable[str] = (),
        parties: Iterable[int] = (),
        tags: Iterable[int] = (),
        drop_repeats: int = 0,
    ) -> dict[str, Any]:
        """Send a message; the answer holds msgid, response_code (cards that can call back) and invaliduser.

        message       a Message, a Card, or a body as WeCom documents it, which may name its recipients itself
        to            UserIDs, or "@all"
        drop_repeats  seconds, up to 4 hours: WeCom drops the very same message if it comes again within them
        errcode 0 does not mean that all got it: read invaliduser, invalidparty, invalidtag, unlicenseduser.
        Raises MessageInvalid where WeCom would refuse the list of recipients.
        Source: https://developer.work.weixin.qq.com/document/path/90236
        """
        body = dict(message) if isinstance(message, Mapping) else _message(message).to_payload()
        if to or parties or tags or not {"touser", "toparty", "totag"} & set(body):
            body = {**Recipients.named(to, parties, tags).for_send(), **body}
        if drop_repeats:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": drop_repeats}
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

    def statistics(self, *, yesterday: bool = False) -> list[dict[str, Any]]:
        """How many members this corporation's apps reached today: one {agentid, app_name, count} an app.

        Source: https://developer.work.weixin.qq.com/document/path/92369
        """
        answer = self.call("message/get_statistics", {"time_type": int(yesterday)})
        return list(answer.get("statistics") or [])

    # --- Everything else --------------------------------------------------------------------------------------------

    @property
    def media(self) -> Media:
        """Files: up and down."""
        return Media(self)

    @property
    def menu(self) -> Menu:
        """The menu at the bottom of the app's chat."""
        return Menu(self)

    @property
    def chats(self) -> Chats:
        """Group chats that this app makes."""
        return Chats(self)

    def robot(self, key: str) -> Robot:
        """The robot of a group, by the key in its webhook's address; needs no token and no rights of the app."""
        return Robot(key, ask=self._ask_as_robot)

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

    # --- How it is done ---------------------------------------------------------------------------------------------

    def token(self) -> str:
        """An access token that lives; raises TokenUnavailable, or the ApiError that gettoken ended in."""
        return tokens.get(self.app, self._fetch_token)

    def call(
        self,
        path: str,
        body: Mapping[str, Any] | Payload | None = None,
        *,
        params: Mapping[str, str] | None = None,
        method: str = "POST",
        token: str | None = None,
    ) -> dict[str, Any]:
        """Call one API and return WeCom's answer, errcode 0; a refused token is renewed once.

        body   an object that goes out as JSON, or a Payload as it is
        token  one that the caller has just got from token(); fetched here where missing
        """
        if path in WITH_AGENT and isinstance(body, Mapping):
            body = {**body, "agentid": self.app.agent_id}

        def ask(token: str) -> dict[str, Any]:
            return self._ask(method, path, {**(params or {}), "access_token": token}, body)

        return self.with_token(ask, token)

    def with_token(self, ask: Callable[[str], T], token: str | None = None) -> T:
        """What `ask` makes of a token that lives; where WeCom refuses it, once more with another."""
        _refuse_inside_transaction()
        token = token or self.token()
        try:
            return ask(token)
        except TokenRejected:
            token = tokens.replace(self.app, self._fetch_token, rejected=token)
        return ask(token)

    def fetch(self, path: str, params: Mapping[str, str]) -> Heard:
        """GET something that may be as large as a file; the answer as it came, unread."""
        return self._exchange("GET", path, params, None, total=MEDIA_TOTAL, most=MOST)

    def _ask_as_robot(self, path: str, params: Mapping[str, str], body: Mapping[str, Any] | Payload) -> dict[str, Any]:
        _refuse_inside_transaction()
        return self._ask("POST", path, params, body)

    def _fetch_token(self) -> tuple[str, int]:
        _refuse_inside_transaction()
        secret = {"corpid": self.app.corp_id, "corpsecret": self.app.secret}
        answer = self._ask("GET", "gettoken", secret, None)
        token, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lifetime, int) or lifetime <= 0:
            raise TransportError("gettoken: errcode 0, but no token in the answer")
        return token, lifetime

    def _ask(
        self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | Payload | None
    ) -> dict[str, Any]:
        if isinstance(body, Payload):
            return checked(path, self._exchange(method, path, params, body, total=MEDIA_TOTAL).content)
        payload = None if body is None else Payload(encode(body))
        return checked(path, self._exchange(method, path, params, payload).content)

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        payload: Payload | None,
        *,
        total: float | None = None,
        most: int | None = None,
    ) -> Heard:
        patience = Patience(connect=CONNECT, read=READ, total=total or TOTAL, most=most or MAX_ANSWER)
        url = self.app.api_base_url + path
        return exchange(self._session(), method, url, path=path, params=params, payload=payload, patience=patience)

    def _session(self) -> requests.Session:
        """One session a thread, so that connections persist."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = sessions.session()
        return session


def _refuse_inside_transaction() -> None:
    """Tests wrap each test in a transaction of their own; Django marks those, and only they are let pass."""
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise RuntimeError("a call to WeCom inside a database transaction: owe it to the outbox instead")


def _message(message: Message | Card) -> Message:
    return CardMessage(card=message) if isinstance(message, Card) else message
