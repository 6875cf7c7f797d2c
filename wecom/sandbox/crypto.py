"""Facts: signature and sealing of callbacks, written apart from the product's so that it can judge it.

Source: https://developer.work.weixin.qq.com/document/path/91144
"""

import base64
import hashlib
import hmac
import secrets

from Crypto.Cipher import AES

_BLOCK = 32


class BadReply(ValueError):
    """An answer that the platform could not have opened."""


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 characters of the console."""
    return base64.b64decode(encoding_aes_key + "=")


def sign(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    """msg_signature: SHA-1 over the four, sorted and joined."""
    joined = "".join(sorted((token, timestamp, nonce, sealed)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def seal(plain: bytes, *, key: bytes, receive_id: str, random16: bytes | None = None) -> str:
    """Encrypt: 16 random | 4 length | message | receive_id | padding to 32, AES-256-CBC, base64."""
    whole = (random16 or secrets.token_bytes(16)) + len(plain).to_bytes(4, "big") + plain + receive_id.encode()
    pad = _BLOCK - len(whole) % _BLOCK
    cipher = AES.new(key, AES.MODE_CBC, iv=key[:16])
    return base64.b64encode(cipher.encrypt(whole + bytes([pad]) * pad)).decode()


def unseal(sealed: str, *, key: bytes, receive_id: str) -> bytes:
    """The message inside; raises BadReply for anything that is not exactly as documented."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        whole = AES.new(key, AES.MODE_CBC, iv=key[:16]).decrypt(raw)
    except ValueError as exc:
        raise BadReply("not whole AES blocks in base64") from exc
    pad = whole[-1] if whole else 0
    if not 1 <= pad <= _BLOCK or whole[-pad:] != bytes([pad]) * pad:
        raise BadReply("wrong padding")
    whole = whole[:-pad]
    end = 20 + int.from_bytes(whole[16:20], "big")
    if len(whole) < end:
        raise BadReply("the length runs past the message")
    if not hmac.compare_digest(whole[end:], receive_id.encode()):
        raise BadReply("sealed for another receive_id")
    return whole[20:end]
