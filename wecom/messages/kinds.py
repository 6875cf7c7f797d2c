"""Facts: the types of message, each with its limits.

Source: https://developer.work.weixin.qq.com/document/path/90236
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from wecom import payloads
from wecom.errors import ContentInvalid, MessageInvalid
from wecom.payloads import Block, Flag, Many

from .base import CHAT, MEMBERS, ROBOT, Message

# Bytes of UTF-8. WeCom cuts what is beyond, and tells nobody.
TEXT_BYTES = 2048
TITLE_BYTES = 128
DESCRIPTION_BYTES = 512
AUTHOR_BYTES = 64

# Bytes of UTF-8. WeCom refuses more.
MARKDOWN_BYTES = 2048
URL_BYTES = 2048
PAGE_BYTES = 128
HTML_BYTES = 666 * 1024

# Characters. WeCom cuts what is beyond; older copies of the page count bytes.
CARD_TITLE, CARD_DESCRIPTION, CARD_BUTTON = 128, 512, 4

# Characters; other lengths are refused.
NOTICE_WORDS = range(4, 13)
NOTICE_KEY, NOTICE_VALUE = range(1, 11), range(1, 31)

# How many.
ARTICLES = 8
NOTICE_ITEMS = 10

_URL = payloads.Text(most=URL_BYTES, pattern=re.compile(r"https?://\S+"), looks="an address with its scheme")
_PLAIN = payloads.Text()
_TITLE = payloads.Text(cut=TITLE_BYTES)
_DESCRIPTION = payloads.Text(cut=DESCRIPTION_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Message):
    r"""Words. `\n` breaks the line, `<a href="…">` makes a link."""

    MSGTYPE: ClassVar[str] = "text"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, CHAT, ROBOT)

    content: Annotated[str, payloads.Text(cut=TEXT_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(Message):
    """Something that lies at WeCom already; media_id as media/upload returned it, good for three days."""

    media_id: Annotated[str, _PLAIN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Media):
    """A picture."""

    MSGTYPE: ClassVar[str] = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Media):
    """A voice."""

    MSGTYPE: ClassVar[str] = "voice"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, CHAT, ROBOT)
    SAFE: ClassVar[Collection[int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Media):
    """A film."""

    MSGTYPE: ClassVar[str] = "video"

    title: Annotated[str, _TITLE] = ""
    description: Annotated[str, _DESCRIPTION] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Media):
    """A file. With `safe` WeCom takes txt, pdf, doc(x), ppt(x), xls(x), xml, jpg, jpeg, png, bmp and gif only."""

    MSGTYPE: ClassVar[str] = "file"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, CHAT, ROBOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Textcard(Message):
    """A title, some words and a link. description may hold `<div class="gray|normal|highlight">`."""

    MSGTYPE: ClassVar[str] = "textcard"
    SAFE: ClassVar[Collection[int]] = ()

    title: Annotated[str, payloads.Text(cut_letters=CARD_TITLE)]
    description: Annotated[str, payloads.Text(cut_letters=CARD_DESCRIPTION)]
    url: Annotated[str, _URL]
    btntxt: Annotated[str, payloads.Text(cut_letters=CARD_BUTTON)] = ""


class MessageBlock(Block):
    """A part of a message."""

    __slots__ = ()
    ERROR: ClassVar[type[ContentInvalid]] = MessageInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(MessageBlock):
    """One entry of News: it leads to `url`, or into a miniprogram (appid and pagepath; WeCom then ignores url)."""

    PATH: ClassVar[str] = "news.articles[]"

    title: Annotated[str, _TITLE]
    description: Annotated[str, _DESCRIPTION] = ""
    url: Annotated[str, _URL] = ""
    picurl: Annotated[str, _URL] = ""
    appid: Annotated[str, _PLAIN] = ""
    pagepath: Annotated[str, payloads.Text(most=PAGE_BYTES)] = ""

    def check_together(self) -> None:
        if bool(self.appid) != bool(self.pagepath):
            raise self.place("pagepath" if self.appid else "appid").fault("a text beside the other", "nothing")
        if not self.url and not self.appid:
            raise self.place("url").fault("an address, or appid and pagepath", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class News(Message):
    """Titles with pictures that lead to pages. Pictures: 1068 × 455 for the first, 150 × 150 for the others."""

    MSGTYPE: ClassVar[str] = "news"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, CHAT, ROBOT)
    SAFE: ClassVar[Collection[int]] = ()

    articles: Annotated[Sequence[Article], Many(Article, 1, ARTICLES)]

    def to_robot_payload(self) -> dict[str, Any]:
        for article in self.articles:
            if article.appid:
                raise article.place("appid").fault("an article with a url for a robot", "a miniprogram")
        return self._payload(ROBOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class MpnewsArticle(MessageBlock):
    """One entry of Mpnews; its page, `content`, is HTML and lies at WeCom."""

    PATH: ClassVar[str] = "mpnews.articles[]"

    title: Annotated[str, _TITLE]
    thumb_media_id: Annotated[str, _PLAIN]
    content: Annotated[str, payloads.Text(most=HTML_BYTES)]
    author: Annotated[str, payloads.Text(cut=AUTHOR_BYTES)] = ""
    content_source_url: Annotated[str, _URL] = ""
    digest: Annotated[str, _DESCRIPTION] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mpnews(Message):
    """Pages that WeCom keeps itself."""

    MSGTYPE: ClassVar[str] = "mpnews"
    SAFE: ClassVar[Collection[int]] = (1, 2)

    articles: Annotated[Sequence[MpnewsArticle], Many(MpnewsArticle, 1, ARTICLES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown(Message):
    """Headings, bold, links, code, quotes, and three colours of text. The WeChat plugin does not show it."""

    MSGTYPE: ClassVar[str] = "markdown"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, CHAT, ROBOT)
    SAFE: ClassVar[Collection[int]] = ()

    content: Annotated[str, payloads.Text(most=MARKDOWN_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem(MessageBlock):
    """One line of a MiniprogramNotice."""

    PATH: ClassVar[str] = "miniprogram_notice.content_item[]"

    key: Annotated[str, payloads.Text(letters=NOTICE_KEY)]
    value: Annotated[str, payloads.Text(letters=NOTICE_VALUE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniprogramNotice(Message):
    """What leads into a miniprogram; only apps that are one may send it, and never to everybody."""

    MSGTYPE: ClassVar[str] = "miniprogram_notice"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS,)
    SAFE: ClassVar[Collection[int]] = ()

    appid: Annotated[str, _PLAIN]
    title: Annotated[str, payloads.Text(letters=NOTICE_WORDS)]
    page: Annotated[str, _PLAIN] = ""
    description: Annotated[str, payloads.Text(letters=NOTICE_WORDS)] = ""
    emphasis_first_item: Annotated[bool, Flag()] = False
    content_item: Annotated[Sequence[NoticeItem], Many(NoticeItem, 0, NOTICE_ITEMS)] = ()
