"""Facts: the signature and the encryption of callbacks, and the signature of web pages.

plaintext   16 random | 4 length n, big-endian | n message | receive_id | padding
padding     1 to 32 bytes, each of which says how many they are, up to a multiple of 32
cipher      AES-256-CBC; the first 16 bytes of the key are the IV of every message

Stricter than the sample libraries: whatever they would let pass unread is refused here.
Source: https://developer.work.weixin.qq.com/document/path/90968
"""

import base64
import hashlib
import hmac
import re
import secrets
from typing import Any

from Crypto.Cipher import AES

from .errors import BadSignature, DecryptError, IllegalAesKey, ReceiveIdMismatch

# Source: https://developer.work.weixin.qq.com/document/path/91144
__all__ = ["aes_key", "decrypt", "encrypt", "jsapi_signature", "signature", "verify"]

ENCODING_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
CIPHER_BLOCK = 16
PADDED_BLOCK = 32
RANDOM_LENGTH = 16
HEAD_LENGTH = RANDOM_LENGTH + 4

# Numbers of the same failures in WeCom's sample library.
CANNOT_DECRYPT = -40007
ILLEGAL_BUFFER = -40008
ILLEGAL_BASE64 = -40010


def aes_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind EncodingAESKey; raises IllegalAesKey unless it is 43 letters and digits.

    The last character carries two bits more than 32 bytes need. Keys made by the console may set them, so they
    are ignored rather than refused.
    """
    if not ENCODING_AES_KEY.fullmatch(encoding_aes_key):
        raise IllegalAesKey("EncodingAESKey must be 43 characters of a-z, A-Z, 0-9")
    return base64.b64decode(encoding_aes_key + "=")


def signature(token: str, timestamp: str, nonce: str, ciphertext: str) -> str:
    """SHA-1 over the four texts in the order of their bytes, as lower-case hex."""
    parts = sorted(_bytes(part) for part in (token, timestamp, nonce, ciphertext))
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def verify(msg_signature: str, *, token: str, timestamp: str, nonce: str, ciphertext: str) -> None:
    """Return if `msg_signature` was made with our token over these texts, else raise BadSignature.

    Any text may come in, of any length and alphabet. Call this before decrypt().
    """
    expected = signature(token, timestamp, nonce, ciphertext)
    if not hmac.compare_digest(_bytes(expected), _bytes(msg_signature)):
        raise BadSignature("msg_signature does not fit")


def decrypt(ciphertext: str, *, key: bytes, receive_id: str) -> bytes:
    """Open one ciphertext and return the message inside, as bytes that nobody has looked at yet.

    ciphertext  base64 text, whole AES blocks once decoded
    key         32 bytes, from aes_key()

    Call verify() first: this function cannot tell who sent the message.
    Raises DecryptError if malformed, ReceiveIdMismatch if sealed for another.
    """
    plain = _unpad(_open(_decode(ciphertext), key))
    if len(plain) < HEAD_LENGTH:
        raise DecryptError("shorter than its own head", official_code=ILLEGAL_BUFFER)
    end = HEAD_LENGTH + int.from_bytes(plain[RANDOM_LENGTH:HEAD_LENGTH], "big")
    if len(plain) < end:
        raise DecryptError("declared length runs past the message", official_code=ILLEGAL_BUFFER)
    if not hmac.compare_digest(plain[end:], _bytes(receive_id)):
        raise ReceiveIdMismatch("sealed for another receive_id")
    return plain[HEAD_LENGTH:end]


def encrypt(message: bytes, *, key: bytes, receive_id: str, random16: bytes | None = None) -> str:
    """Seal a message for `receive_id`: what decrypt() opens. `random16` is for tests that compare bytes."""
    head = (random16 or secrets.token_bytes(RANDOM_LENGTH)) + len(message).to_bytes(4, "big")
    plain = head + message + _bytes(receive_id)
    missing = PADDED_BLOCK - len(plain) % PADDED_BLOCK
    sealed = _cipher(key).encrypt(plain + bytes([missing]) * missing)
    return base64.b64encode(sealed).decode("ascii")


def jsapi_signature(*, ticket: str, noncestr: str, timestamp: int | str, url: str) -> str:
    """The signature wx.config and wx.agentConfig ask for.

    url  full address of the page with its query, not re-encoded; `#` and what follows is left out here
    Source: https://developer.work.weixin.qq.com/document/path/90506
    """
    page, _, _ = url.partition("#")
    text = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(_bytes(text), usedforsecurity=False).hexdigest()


def _decode(ciphertext: str) -> bytes:
    """Strict base64: the one spelling an encoder would give, no other alphabet, blanks, or loose bits."""
    try:
        raw = base64.b64decode(ciphertext, validate=True)
    except ValueError as exc:
        raise DecryptError("not base64", official_code=ILLEGAL_BASE64) from exc
    if base64.b64encode(raw).decode("ascii") != ciphertext:
        raise DecryptError("not the canonical base64 of its bytes", official_code=ILLEGAL_BASE64)
    return raw


def _open(sealed: bytes, key: bytes) -> bytes:
    if not sealed or len(sealed) % CIPHER_BLOCK:
        raise DecryptError("not whole AES blocks", official_code=CANNOT_DECRYPT)
    opened: bytes = _cipher(key).decrypt(sealed)
    return opened


def _unpad(plain: bytes) -> bytes:
    count = plain[-1]
    if len(plain) % PADDED_BLOCK or not 1 <= count <= PADDED_BLOCK or plain[-count:] != bytes([count]) * count:
        raise DecryptError("padding is not that of 32-byte blocks", official_code=ILLEGAL_BUFFER)
    return plain[:-count]


def _cipher(key: bytes) -> Any:
    return AES.new(key, AES.MODE_CBC, iv=key[:CIPHER_BLOCK])


def _bytes(text: str) -> bytes:
    """UTF-8, also for lone surrogates: a comparison must never fail for the sake of what it compares."""
    return text.encode("utf-8", "surrogatepass")
