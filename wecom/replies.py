"""Facts: what may stand in the answer to a callback instead of nothing.

Source: https://developer.work.weixin.qq.com/document/path/90241
"""

import re
from dataclasses import dataclass
from datetime import datetime

from . import crypto, xml
from .errors import CardInvalid

# What XML 1.0 cannot carry in any spelling, but for what UTF-8 cannot carry either.
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateButton:
    """Turns the buttons of the tapped card grey, with this text, for the member who tapped.

    Source: https://developer.work.weixin.qq.com/document/path/96469
    """

    replace_name: str

    def __post_init__(self) -> None:
        if not self.replace_name or _UNCARRIABLE.search(self.replace_name):
            raise CardInvalid("Button.ReplaceName", "a text of printable characters", repr(self.replace_name))

    def to_xml(self, *, to_user: str, from_user: str, created_at: datetime) -> bytes:
        """The plaintext of the reply: from the corporation to the member, the reverse of what came in."""
        inside = (
            xml.element("ToUserName", to_user),
            xml.element("FromUserName", from_user),
            f"<CreateTime>{int(created_at.timestamp())}</CreateTime>",
            xml.element("MsgType", "update_button"),
            f"<Button>{xml.element('ReplaceName', self.replace_name)}</Button>",
        )
        return f"<xml>{''.join(inside)}</xml>".encode()


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
    """The body of the HTTP answer around one reply. Timestamp and nonce may be those of the request.

    Source: https://developer.work.weixin.qq.com/document/path/90968
    """
    ciphertext = crypto.encrypt(plain, key=key, receive_id=receive_id, random16=random16)
    return xml.build_reply_envelope(
        encrypt=ciphertext,
        signature=crypto.signature(token, timestamp, nonce, ciphertext),
        timestamp=timestamp,
        nonce=nonce,
    )
