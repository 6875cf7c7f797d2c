"""The address that WeCom calls, judged from outside: statuses, bodies, rows."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from tests.wecom.wire import URL, card_on_the_phone, message, post, row
from wecom import conf, crypto, dispatch, xml
from wecom.handlers import on_card
from wecom.models import Callback, SentCard

pytestmark = pytest.mark.django_db


def ask(client: Client, plain: bytes = b"1616140317555161061", *, age: int = 0, **changes: Any) -> Any:
    """The console's check of the URL."""
    app = conf.app()
    echostr = crypto.encrypt(plain, key=crypto.aes_key(app.encoding_aes_key), receive_id=app.corp_id)
    timestamp = str(int(time.time()) - age)
    echostr = changes.pop("echostr", echostr) if changes.get("echostr", "") is not None else echostr
    query = {"timestamp": timestamp, "nonce": "abc123", "echostr": echostr}
    query["msg_signature"] = crypto.signature(app.callback_token, timestamp, "abc123", query["echostr"])
    query = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return client.get(URL, query)


@pytest.fixture(autouse=True)
def app_of_its_own() -> Any:
    """An app that handles taps and nothing else, in place of the lost and found."""
    with dispatch.alone():
        on_card()(lambda: None)
        yield


@pytest.fixture
def feedback(db: None) -> Any:
    """The app answers taps at once, too, and has a card on lisi's phone."""
    card_on_the_phone()
    with dispatch.alone():
        on_card(at_once="处理中")(lambda: None)
        yield


def opened(answer: bytes) -> str:
    """What a passive reply says, opened as WeCom opens it."""
    app = conf.app()
    root = xml.parse_message(answer)
    text = {name: xml.text_of(root, name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")}
    crypto.verify(
        text["MsgSignature"],
        token=app.callback_token,
        timestamp=text["TimeStamp"],
        nonce=text["Nonce"],
        ciphertext=text["Encrypt"],
    )
    plain = crypto.decrypt(text["Encrypt"], key=crypto.aes_key(app.encoding_aes_key), receive_id=app.corp_id)
    return plain.decode()


class TestCheckOfTheUrl:
    def test_a_valid_check_gets_the_bare_plaintext_without_touching_the_database(
        self, client: Client, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            answer = ask(client)
        assert (answer.status_code, answer.content) == (200, b"1616140317555161061")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]

    @pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce", "echostr"])
    def test_a_missing_parameter_is_a_bad_request(self, client: Client, name: str) -> None:
        assert ask(client, **{name: None}).status_code == 400  # type: ignore[arg-type]

    def test_a_plus_that_a_proxy_turned_into_a_space_is_mended(self, client: Client) -> None:
        app = conf.app()
        key = crypto.aes_key(app.encoding_aes_key)
        sealed = (crypto.encrypt(b"1", key=key, receive_id=app.corp_id) for _ in range(1000))
        echostr = next(text for text in sealed if "+" in text)
        timestamp = str(int(time.time()))
        signature = crypto.signature(app.callback_token, timestamp, "n", echostr)
        query = {"timestamp": timestamp, "nonce": "n", "msg_signature": signature, "echostr": echostr.replace("+", " ")}
        assert client.get(URL, query).content == b"1"

    @pytest.mark.parametrize("signature", ["", "0", "é" * 40, "A" * 40, "0" * 400])
    def test_a_wrong_signature_is_forbidden_whatever_its_shape(self, client: Client, signature: str) -> None:
        answer = ask(client, msg_signature=signature)
        assert (answer.status_code, answer.content) == (403, b"forbidden")

    @pytest.mark.parametrize("nonce", ["n" * 65, "a\0b", "a\nb", "", "\ufffd"])
    def test_a_nonce_that_wecom_never_sends_is_a_bad_request(self, client: Client, nonce: str) -> None:
        assert ask(client, nonce=nonce).status_code == 400

    def test_a_check_sealed_for_another_corporation_is_forbidden(self, client: Client) -> None:
        app = conf.app()
        echostr = crypto.encrypt(b"1", key=crypto.aes_key(app.encoding_aes_key), receive_id="wwsomebodyelse")
        assert ask(client, echostr=echostr).status_code == 403

    def test_an_old_check_is_forbidden_though_its_signature_is_right(self, client: Client) -> None:
        assert ask(client, age=700).status_code == 403

    def test_markup_in_the_plaintext_is_never_rendered(self, client: Client) -> None:
        answer = ask(client, b"<script>alert(1)</script>")
        assert answer["Content-Type"].startswith("text/plain")

    @pytest.mark.parametrize("method", ["head", "options", "put", "delete", "trace", "patch"])
    def test_other_methods_are_not_allowed(self, client: Client, method: str) -> None:
        answer = getattr(client, method)(URL)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")


class TestKeeping:
    def test_a_callback_is_one_row_and_an_empty_200(self, client: Client) -> None:
        answer = post(client)
        assert (answer.status_code, answer.content) == (200, b"")
        kept = row()
        assert (kept.event, kept.userid, kept.task_id, kept.event_key) == (
            "template_card_event",
            "lisi",
            "t-1",
            "confirm",
        )
        assert (kept.state, kept.repeats) == ("waiting", 0)
        assert kept.plaintext.encode() == message()

    def test_a_callback_costs_one_statement_where_nothing_is_answered_at_once(
        self, client: Client, django_assert_num_queries: Any, settings: Any
    ) -> None:
        settings.WECOM_INSTANT_FEEDBACK = False
        with django_assert_num_queries(1):
            post(client)

    def test_the_message_lies_encrypted_in_the_database(self, client: Client) -> None:
        post(client)
        with connection.cursor() as cursor:
            cursor.execute("SELECT plaintext FROM wecom_callback")
            (raw,) = cursor.fetchone()
        assert raw.startswith("v1:")
        assert "RC_0123456789" not in raw

    def test_the_same_message_under_a_new_nonce_is_the_same_row(self, client: Client) -> None:
        answers = [post(client) for _ in range(3)]
        assert {(a.status_code, a.content) for a in answers} == {(200, b"")}
        assert row().repeats == 2

    @pytest.mark.parametrize("path", ["/wecom/callback", "/wecom/callback/default", "/wecom/callback/default/"])
    def test_every_spelling_of_the_address_is_answered_without_a_redirect(self, client: Client, path: str) -> None:
        assert post(client, path=path).status_code == 200

    @pytest.mark.parametrize(
        "path", ["/wecom//callback/", "/WECOM/callback/", "/wecom/callback//", "/wecom/callback/x/"]
    )
    def test_other_addresses_are_unknown(self, client: Client, path: str) -> None:
        assert post(client, path=path).status_code == 404

    def test_an_old_timestamp_is_kept_in_quarantine(self, client: Client) -> None:
        assert post(client, age=601).status_code == 200
        assert row().state == "quarantined"

    @pytest.mark.django_db(transaction=True)
    def test_it_is_kept_for_good_where_every_request_is_a_transaction(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        assert post(client, age=601).status_code == 200
        assert row().state == "quarantined"

    def test_a_timestamp_of_another_age_is_stale_like_any_other(self, client: Client) -> None:
        assert post(client, age=int(time.time()) - 999_999_999_999).status_code == 200
        assert row().state == "quarantined"

    def test_a_repeat_with_an_old_timestamp_stays_a_repeat(self, client: Client) -> None:
        post(client)
        post(client, age=8 * 86400)
        assert (row().state, row().repeats) == ("waiting", 1)

    @pytest.mark.parametrize(
        "fields",
        [
            {"MsgType": "event", "Event": "enter_agent"},
            {"MsgType": "event", "Event": "change_contact"},
            {"MsgType": "event", "Event": "something_new"},
            {"MsgType": "text", "Content": "你好", "MsgId": "1"},
        ],
    )
    def test_what_nobody_handles_is_kept_and_ignored(self, client: Client, fields: dict) -> None:
        assert post(client, message(**fields)).content == b""
        assert row().state == "ignored"

    @pytest.mark.parametrize("plain", [b"", b"not xml", b"<xml><a>", b"\xff\xfe\xfa", b"<!DOCTYPE x><xml/>"])
    def test_an_authentic_message_that_is_none_is_kept_as_poison(self, client: Client, plain: bytes) -> None:
        assert post(client, plain).status_code == 200
        kept = row()
        assert kept.state == "poison"
        assert kept.plaintext.encode("utf-8", "surrogateescape") == plain

    @pytest.mark.django_db(transaction=True)
    def test_copies_in_parallel_make_one_row(self, client: Client) -> None:
        def once(_: int) -> int:
            try:
                return post(Client()).status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(once, range(16))) == [200] * 16
        assert row().repeats == 15


class TestRefusing:
    def test_too_large_is_said_before_anything_is_read(self, client: Client) -> None:
        assert post(client, message(EventKey="k" * 70_000)).status_code == 413

    @pytest.mark.parametrize("body", [b"", b"   ", b"{}", b"<html></html>", b"\x89PNG", b"<xml></xml>", b"\0"])
    def test_what_is_no_envelope_is_a_bad_request(self, client: Client, body: bytes) -> None:
        query = {"msg_signature": "0" * 40, "timestamp": str(int(time.time())), "nonce": "n"}
        answer = client.post(URL, data=body, content_type="text/xml", query_params=query)
        assert (answer.status_code, Callback.objects.count()) == (400, 0)

    def test_every_failure_that_depends_on_a_secret_looks_the_same(self, client: Client) -> None:
        app = conf.app()
        key = crypto.aes_key(app.encoding_aes_key)
        foreign = crypto.encrypt(message(), key=key, receive_id="wwother")
        now = str(int(time.time()))
        answers = [post(client, msg_signature="0" * 40), post(client, timestamp=str(int(now) - 5))]
        for sealed in (foreign, base64.b64encode(b"0" * 48).decode(), "!!!!", foreign[:-4]):
            query = {
                "msg_signature": crypto.signature(app.callback_token, now, "n", sealed),
                "timestamp": now,
                "nonce": "n",
            }
            body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
            answers.append(client.post(URL, data=body, content_type="text/xml", query_params=query))
        seen = {(a.status_code, a.content, json.dumps(sorted(a.headers.items()))) for a in answers}
        assert len(seen) == 1
        assert answers[0].status_code == 403
        assert not Callback.objects.exists()

    def test_nothing_is_decrypted_when_the_signature_is_wrong(self, client: Client) -> None:
        with patch.object(crypto, "decrypt", wraps=crypto.decrypt) as decrypt:
            post(client, msg_signature="0" * 40)
            assert decrypt.call_count == 0
            post(client)
            assert decrypt.call_count == 1

    def test_a_database_that_cannot_store_is_said_with_503(self, client: Client) -> None:
        with patch("wecom.inbox.receiving._keep", side_effect=OperationalError("locked")):
            answer = post(client)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")

    def test_the_log_tells_a_lock_from_a_server_that_is_away_and_repeats_no_word_of_either(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        failure = OperationalError("zhangsan")
        failure.__cause__ = TimeoutError("zhangsan")
        with patch("wecom.inbox.receiving._keep", side_effect=failure):
            post(client)
        assert "why=OperationalError (TimeoutError)" in caplog.text
        assert "zhangsan" not in caplog.text

    @pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/xml; charset=gbk"])
    def test_the_content_type_is_not_believed(self, client: Client, kind: str) -> None:
        from wecom.management.commands.wecom_send_callback import seal

        query, body = seal(conf.app(), message(), timestamp=int(time.time()))
        assert client.generic("POST", URL, body, kind, query_params=query).status_code == 200


@pytest.mark.usefixtures("feedback")
class TestInstantFeedback:
    def test_the_answer_to_a_first_tap_turns_the_button(self, client: Client) -> None:
        answer = post(client)
        said = opened(answer.content)
        assert "update_button" in said
        assert "处理中" in said
        assert "<ToUserName><![CDATA[lisi]]></ToUserName>" in said
        assert row().instant_reply

    def test_a_repeat_and_a_second_tap_are_answered_with_nothing(self, client: Client) -> None:
        post(client)
        assert post(client).content == b""
        assert post(client, message(ResponseCode="RC_second")).content == b""

    @pytest.mark.parametrize("end", ["closed", "closing", "recalled", "stuck"])
    def test_only_a_card_that_lives_is_answered_for(self, client: Client, end: str) -> None:
        SentCard.objects.update(state=end)
        assert post(client).content == b""

    @pytest.mark.parametrize("arrived", ["owed", "undelivered", "unsure"])
    def test_a_tap_that_proves_the_arrival_is_answered(self, client: Client, arrived: str) -> None:
        SentCard.objects.update(state=arrived)
        assert post(client).content

    @pytest.mark.parametrize("end", ["is_final", "recall_wanted"])
    def test_a_card_whose_end_is_decided_is_not_answered_for(self, client: Client, end: str) -> None:
        SentCard.objects.update(**{end: True})
        assert post(client).content == b""

    def test_only_a_recipient_is_answered(self, client: Client) -> None:
        assert post(client, message(FromUserName="wangwu")).content == b""
        assert not row().instant_reply
        assert post(client, message(FromUserName="LiSi")).content

    def test_a_card_that_is_not_ours_is_not_answered_for(self, client: Client) -> None:
        assert post(client, message(TaskId="t-2")).content == b""

    def test_the_answer_costs_one_statement(self, client: Client, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            assert post(client).content

    def test_a_stale_tap_is_answered_with_nothing(self, client: Client) -> None:
        assert post(client, age=700).content == b""

    def test_no_call_to_wecom_and_no_token_is_needed_for_the_answer(self, client: Client) -> None:
        with patch("requests.Session.request") as request, patch("wecom.tokens.get") as token:
            assert post(client).content
        assert (request.call_count, token.call_count) == (0, 0)

    def test_it_can_be_switched_off(self, client: Client, settings: Any) -> None:
        settings.WECOM_INSTANT_FEEDBACK = False
        assert post(client).content == b""

    def test_feedback_that_fails_costs_nothing(self, client: Client) -> None:
        def broken(event: Any) -> Any:
            raise ValueError("a mistake of the app's")

        with dispatch.alone():
            on_card(at_once=broken)(lambda: None)
            answer = post(client)
        assert (answer.status_code, answer.content, row().state) == (200, b"", "waiting")
