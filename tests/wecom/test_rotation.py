"""New callback keys in the console: whatever WeCom sends under the old or the new ones is taken, once."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections
from django.test import Client

from tests.wecom.wire import URL, card_on_the_phone, message, post, row
from wecom import conf, crypto, dispatch, inbox, xml
from wecom.events import TemplateCardEvent
from wecom.handlers import on_card
from wecom.models import Callback

pytestmark = pytest.mark.django_db

NEW = {"CALLBACK_TOKEN": "NewToken", "ENCODING_AES_KEY": "n" * 43}
OLDER = {"CALLBACK_TOKEN": "OlderToken", "ENCODING_AES_KEY": "o" * 43}


def rotate(settings: Any, **changes: str) -> None:
    """The app takes new keys and keeps those that it had, and those before them."""
    app = settings.WECOM["default"]
    old = {name: app[name] for name in NEW}
    settings.WECOM = {"default": {**app, **NEW, **changes, "PREVIOUS_CALLBACK_KEYS": [old, OLDER]}}


@pytest.fixture(autouse=True)
def rotated(settings: Any) -> None:
    rotate(settings)


@pytest.fixture(autouse=True)
def handled(db: None, rotated: None) -> Any:
    """An app of its own: answers taps at once, handles them, and tells which."""
    seen: list[str] = []
    for number in range(2):
        card_on_the_phone(f"t-{number}")
    with dispatch.alone():

        @on_card(at_once="处理中")
        def handler(event: TemplateCardEvent) -> None:
            seen.append(event.task_id)

        yield seen


def pairs() -> tuple[conf.CallbackKeys, ...]:
    return conf.app().callback_keys


def check(client: Client, keys: conf.CallbackKeys) -> Any:
    """The console's check of the URL under one pair."""
    app, timestamp = conf.app(), str(int(time.time()))
    echostr = crypto.encrypt(b"42", key=crypto.aes_key(keys.encoding_aes_key), receive_id=app.corp_id)
    signature = crypto.signature(keys.token, timestamp, "n", echostr)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": "n", "echostr": echostr}
    return client.get(URL, query)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_check_of_the_url_passes_under_each_pair(client: Client, number: int) -> None:
    answer = check(client, pairs()[number])
    assert (answer.status_code, answer.content) == (200, b"42")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_callback_is_taken_and_answered_under_the_pair_it_came_with(client: Client, number: int) -> None:
    keys = pairs()[number]
    answer = post(client, keys=keys)
    root = xml.parse_message(answer.content)
    text = {name: xml.text_of(root, name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")}
    crypto.verify(
        text["MsgSignature"],
        token=keys.token,
        timestamp=text["TimeStamp"],
        nonce=text["Nonce"],
        ciphertext=text["Encrypt"],
    )
    key = crypto.aes_key(keys.encoding_aes_key)
    assert "处理中" in crypto.decrypt(text["Encrypt"], key=key, receive_id=conf.app().corp_id).decode()
    assert row().plaintext.encode() == message()


def test_a_repeat_under_other_keys_is_a_repeat(client: Client) -> None:
    answers = [post(client, keys=keys) for keys in pairs()]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [bool(answer.content) for answer in answers] == [True, False, False]
    assert row().repeats == 2


def test_keys_that_were_taken_off_the_list_are_refused(client: Client, settings: Any) -> None:
    former = pairs()[1]
    settings.WECOM = {"default": {**settings.WECOM["default"], "PREVIOUS_CALLBACK_KEYS": []}}
    assert post(client, keys=former).status_code == 403
    assert not Callback.objects.exists()


@pytest.mark.parametrize("halves", [(0, 1), (1, 0), (1, 2)])
def test_the_token_of_one_pair_and_the_key_of_another_are_refused(client: Client, halves: tuple[int, int]) -> None:
    mixed = conf.CallbackKeys(pairs()[halves[0]].token, pairs()[halves[1]].encoding_aes_key)
    assert post(client, keys=mixed).status_code == 403


def test_nothing_is_decrypted_under_a_pair_whose_signature_does_not_fit(client: Client) -> None:
    with patch.object(crypto, "decrypt", wraps=crypto.decrypt) as decrypt:
        assert post(client, msg_signature="0" * 40).status_code == 403
        assert decrypt.call_count == 0
        post(client, keys=pairs()[2])
    (call,) = decrypt.call_args_list
    assert call.kwargs["key"] == crypto.aes_key(OLDER["ENCODING_AES_KEY"])


def test_all_signatures_are_compared_whichever_fits(client: Client) -> None:
    with patch.object(crypto, "verify", wraps=crypto.verify) as verify:
        for keys in pairs():
            post(client, keys=keys)
    assert verify.call_count == 9


@pytest.mark.parametrize("kept", ["CALLBACK_TOKEN", "ENCODING_AES_KEY"])
def test_half_a_pair_may_stay_the_same(client: Client, settings: Any, kept: str) -> None:
    settings.WECOM = {"default": {**settings.WECOM["default"], **OLDER}}
    rotate(settings, **{kept: OLDER[kept]})
    for number, keys in enumerate(pairs()[:2]):
        assert post(client, message(TaskId=f"t-{number}"), keys=keys).content
    assert Callback.objects.count() == 2


def test_an_empty_token_signs_nothing(client: Client, settings: Any) -> None:
    app = settings.WECOM["default"]
    settings.WECOM = {"default": {**app, "PREVIOUS_CALLBACK_KEYS": [{"ENCODING_AES_KEY": "o" * 43}]}}
    assert post(client, keys=conf.CallbackKeys("", "o" * 43)).status_code == 403


def test_neither_keys_nor_app_show_a_secret() -> None:
    shown = repr(conf.app()) + repr(pairs())
    assert not [half for keys in pairs() for half in (keys.token, keys.encoding_aes_key) if half in shown]


@pytest.mark.django_db(transaction=True)
def test_parallel_callbacks_under_old_and_new_keys_are_neither_lost_nor_doubled(handled: list[str]) -> None:
    taps = [(f"t-{number}", keys) for number in range(12) for keys in pairs()]
    random.shuffle(taps)

    def once(tap: tuple[str, conf.CallbackKeys]) -> int:
        try:
            return post(Client(), message(TaskId=tap[0]), keys=tap[1]).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, taps)) == [200] * 36
    assert list(Callback.objects.values_list("repeats", flat=True)) == [2] * 12
    inbox.drain()
    assert sorted(handled) == sorted(f"t-{number}" for number in range(12))
