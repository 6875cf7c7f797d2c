"""WeCom's side of the wire, for tests of ours: sealed callbacks, and answers of the API by `responses`."""

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import responses
from django.db import transaction
from django.test import Client
from django.utils import timezone

from wecom import cards, conf, sent_cards
from wecom.management.commands.wecom_send_callback import seal
from wecom.models import Callback, Outgoing, SentCard

URL = "/wecom/callback/"
TAP = {
    "MsgType": "event",
    "Event": "template_card_event",
    "EventKey": "confirm",
    "TaskId": "t-1",
    "CardType": "button_interaction",
    "ResponseCode": "RC_0123456789",
}


def message(*, alias: str = conf.DEFAULT, **fields: str) -> bytes:
    """The XML inside an envelope; without fields, a tap by lisi on the button `confirm` of the card t-1."""
    app = conf.app(alias)
    common = {
        "ToUserName": app.corp_id,
        "FromUserName": "lisi",
        "CreateTime": "1721000123",
        "AgentID": str(app.agent_id),
    }
    elements = {**common, **(TAP if "MsgType" not in fields else {}), **fields}
    return f"<xml>{''.join(f'<{n}><![CDATA[{v}]]></{n}>' for n, v in elements.items() if v is not None)}</xml>".encode()


def post(
    client: Client,
    plain: bytes | None = None,
    *,
    age: int = 0,
    path: str = URL,
    alias: str = conf.DEFAULT,
    keys: conf.CallbackKeys | None = None,
    **changes: Any,
) -> Any:
    """Seal one message as WeCom does for that app, with those of its keys, and post it.

    changes  replaces query parameters; None leaves one out
    """
    plain = message(alias=alias) if plain is None else plain
    query, body = seal(conf.app(alias), plain, timestamp=int(time.time()) - age, keys=keys)
    query = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return client.post(path, data=body, content_type="text/xml", query_params=query)


def card_on_the_phone(task_id: str = "t-1", *, to: tuple[str, ...] = ("lisi",), app: str = conf.DEFAULT) -> SentCard:
    """A card of ours with the buttons `confirm` and `decline`, as it is kept once it has been sent."""
    card = cards.ButtonInteraction(
        task_id=task_id,
        main_title=cards.MainTitle(title="同意吗？"),
        button_list=[cards.Button(text="确认", key="confirm"), cards.Button(text="婉拒", key="decline")],
    )
    with transaction.atomic():
        row = sent_cards.send(card, to=to, app=app)
    Outgoing.objects.all().delete()
    SentCard.objects.filter(pk=row.pk).update(state=SentCard.State.SHOWN, sent_at=timezone.now())
    row.refresh_from_db()
    return row


def row() -> Callback:
    return Callback.objects.get()


class Platform:
    """WeCom's API as `responses` plays it: a script of answers for message/send, and what was asked."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.tokens = 0
        mock.add_callback(responses.GET, re.compile(r".*/gettoken"), callback=self._token)

    def answers(self, *script: Any, path: str = "message/send") -> None:
        """One answer a call: a dictionary is JSON with errcode 0 added; an exception is raised."""
        for answer in script:
            keywords: dict[str, Any] = {"body": answer} if isinstance(answer, Exception | str | bytes) else {}
            if isinstance(answer, dict):
                keywords = {"json": {"errcode": 0, "errmsg": "ok", **answer}}
            if isinstance(answer, int):
                keywords = {"status": answer, "body": "<html>bad gateway</html>"}
            self.mock.add(responses.POST, conf.app().api_base_url + path, **keywords)

    def knows(self, userid: str, **profile: Any) -> None:
        """What user/get answers for a member."""
        self.mock.add(
            responses.GET,
            conf.app().api_base_url + "user/get",
            json={"errcode": 0, "errmsg": "ok", "userid": userid, **profile},
            match=[responses.matchers.query_param_matcher({"userid": userid}, strict_match=False)],
        )

    def calls(self, path: str = "message/send") -> list[Any]:
        return [call.request for call in self.mock.calls if f"/{path}?" in str(call.request.url)]

    def _token(self, request: Any) -> tuple[int, dict, str]:
        self.tokens += 1
        return 200, {}, f'{{"errcode":0,"errmsg":"ok","access_token":"token-{self.tokens}","expires_in":7200}}'


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A real server on this machine for the time of the block; its address. `answer` writes the whole answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)
            self.close_connection = True

        do_GET = do_POST = handle_one

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def make_due(**which: Any) -> None:
    """Let waiting rows be due now, and running ones be forgotten by their worker: time passes."""
    past = timezone.now() - timedelta(seconds=1)
    for model in (Callback, Outgoing):
        rows = model._default_manager.filter(**which)
        rows.filter(state="waiting").update(due_at=past)
        rows.filter(state="running").update(due_at=past, lease_until=past)
