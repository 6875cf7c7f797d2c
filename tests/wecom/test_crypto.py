"""What other people sealed is opened, what nobody can have sealed is refused, and nothing at all crashes."""

import base64
import hashlib
from typing import Any

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st

from wecom import crypto, xml
from wecom.errors import (
    BadSignature,
    CallbackRejected,
    DecryptError,
    IllegalAesKey,
    PayloadMalformed,
    ReceiveIdMismatch,
)

from .vectors import VECTORS, accepted_codes, each

ENCODING_AES_KEY = VECTORS["keys"]["canonical_last_character"][0]
KEY = crypto.aes_key(ENCODING_AES_KEY)
CORP = "ww5a6f0c1d2e3b4a59"
MESSAGE = "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[捡到一把伞]]></Content></xml>".encode()
SEALED = crypto.encrypt(MESSAGE, key=KEY, receive_id=CORP)


def open_as_we_do(vector: dict[str, Any]) -> bytes:
    key = crypto.aes_key(vector["encoding_aes_key"])
    signed = {name: vector[name] for name in ("token", "timestamp", "nonce")}
    crypto.verify(vector["msg_signature"], ciphertext=vector["encrypt"], **signed)
    return crypto.decrypt(vector["encrypt"], key=key, receive_id=vector["receive_id"])


def seal(plain: bytes) -> str:
    """Base64 of these very bytes under our key, padded or not as they come."""
    return base64.b64encode(AES.new(KEY, AES.MODE_CBC, iv=KEY[:16]).encrypt(plain)).decode()


def outcome(ciphertext: str, receive_id: str) -> str | int:
    """`opened`, or the official code of the refusal. Anything else that is raised fails the test."""
    try:
        crypto.decrypt(ciphertext, key=KEY, receive_id=receive_id)
    except CallbackRejected as refusal:
        return refusal.official_code
    return "opened"


def padded(inside: bytes) -> bytes:
    missing = 32 - len(inside) % 32
    return inside + bytes([missing]) * missing


@each("positive")
def test_what_others_sealed_is_opened(vector: dict[str, Any]) -> None:
    plain = open_as_we_do(vector)
    assert plain == vector["plaintext"].encode()
    assert hashlib.sha256(plain).hexdigest() == vector["plaintext_sha256"]


@each("positive")
def test_sealing_gives_the_very_text_that_others_made(vector: dict[str, Any]) -> None:
    sealed = crypto.encrypt(
        vector["plaintext"].encode(),
        key=crypto.aes_key(vector["encoding_aes_key"]),
        receive_id=vector["receive_id"],
        random16=bytes.fromhex(vector["random16_hex"]),
    )
    assert sealed == vector["encrypt"]
    assert crypto.signature(vector["token"], vector["timestamp"], vector["nonce"], sealed) == vector["msg_signature"]


@each("negative")
def test_what_is_broken_is_refused_for_the_right_reason(vector: dict[str, Any]) -> None:
    with pytest.raises((CallbackRejected, IllegalAesKey, PayloadMalformed)) as caught:
        xml.parse_message(open_as_we_do(vector))
    assert getattr(caught.value, "official_code", None) in accepted_codes(vector)


def test_bytes_that_are_no_text_are_opened_all_the_same_and_refused_by_the_parser() -> None:
    vector = next(vector for vector in VECTORS["negative"] if vector["id"] == "invalid-utf8")
    plain = open_as_we_do(vector)
    with pytest.raises(UnicodeDecodeError):
        plain.decode()
    with pytest.raises(PayloadMalformed):
        xml.parse_message(plain)


@each("envelopes")
def test_an_envelope_opens_to_its_text(vector: dict[str, Any]) -> None:
    sealed = xml.parse_envelope(vector["body"].encode()).encrypt
    signed = vector.get("query") or vector
    crypto.verify(
        signed["msg_signature"],
        token=vector["token"],
        timestamp=signed["timestamp"],
        nonce=signed["nonce"],
        ciphertext=sealed,
    )
    key = crypto.aes_key(vector["encoding_aes_key"])
    assert crypto.decrypt(sealed, key=key, receive_id=vector["receive_id"]).decode() == vector["plaintext"]


@each("jsapi_signature")
def test_a_page_is_signed_as_others_sign_it(vector: dict[str, Any]) -> None:
    made = crypto.jsapi_signature(
        ticket=vector["jsapi_ticket"], noncestr=vector["noncestr"], timestamp=vector["timestamp"], url=vector["url"]
    )
    assert made == vector["signature"]


def test_the_fragment_of_a_page_is_not_signed() -> None:
    def sign(url: str) -> str:
        return crypto.jsapi_signature(ticket="t", noncestr="n", timestamp=1, url=url)

    assert sign("https://lf.example.com/items/?q=1#top") == sign("https://lf.example.com/items/?q=1")


@pytest.mark.parametrize("encoding_aes_key", VECTORS["keys"]["non_canonical_last_character"])
def test_a_key_whose_last_character_has_loose_bits_is_accepted(encoding_aes_key: str) -> None:
    assert len(crypto.aes_key(encoding_aes_key)) == 32
    assert base64.b64encode(crypto.aes_key(encoding_aes_key)).decode() != encoding_aes_key + "="


@pytest.mark.parametrize(
    "text",
    ["", "x" * 42, "x" * 44, "\ud800" * 43, "１" * 43, *("x" * 42 + last for last in "=+/é\n"), "x" * 43 + "\n"],
)
def test_a_key_of_another_length_or_alphabet_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(IllegalAesKey) as caught:
        crypto.aes_key(text)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    "msg_signature",
    ["", "0", "f" * 39, "f" * 40, "f" * 41, "é" * 40, "\ud800" * 40, "\x00" * 40, "f" * 100_000],
)
def test_a_wrong_signature_of_any_shape_is_only_a_wrong_signature(msg_signature: str) -> None:
    with pytest.raises(BadSignature):
        crypto.verify(msg_signature, token="t", timestamp="1", nonce="n", ciphertext="c")


def test_the_signature_must_be_in_lower_case() -> None:
    right = crypto.signature("t", "1", "n", "c")
    crypto.verify(right, token="t", timestamp="1", nonce="n", ciphertext="c")
    with pytest.raises(BadSignature):
        crypto.verify(right.upper(), token="t", timestamp="1", nonce="n", ciphertext="c")


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(SEALED[:8] + " " + SEALED[8:], id="blank"),
        pytest.param(SEALED + "\n", id="newline at the end"),
        pytest.param("\n".join([SEALED[:76], SEALED[76:]]), id="newline inside"),
        pytest.param(SEALED.translate(str.maketrans("+/", "-_")) + "--__", id="URL alphabet"),
        pytest.param("!" + SEALED[1:], id="other character"),
        pytest.param(SEALED.rstrip("="), id="padding missing"),
        pytest.param(SEALED + "====", id="padding too much"),
        pytest.param("=" + SEALED[1:], id="padding first"),
        pytest.param(SEALED[:4] + "AA==" + SEALED[8:], id="padding inside"),
        pytest.param("é" + SEALED[1:], id="not ASCII"),
        pytest.param("\ud800" + SEALED[1:], id="lone surrogate"),
        pytest.param("１" + SEALED[1:], id="full width digit"),
    ],
)
def test_only_one_spelling_of_base64_is_read(spelling: str) -> None:
    if spelling == SEALED:
        spelling += "="  # this ciphertext happens to need no padding
    with pytest.raises(DecryptError) as caught:
        crypto.decrypt(spelling, key=KEY, receive_id=CORP)
    assert caught.value.official_code == -40010


@pytest.mark.parametrize(("canonical", "loose"), [("AA==", "AB=="), ("AAA=", "AAB=")])
def test_loose_bits_at_the_end_of_a_ciphertext_are_refused(canonical: str, loose: str) -> None:
    assert base64.b64decode(canonical, validate=True) == base64.b64decode(loose, validate=True)
    with pytest.raises(DecryptError) as caught:
        crypto.decrypt(SEALED[: len(SEALED) // 4 * 4 - 4] + loose, key=KEY, receive_id=CORP)
    assert caught.value.official_code == -40010


@pytest.mark.parametrize(
    ("count", "official_code"), [(0, -40007), (15, -40007), (16, -40008), (31, -40007), (33, -40007), (48, -40008)]
)
def test_a_ciphertext_of_a_wrong_size_is_refused(count: int, official_code: int) -> None:
    sealed = base64.b64encode(bytes(count)).decode()
    with pytest.raises(DecryptError) as caught:
        crypto.decrypt(sealed, key=KEY, receive_id=CORP)
    assert caught.value.official_code == official_code


def test_the_smallest_message_fills_one_padded_block() -> None:
    sealed = crypto.encrypt(b"", key=KEY, receive_id="")
    assert len(base64.b64decode(sealed)) == 32
    assert crypto.decrypt(sealed, key=KEY, receive_id="") == b""


@pytest.mark.parametrize("size", range(1, 40))
def test_every_padding_from_1_to_32_is_written_and_read(size: int) -> None:
    message = b"x" * size
    assert crypto.decrypt(crypto.encrypt(message, key=KEY, receive_id=CORP), key=KEY, receive_id=CORP) == message


@pytest.mark.parametrize("last", [0, 33, 64, 255])
def test_a_padding_byte_out_of_range_is_refused(last: int) -> None:
    with pytest.raises(DecryptError) as caught:
        crypto.decrypt(seal(bytes(63) + bytes([last])), key=KEY, receive_id="")
    assert caught.value.official_code == -40008


def test_padding_that_eats_the_head_is_refused() -> None:
    with pytest.raises(DecryptError) as caught:
        crypto.decrypt(seal(b"\x20" * 32), key=KEY, receive_id="")
    assert caught.value.official_code == -40008


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, ReceiveIdMismatch),
        (len(MESSAGE) - 1, ReceiveIdMismatch),
        (len(MESSAGE) + 1, ReceiveIdMismatch),
        (len(MESSAGE) + len(CORP), ReceiveIdMismatch),
        (len(MESSAGE) + len(CORP) + 1, DecryptError),
        (0x7FFFFFFF, DecryptError),
        (0xFFFFFFFF, DecryptError),
    ],
)
def test_a_length_that_is_not_the_message_is_refused(length: int, expected: type[CallbackRejected]) -> None:
    plain = bytes(16) + length.to_bytes(4, "big") + MESSAGE + CORP.encode()
    with pytest.raises(expected):
        crypto.decrypt(seal(padded(plain)), key=KEY, receive_id=CORP)


@pytest.mark.parametrize("receive_id", ["", CORP[:-1], CORP + "x", CORP.upper(), CORP + "\x00", "wwanother", "\ud800"])
def test_a_message_for_another_receiver_is_refused(receive_id: str) -> None:
    with pytest.raises(ReceiveIdMismatch):
        crypto.decrypt(SEALED, key=KEY, receive_id=receive_id)
    with pytest.raises(ReceiveIdMismatch):
        crypto.decrypt(crypto.encrypt(MESSAGE, key=KEY, receive_id=receive_id), key=KEY, receive_id=CORP)


def test_two_seals_of_one_message_differ() -> None:
    assert crypto.encrypt(MESSAGE, key=KEY, receive_id=CORP) != crypto.encrypt(MESSAGE, key=KEY, receive_id=CORP)


@given(message=st.binary(max_size=300), receive_id=st.text(max_size=20), random16=st.binary(min_size=16, max_size=16))
def test_whatever_is_sealed_can_be_opened(message: bytes, receive_id: str, random16: bytes) -> None:
    sealed = crypto.encrypt(message, key=KEY, receive_id=receive_id, random16=random16)
    assert crypto.decrypt(sealed, key=KEY, receive_id=receive_id) == message


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_opened_or_refused(text: str) -> None:
    assert outcome(text, CORP) in {"opened", -40005, -40007, -40008, -40010}


@given(st.binary(min_size=32, max_size=160))
def test_any_bytes_under_our_key_are_opened_or_refused(plain: bytes) -> None:
    assert outcome(seal(padded(plain)), "") in {"opened", -40005, -40008}


@given(st.integers(min_value=0, max_value=len(base64.b64decode(SEALED)) * 8 - 1))
def test_one_flipped_bit_is_noticed_by_the_signature(position: int) -> None:
    raw = bytearray(base64.b64decode(SEALED))
    raw[position // 8] ^= 1 << position % 8
    msg_signature = crypto.signature("t", "1", "n", SEALED)
    with pytest.raises(BadSignature):
        crypto.verify(msg_signature, token="t", timestamp="1", nonce="n", ciphertext=base64.b64encode(raw).decode())


@given(st.tuples(st.text(), st.text(), st.text(), st.text()), st.text())
def test_a_signature_of_any_texts_fits_them_and_no_other_ones(texts: tuple[str, str, str, str], wrong: str) -> None:
    token, timestamp, nonce, ciphertext = texts
    right = crypto.signature(token, timestamp, nonce, ciphertext)
    crypto.verify(right, token=token, timestamp=timestamp, nonce=nonce, ciphertext=ciphertext)
    assert right != wrong
    with pytest.raises(BadSignature):
        crypto.verify(wrong, token=token, timestamp=timestamp, nonce=nonce, ciphertext=ciphertext)
