"""A passive reply is the very text that other people's libraries would send."""

from datetime import UTC, datetime

import pytest

from wecom import crypto, xml
from wecom.errors import CardInvalid
from wecom.replies import UpdateButton, seal_reply

from .vectors import VECTORS

VECTOR = next(vector for vector in VECTORS["envelopes"] if vector["id"] == "reply-update-button")
MOMENT = datetime.fromtimestamp(int(VECTOR["timestamp"]), UTC)


def test_the_plaintext_goes_from_the_corporation_to_the_member() -> None:
    reply = UpdateButton(replace_name="已通知失主")
    plain = reply.to_xml(to_user="finder.li", from_user=VECTOR["receive_id"], created_at=MOMENT)
    assert plain.decode() == VECTOR["plaintext"]


def test_a_sealed_reply_is_the_body_that_others_would_send() -> None:
    sealed = seal_reply(
        VECTOR["plaintext"].encode(),
        token=VECTOR["token"],
        key=crypto.aes_key(VECTOR["encoding_aes_key"]),
        receive_id=VECTOR["receive_id"],
        timestamp=VECTOR["timestamp"],
        nonce=VECTOR["nonce"],
        random16=bytes.fromhex(VECTOR["random16_hex"]),
    )
    assert sealed.decode() == VECTOR["body"]


def test_a_text_that_looks_like_xml_stays_a_text() -> None:
    name = "]]></ReplaceName><Evil>&amp;"
    plain = UpdateButton(replace_name=name).to_xml(to_user="a", from_user="b", created_at=MOMENT)
    button = xml.parse_message(plain).find("Button")
    assert button is not None
    assert xml.text_of(button, "ReplaceName") == name


@pytest.mark.parametrize("name", ["", "\x00", "a\x1fb", "\ud800", "\uffff"])
def test_a_text_that_xml_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(CardInvalid, match="ReplaceName"):
        UpdateButton(replace_name=name)


def test_a_strange_nonce_cannot_break_the_envelope() -> None:
    body = seal_reply(b"x", token="t", key=b"k" * 32, receive_id="c", timestamp="1<&", nonce="]]><Encrypt>")
    assert xml.parse_envelope(body).encrypt
