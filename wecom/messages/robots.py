"""Facts: what only groups and their robots take.

Source: https://developer.work.weixin.qq.com/document/path/90248 and 99110
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from wecom import payloads
from wecom.payloads import Place, Rule

from .base import CHAT, ROBOT, Message
from .kinds import Text

ROBOT_MARKDOWN_BYTES = 4096
EVERYBODY = "@all"


class Names(Rule):
    """A list of texts."""

    def check(self, value: Any, at: Place) -> None:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
            raise at.fault("a list of texts", repr(value)[:40])

    def clean(self, value: Any) -> Any:
        return tuple(value)

    def dump(self, value: Any) -> Any:
        return list(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupText(Text):
    """A text that calls members by name: their UserIDs or mobile numbers, or `@all`. Mobile numbers: robots only."""

    GOES_BY: ClassVar[Collection[str]] = (CHAT, ROBOT)

    mentioned_list: Annotated[Sequence[str], Names()] = ()
    mentioned_mobile_list: Annotated[Sequence[str], Names()] = ()

    def to_chat_payload(self) -> dict[str, Any]:
        if self.mentioned_mobile_list:
            raise self.ERROR(self.path("mentioned_mobile_list"), f"nothing in {CHAT}", "mobile numbers")
        return self._payload(CHAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotMarkdown(Message):
    """Markdown for a robot, which takes more of it than the app does."""

    MSGTYPE: ClassVar[str] = "markdown"
    GOES_BY: ClassVar[Collection[str]] = (ROBOT,)
    SAFE: ClassVar[Collection[int]] = ()

    content: Annotated[str, payloads.Text(most=ROBOT_MARKDOWN_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotMarkdownV2(RobotMarkdown):
    """Markdown with tables, lists and pictures; shown by clients from 4.1.36 on."""

    MSGTYPE: ClassVar[str] = "markdown_v2"
