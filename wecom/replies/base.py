"""Facts: what all passive replies share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from wecom import xml
from wecom.errors import ContentInvalid, MessageInvalid
from wecom.payloads import Block

from .writing import elements, tag_of

# What XML 1.0 cannot carry in any spelling, but for what UTF-8 cannot carry either.
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveReply(Block):
    """A reply in the answer to a callback: it must be ready within 5 seconds, and cannot be repeated.

    MSG_TYPE  WeCom's name of it
    """

    MSG_TYPE: ClassVar[str] = ""
    ERROR: ClassVar[type[ContentInvalid]] = MessageInvalid

    def check_together(self) -> None:
        written = elements(self.body())
        if found := _UNCARRIABLE.search(written):
            tag = re.findall(r"<(\w+)>", written[: found.start()])[-1]
            raise self.ERROR(f"{self.PATH or self.MSG_TYPE}.{tag}", "characters that XML can carry", repr(found[0]))

    def body(self) -> Mapping[str, Any]:
        """What stands in it, in the spelling of message/send."""
        return self.to_payload()

    def to_xml(self, *, to_user: str, from_user: str, created_at: datetime) -> bytes:
        """The plaintext of the reply: from the corporation to the member, the reverse of what came in."""
        inside = (
            xml.element("ToUserName", to_user),
            xml.element("FromUserName", from_user),
            f"<CreateTime>{int(created_at.timestamp())}</CreateTime>",
            xml.element("MsgType", self.MSG_TYPE),
            elements(self.body()),
        )
        return f"<xml>{''.join(inside)}</xml>".encode()

    @classmethod
    def path(cls, name: str) -> str:
        return f"{cls.PATH}.{tag_of(name)}" if cls.PATH else tag_of(name)
