"""Facts: the encrypted envelope around one reply.

Source: https://developer.work.weixin.qq.com/document/path/90968
"""

from wecom import crypto, xml


def seal_reply(
    plain: bytes,
    *,
    token: str,
    key: bytes,
    receive_id: str,
    timestamp: str,
    nonce: str,
    random16: bytes | None = None,
) -> bytes:
    """The body of the HTTP answer around one reply. Timestamp and nonce may be those of the request."""
    ciphertext = crypto.encrypt(plain, key=key, receive_id=receive_id, random16=random16)
    return xml.build_reply_envelope(
        encrypt=ciphertext,
        signature=crypto.signature(token, timestamp, nonce, ciphertext),
        timestamp=timestamp,
        nonce=nonce,
    )
