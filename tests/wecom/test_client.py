"""The client: what each misfortune on the way to WeCom is taken for."""

import gzip
import json
import socket
import ssl
import subprocess
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from django.db import transaction

from tests.support import free_port
from tests.wecom.wire import Platform, serving
from wecom import client as client_module
from wecom import clients, conf, messages
from wecom.client import hooks, sessions
from wecom.errors import (
    ApiError,
    ChannelRefused,
    ConfigError,
    MessageInvalid,
    NotSent,
    Refused,
    TransportError,
    TryLater,
    Unreachable,
)

from .making import NOTICE

pytestmark = pytest.mark.django_db

BODY = {"touser": "lisi", "msgtype": "text", "text": {"content": "你好"}}
DROPPED = {"enable_duplicate_check": 1, "duplicate_check_interval": 600}


def test_a_send_carries_token_and_agent_and_raw_utf8(platform: Platform) -> None:
    platform.answers({"msgid": "m-1"})
    assert clients.get().send(BODY)["msgid"] == "m-1"
    (request,) = platform.calls()
    assert "access_token=token-1" in request.url
    assert json.loads(request.body)["agentid"] == clients.get().app.agent_id
    assert "你好".encode() in request.body


@pytest.mark.parametrize(
    ("message", "how", "expected"),
    [
        (messages.Text(content="你好"), {"to": "LiSi"}, {**BODY}),
        (messages.Text(content="你好"), {"to": ["lisi"], "drop_repeats": 600}, {**BODY, **DROPPED}),
        (BODY, {}, BODY),
        ({"msgtype": "text", "text": {"content": "你好"}}, {"to": "lisi"}, BODY),
        (
            NOTICE,
            {"to": "@all"},
            {"touser": "@all", "msgtype": "template_card", "template_card": NOTICE.to_payload()},
        ),
    ],
)
def test_messages_and_cards_may_be_sent_as_objects(
    platform: Platform, message: Any, how: dict[str, Any], expected: dict[str, Any]
) -> None:
    platform.answers({})
    clients.get().send(message, **how)
    (request,) = platform.calls()
    assert json.loads(request.body) == {**expected, "agentid": clients.get().app.agent_id}


@pytest.mark.parametrize("how", [{}, {"to": []}, {"to": "a|b"}, {"to": ["@all", "lisi"]}])
def test_a_message_for_nobody_is_refused_before_anything_is_sent(platform: Platform, how: dict[str, Any]) -> None:
    with pytest.raises(MessageInvalid, match="touser"):
        clients.get().send(messages.Text(content="你好"), **how)
    assert not platform.calls()


def test_an_update_names_the_app_and_the_code(platform: Platform) -> None:
    platform.answers({}, path="message/update_template_card")
    clients.get().update_card({"userids": ["lisi"], "response_code": "RC_1", "button": {"replace_name": "已推送"}})
    (request,) = platform.calls("message/update_template_card")
    assert json.loads(request.body) == {
        "userids": ["lisi"],
        "response_code": "RC_1",
        "button": {"replace_name": "已推送"},
        "agentid": clients.get().app.agent_id,
    }


def test_a_recall_names_the_message_alone(platform: Platform) -> None:
    platform.answers({}, path="message/recall")
    clients.get().recall("m-1")
    (request,) = platform.calls("message/recall")
    assert json.loads(request.body) == {"msgid": "m-1"}


@pytest.mark.parametrize(("answer", "expected"), [(["1.2.3.4", "101.226.103.*"], 2), ([], 0), (None, 0)])
def test_the_addresses_of_callbacks_are_a_list(platform: Platform, answer: Any, expected: int) -> None:
    url = clients.get().app.api_base_url + "getcallbackip"
    platform.mock.add(responses.GET, url, json={"errcode": 0, "errmsg": "ok", "ip_list": answer})
    assert len(clients.get().callback_addresses()) == expected


def test_a_member_is_looked_up_by_userid(platform: Platform) -> None:
    url = clients.get().app.api_base_url + "user/get"
    platform.mock.add(responses.GET, url, json={"errcode": 0, "errmsg": "ok", "userid": "lisi", "name": "李四"})
    assert clients.get().user("lisi")["name"] == "李四"
    assert "userid=lisi" in str(platform.mock.calls[-1].request.url)


@pytest.mark.parametrize("errcode", [40014, 42001, 40001])
def test_a_refused_token_is_renewed_once_and_the_call_repeated(platform: Platform, errcode: int) -> None:
    platform.answers({"errcode": errcode}, {"msgid": "m-1"})
    assert clients.get().send(BODY)["msgid"] == "m-1"
    assert platform.tokens == 2
    assert ["token-1" in call.url for call in platform.calls()] == [True, False]


def test_a_second_refusal_ends_it(platform: Platform) -> None:
    platform.answers({"errcode": 42001}, {"errcode": 42001})
    with pytest.raises(ApiError, match="42001"):
        clients.get().send(BODY)
    assert platform.tokens == 2


@pytest.mark.parametrize(
    ("errcode", "error"),
    [(81013, Refused), (45009, TryLater), (-1, TryLater), (60020, ChannelRefused), (99999, Refused)],
)
def test_an_errcode_becomes_the_error_of_its_class(platform: Platform, errcode: int, error: type[ApiError]) -> None:
    platform.answers({"errcode": errcode, "errmsg": "why"})
    with pytest.raises(error) as raised:
        clients.get().send(BODY)
    assert raised.value.errcode == errcode


NO_ANSWERS = {
    "empty": "",
    "null": "null",
    "list": "[]",
    "text": '"ok"',
    "no errcode": '{"errmsg":"ok"}',
    "an errcode beyond all numbers": '{"errcode":2147483648}',
    "half a character": '{"errcode":0,"errmsg":"\\ud83d"}',
    "a character that no table holds": '{"errcode":0,"errmsg":"\\u0000"}',
    "html": "<html>",
    "infinite": '{"errcode": 1e999}',
    "a number that no JSON has": '{"errcode": 0, "errmsg": "ok", "msgid": 1e999}',
    "nested deeper than it can be copied": '{"errcode": 0, "errmsg": "ok", "msgid": ' + "[" * 600 + "]" * 600 + "}",
    "true": '{"errcode": true}',
    "word": '{"errcode": "x"}',
    "two values": '{"errcode":0}{"errcode":0}',
    "fraction": '{"errcode": "0.0"}',
    "deep": "[" * 100_000,
    "gbk": b"\xc4\xe3\xba\xc3",
}


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_leaves_a_doubt(platform: Platform, body: Any) -> None:
    platform.answers(body)
    with pytest.raises(TransportError):
        clients.get().send(BODY)


def test_an_errcode_written_as_text_is_a_number_all_the_same(platform: Platform) -> None:
    platform.answers('{"errcode": "0", "msgid": "m"}')
    assert clients.get().send(BODY)["errcode"] == 0


@pytest.mark.parametrize("status", [301, 404, 500, 502, 503, 504])
def test_another_status_than_200_leaves_a_doubt(platform: Platform, status: int) -> None:
    platform.answers(status)
    with pytest.raises(TransportError, match=str(status)):
        clients.get().send(BODY)


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), ("86400", 3600), ("-5", None), ("soon", None), ("", None)])
def test_a_503_may_say_when_to_come_again(platform: Platform, said: str, seconds: int | None) -> None:
    platform.mock.add("POST", conf.app().api_base_url + "message/send", status=503, headers={"Retry-After": said})
    with pytest.raises(TransportError) as caught:
        clients.get().send(BODY)
    assert caught.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError("reset by peer")])
def test_a_connection_that_breaks_leaves_a_doubt(platform: Platform, error: Exception) -> None:
    platform.answers(error)
    with pytest.raises(TransportError):
        clients.get().send(BODY)


def test_the_secret_and_the_token_are_in_no_error(platform: Platform) -> None:
    platform.answers(requests.ConnectionError("https://x/send?access_token=token-1&debug=1"))
    with pytest.raises(TransportError) as raised:
        clients.get().send(BODY)
    assert "token-1" not in "".join(traceback.format_exception(raised.value))
    assert clients.get().app.secret not in repr(clients.get().app)


def test_a_platform_that_cannot_be_reached_brings_no_secret_into_a_traceback(settings: Any) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/cgi-bin/"
    settings.WECOM = {"default": {**settings.WECOM["default"], "API_BASE_URL": nowhere}}
    with pytest.raises(NotSent) as raised:
        clients.get().send(BODY)
    told = "".join(traceback.format_exception(raised.value))
    assert "gettoken" in told
    assert clients.get().app.secret not in told


def test_a_call_inside_a_transaction_is_refused(platform: Platform) -> None:
    with pytest.raises(RuntimeError, match="outbox"), transaction.atomic():
        clients.get().send(BODY)
    assert not platform.calls()


def test_an_unknown_app_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="nobody"):
        clients.get("nobody")


A_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"  # the line of a piece's size may go on and on
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"  # packed by gzip, it stands for no byte
PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"")[:10]


def drips(begin: bytes, drop: bytes = b"x") -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer that begins so at once, and goes on by drops for some seconds."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        for _ in range(100):
            try:
                handler.wfile.write(drop)
            except OSError:
                return
            time.sleep(0.05)

    return answer


def own_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """For a server on this machine; our calls trust it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made.split(), *name, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    return tls


class TestOverARealSocket:
    """Faults of the line itself, which no double of `requests` can play."""

    @pytest.fixture
    def base(self, settings: Any) -> Any:
        def use(url: str) -> None:
            settings.WECOM = {"default": {**settings.WECOM["default"], "API_BASE_URL": url}}

        return use

    @pytest.fixture(autouse=True)
    def token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_module.Client, "token", lambda self: "token")

    def test_a_refused_connection_is_surely_not_sent(self, base: Any) -> None:
        base(f"http://127.0.0.1:{free_port()}/")
        with pytest.raises(Unreachable):
            clients.get().send(BODY)

    def test_tls_that_cannot_be_agreed_is_surely_not_sent(self, base: Any) -> None:
        with serving(lambda handler: None) as url:
            base(url.replace("http:", "https:"))
            with pytest.raises(Unreachable, match="TLS"):
                clients.get().send(BODY)

    def test_tls_that_breaks_after_the_request_leaves_a_doubt(
        self, base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tls = own_certificate(tmp_path, monkeypatch)

        def answer_in_the_clear(handler: BaseHTTPRequestHandler) -> None:
            with socket.socket(fileno=handler.connection.detach()) as bare:
                bare.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

        with serving(answer_in_the_clear, tls=tls) as url:
            base(url)
            with pytest.raises(TransportError, match="TLS"):
                clients.get().send(BODY)

    def test_a_connection_closed_after_the_request_leaves_a_doubt(self, base: Any) -> None:
        with serving(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)) as url:
            base(url)
            with pytest.raises(TransportError):
                clients.get().send(BODY)

    @pytest.mark.parametrize(
        ("begin", "drop"),
        [(A_HEAD, b"x"), (CHUNKS, b"x"), (PACKED, EMPTY_BLOCK)],
        ids=["the body", "the size of a piece", "nothing, packed"],
    )
    def test_a_server_that_drips_does_not_hold_us_for_ever(
        self, base: Any, monkeypatch: pytest.MonkeyPatch, begin: bytes, drop: bytes
    ) -> None:
        monkeypatch.setattr(client_module, "TOTAL", 0.4)
        started = time.monotonic()
        with serving(drips(begin, drop)) as url:
            base(url)
            with pytest.raises(TransportError):
                clients.get().send(BODY)
            took = time.monotonic() - started
        assert took < 2

    @pytest.mark.parametrize("encrypted", [False, True])
    @pytest.mark.parametrize("what", ["a call", "an alert"])
    def test_nor_does_one_that_drips_before_the_body_begins(
        self, base: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encrypted: bool, what: str
    ) -> None:
        monkeypatch.setattr(sessions, "HEAD", 0.4)
        started = time.monotonic()
        with serving(
            drips(b"HTTP/1.1 200 OK\r\nX-Long: "), tls=own_certificate(tmp_path, monkeypatch) if encrypted else None
        ) as url:
            base(url)
            with pytest.raises(TransportError):
                clients.get().send(BODY) if what == "a call" else hooks.post(url, {}, words="")
            took = time.monotonic() - started
        assert took < 2

    def test_nor_does_one_behind_a_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sessions, "HEAD", 0.4)
        started = time.monotonic()
        with serving(drips(b"HTTP/1.1 200 OK\r\nX-Long: ")) as url:
            monkeypatch.setenv("http_proxy", url)
            monkeypatch.setenv("no_proxy", "")
            with pytest.raises(TransportError):
                hooks.post("http://hook.example.com/", {}, words="")
            took = time.monotonic() - started
        assert took < 2

    def test_an_alert_is_given_up_where_the_robots_answer_drips(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hooks, "TOTAL", 0.4)
        started = time.monotonic()
        with serving(drips(A_HEAD)) as url, pytest.raises(TransportError):
            hooks.post(url + hooks.ROBOT.removeprefix("/"), {}, words="")
        assert time.monotonic() - started < 3

    def test_an_alert_is_taken_whatever_other_servers_say_beside_200(self) -> None:
        def long_page(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1_000_000)

        with serving(long_page) as url:
            hooks.post(url, {}, words="")

    def test_an_answer_without_end_is_cut_off(self, base: Any) -> None:
        bomb = gzip.compress(b"0" * 50_000_000)

        def explode(handler: BaseHTTPRequestHandler) -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
            handler.wfile.write(head.encode() + bomb)

        with serving(explode) as url:
            base(url)
            with pytest.raises(TransportError):
                clients.get().send(BODY)
