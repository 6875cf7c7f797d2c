"""Facts: replies that write to the member.

Source: https://developer.work.weixin.qq.com/document/path/90241
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from wecom.errors import ContentInvalid, MessageInvalid
from wecom.payloads import Block, Many, Text

from .base import PassiveReply
from .writing import tag_of

# Bytes. WeCom cuts what is beyond.
TEXT_BYTES = 2048
TITLE_BYTES = 128
DESCRIPTION_BYTES = 512

ARTICLES = 8  # as in message/send; the page on replies names no number

_TITLE = Text(cut=TITLE_BYTES)
_DESCRIPTION = Text(cut=DESCRIPTION_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReply(PassiveReply):
    """A text."""

    MSG_TYPE: ClassVar[str] = "text"

    content: Annotated[str, Text(cut=TEXT_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReply(PassiveReply):
    """What lies at WeCom already; media_id as media/upload returned it."""

    media_id: Annotated[str, Text()]

    def body(self) -> Mapping[str, Any]:
        return {self.MSG_TYPE: self.to_payload()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReply(MediaReply):
    """A picture."""

    MSG_TYPE: ClassVar[str] = "image"
    PATH: ClassVar[str] = "Image"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceReply(MediaReply):
    """A voice."""

    MSG_TYPE: ClassVar[str] = "voice"
    PATH: ClassVar[str] = "Voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoReply(MediaReply):
    """A film."""

    MSG_TYPE: ClassVar[str] = "video"
    PATH: ClassVar[str] = "Video"

    title: Annotated[str, _TITLE] = ""
    description: Annotated[str, _DESCRIPTION] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyArticle(Block):
    """One entry of a NewsReply."""

    PATH: ClassVar[str] = "Articles.item[]"
    ERROR: ClassVar[type[ContentInvalid]] = MessageInvalid

    title: Annotated[str, _TITLE] = ""
    description: Annotated[str, _DESCRIPTION] = ""
    picurl: Annotated[str, Text()] = ""
    url: Annotated[str, Text()] = ""

    @classmethod
    def path(cls, name: str) -> str:
        return f"{cls.PATH}.{tag_of(name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsReply(PassiveReply):
    """Titles with pictures that lead to pages."""

    MSG_TYPE: ClassVar[str] = "news"

    articles: Annotated[Sequence[ReplyArticle], Many(ReplyArticle, 1, ARTICLES)]

    def body(self) -> Mapping[str, Any]:
        items = [article.to_payload() for article in self.articles]
        return {"article_count": len(items), "articles": {"item": items}}
