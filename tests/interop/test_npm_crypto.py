"""The official library and ours, byte for byte: each opens what the other seals."""

from typing import Any

import pytest
from django.test import Client

from tests.interop.kit import NONCE, REPLACED, Official, Reply, deliver, now, plain_replies, replaced, seal, texts
from tests.wecom.vectors import VECTORS
from tests.wecom.wire import URL, message, post
from wecom import conf, crypto
from wecom.models import Callback

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app_of_its_own")]


def test_our_endpoint_keeps_what_the_official_library_seals(client: Client, official: Official) -> None:
    app, timestamp = conf.app(), now()
    sealed = official.each("encrypt", [[app.encoding_aes_key, text, app.corp_id] for text in texts()])
    signed = official.each("getSignature", [[app.callback_token, timestamp, NONCE, text] for text in sealed])
    for encrypt, signature in zip(sealed, signed, strict=True):
        assert deliver(client, encrypt=encrypt, signature=signature, timestamp=timestamp).status_code == 200
    assert [row.plaintext for row in Callback.objects.order_by("pk")] == texts()
    assert {row.event for row in Callback.objects.all()} == {"text"}


def test_the_official_library_opens_our_passive_reply(client: Client, official: Official) -> None:
    app, reply = conf.app(), Reply.of(post(client).content)
    signature = official.one("getSignature", app.callback_token, reply.timestamp, reply.nonce, reply.encrypt)
    opened = official.one("decrypt", app.encoding_aes_key, reply.encrypt)
    assert signature == reply.signature
    assert opened["id"] == app.corp_id
    assert replaced(opened["message"]) == REPLACED


def test_the_official_library_opens_every_sort_of_reply(official: Official) -> None:
    app, plain = conf.app(), plain_replies()
    sealed = [seal(text)[1] for text in plain]
    signed = official.each("getSignature", [[app.callback_token, s.timestamp, s.nonce, s.encrypt] for s in sealed])
    opened = official.each("decrypt", [[app.encoding_aes_key, reply.encrypt] for reply in sealed])
    assert signed == [reply.signature for reply in sealed]
    assert [(found["message"], found["id"]) for found in opened] == [(text, app.corp_id) for text in plain]


def test_the_check_of_the_url_passes_when_the_official_library_asks(client: Client, official: Official) -> None:
    app, timestamp = conf.app(), now()
    echostr = official.one("encrypt", app.encoding_aes_key, "1616140317555161061", app.corp_id)
    signature = official.one("getSignature", app.callback_token, timestamp, NONCE, echostr)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": NONCE, "echostr": echostr}
    assert client.get(URL, query).content == b"1616140317555161061"


def test_with_the_same_random_bytes_both_make_the_same_ciphertext(official: Official) -> None:
    app, random16 = conf.app(), bytes(range(16))
    theirs = official.each(
        "encrypt", [[app.encoding_aes_key, text, app.corp_id, {"hex": random16.hex()}] for text in texts()]
    )
    key = crypto.aes_key(app.encoding_aes_key)
    ours = [crypto.encrypt(t.encode(), key=key, receive_id=app.corp_id, random16=random16) for t in texts()]
    assert theirs == ours


def test_the_official_library_opens_whatever_we_seal(official: Official) -> None:
    app = conf.app()
    key = crypto.aes_key(app.encoding_aes_key)
    sealed = [crypto.encrypt(text.encode(), key=key, receive_id=app.corp_id) for text in texts()]
    opened = official.each("decrypt", [[app.encoding_aes_key, text] for text in sealed])
    assert [(found["message"], found["id"]) for found in opened] == [(text, app.corp_id) for text in texts()]


def test_the_official_library_opens_every_vector_that_is_to_be_opened(official: Official) -> None:
    vectors = VECTORS["positive"]
    opened = official.each("decrypt", [[v["encoding_aes_key"], v["encrypt"]] for v in vectors])
    assert [(found["message"], found["id"]) for found in opened] == [(v["plaintext"], v["receive_id"]) for v in vectors]


def test_both_sign_alike_in_whatever_order_the_parts_sort(official: Official) -> None:
    parts = [[token, stamp, nonce, "M/+=="] for token in ("Zz", "aa", "00") for stamp in ("1", "99") for nonce in "aZ9"]
    assert official.each("getSignature", parts) == [crypto.signature(*part) for part in parts]


def test_both_sign_web_pages_alike(official: Official) -> None:
    page: dict[str, Any] = {"ticket": "t", "timestamp": 1721000123, "url": "https://example.com/?a=丢&b=%20"}
    theirs = official.one("getJsApiSignature", {**page, "nonceStr": "abc"})
    assert theirs["signature"] == crypto.jsapi_signature(noncestr="abc", **page)


def test_what_the_official_library_seals_for_another_corporation_is_refused(client: Client, official: Official) -> None:
    app, timestamp = conf.app(), now()
    encrypt = official.one("encrypt", app.encoding_aes_key, message().decode(), "wwsomebodyelse")
    signature = official.one("getSignature", app.callback_token, timestamp, NONCE, encrypt)
    assert deliver(client, encrypt=encrypt, signature=signature, timestamp=timestamp).status_code == 403
