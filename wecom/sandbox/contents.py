"""Facts: what the platform accepts as the other messages: everything but text and template cards.

The sandbox's own copy of the limits. Where the documentation says that a long text is cut, it is cut, and the wire log
says so. `media` looks a media_id up and refuses one that is not of the kind.
Source: https://developer.work.weixin.qq.com/document/path/90236, 90248 and 99110
"""

import base64
import binascii
import copy
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from .errcodes import Refusal

TEXT_BYTES = 2048
ROBOT_MARKDOWN_BYTES = 4096
ARTICLES = 8
MPNEWS_BYTES = 666 * 1024
URL_BYTES = 2048
PICTURE_BYTES = 2 * 1024 * 1024
NOTICE_ITEMS = 10
NO_SAFE = ("voice", "textcard", "news", "markdown", "miniprogram_notice", "template_card")
SAFE_FILES = ["txt", "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "xml", "jpg", "jpeg", "png", "bmp", "gif"]

_DANGEROUS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Content = dict[str, Any]
FindMedia = Callable[[Any, str], str]
"""media_id, kind → the file's name; raises Refusal(40007)."""


def check(msgtype: str, content: Any, *, media: FindMedia) -> tuple[Content, list[str]]:
    """The message's own object as it is shown, and the names of what was cut."""
    if not isinstance(content, dict):
        raise Refusal(44004, msgtype)
    shown, cut = copy.deepcopy(content), list[str]()
    _CHECKS[msgtype](shown, cut, media)
    return shown, cut


def check_safe(msgtype: str, safe: Any, name: str) -> None:
    """`safe`: 1 keeps a message from being passed on, 2 (mpnews only) inside the company. `name`: that of a file."""
    if safe in (None, 0):
        return
    if safe not in (1, 2) or isinstance(safe, bool) or msgtype in NO_SAFE or (safe == 2 and msgtype != "mpnews"):
        raise Refusal(40058, f"safe {safe!r} of {msgtype}"[:80])
    if msgtype == "file" and name.rpartition(".")[2].lower() not in SAFE_FILES:
        raise Refusal(40004, "a safe file is one of " + ", ".join(SAFE_FILES))


def check_text(text: Any, most: int = TEXT_BYTES) -> None:
    """The documentation says that a long text is cut silently; a judge had better say so: 45002."""
    if text is None or text == "":
        raise Refusal(44004)
    if not isinstance(text, str):
        raise Refusal(40058, "content")
    if len(text.encode()) > most:
        raise Refusal(45002, f"{len(text.encode())} bytes, allowed {most}")
    if _DANGEROUS.search(text):
        raise Refusal(82004)


def check_robot_image(content: Any) -> bytes:
    """The picture inside a robot's message: base64, and the MD5 of the raw bytes."""
    if not isinstance(content, dict):
        raise Refusal(44001, "image")
    try:
        picture = base64.b64decode(content.get("base64", ""), validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Refusal(40009, "image.base64") from None
    if not picture or len(picture) > PICTURE_BYTES:
        raise Refusal(40009, f"{len(picture)} bytes, allowed {PICTURE_BYTES}")
    if hashlib.md5(picture, usedforsecurity=False).hexdigest() != str(content.get("md5", "")).lower():
        raise Refusal(40058, "image.md5 is not that of the picture")
    return picture


# --- One function a type -------------------------------------------------------------------------------------------


def _text(content: Content, cut: list[str], media: FindMedia) -> None:
    check_text(content.get("content"))


def _robot_markdown(content: Content, cut: list[str], media: FindMedia) -> None:
    check_text(content.get("content"), ROBOT_MARKDOWN_BYTES)


def _of_kind(kind: str) -> Callable[[Content, list[str], FindMedia], None]:
    def check_media(content: Content, cut: list[str], media: FindMedia) -> None:
        content["name"] = media(content.get("media_id"), kind)

    return check_media


def _video(content: Content, cut: list[str], media: FindMedia) -> None:
    media(content.get("media_id"), "video")
    _cut_bytes(content, "title", 128, cut)
    _cut_bytes(content, "description", 512, cut)


def _textcard(content: Content, cut: list[str], media: FindMedia) -> None:
    _required(content, "title", 41016)
    _required(content, "description", 41033)
    _url(content, "url")
    _cut(content, "title", 128, cut)
    _cut(content, "description", 512, cut)
    _cut(content, "btntxt", 4, cut)


def _news(content: Content, cut: list[str], media: FindMedia) -> None:
    for article in _articles(content):
        _required(article, "title", 41016)
        if article.get("appid") or article.get("pagepath"):
            _required(article, "appid", 42030)
            _required(article, "pagepath", 40058)
        else:
            _url(article, "url")
        if article.get("picurl"):
            _url(article, "picurl")
        _cut_bytes(article, "title", 128, cut)
        _cut_bytes(article, "description", 512, cut)


def _mpnews(content: Content, cut: list[str], media: FindMedia) -> None:
    for article in _articles(content):
        _required(article, "title", 41016)
        media(article.get("thumb_media_id"), "image")
        if len(_required(article, "content", 44004).encode()) > MPNEWS_BYTES:
            raise Refusal(45002, f"content over {MPNEWS_BYTES} bytes")
        _cut_bytes(article, "title", 128, cut)
        _cut_bytes(article, "author", 64, cut)
        _cut_bytes(article, "digest", 512, cut)


def _notice(content: Content, cut: list[str], media: FindMedia) -> None:
    _required(content, "appid", 90200)
    for name, need in (("title", True), ("description", False)):
        text = _words(content, name)
        if (need or text) and not 4 <= len(text) <= 12:
            raise Refusal(40058, f"{name} of 4 to 12 characters")
    items = content.get("content_item") or []
    if not isinstance(items, list) or len(items) > NOTICE_ITEMS:
        raise Refusal(90201, f"at most {NOTICE_ITEMS}")
    for item in items:
        if not isinstance(item, dict) or not 1 <= len(_words(item, "key")) <= 10:
            raise Refusal(90202, "1 to 10 characters")
        if not 1 <= len(_words(item, "value")) <= 30:
            raise Refusal(90203, "1 to 30 characters")


_CHECKS: Mapping[str, Callable[[Content, list[str], FindMedia], None]] = {
    "text": _text,
    "markdown": _text,
    "robot_markdown": _robot_markdown,
    "image": _of_kind("image"),
    "voice": _of_kind("voice"),
    "file": _of_kind("file"),
    "video": _video,
    "textcard": _textcard,
    "news": _news,
    "mpnews": _mpnews,
    "miniprogram_notice": _notice,
}

# --- Small words the rules are made of ----------------------------------------------------------------------------


def _articles(content: Content) -> list[Content]:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles or not all(isinstance(one, dict) for one in articles):
        raise Refusal(44004, "articles")
    if len(articles) > ARTICLES:
        raise Refusal(45008, f"{len(articles)} articles")
    return articles


def _words(owner: Content, name: str) -> str:
    value = owner.get(name, "")
    if not isinstance(value, str):
        raise Refusal(40058, name)
    return value


def _required(owner: Content, name: str, errcode: int) -> str:
    value = _words(owner, name)
    if not value.strip():
        raise Refusal(errcode, name)
    return value


def _url(owner: Content, name: str) -> None:
    url = _required(owner, name, 42028)
    if not url.startswith(("http://", "https://")):
        raise Refusal(45034, name)
    if len(url.encode()) > URL_BYTES:
        raise Refusal(40039, name)


def _cut(owner: Content, name: str, most: int, cut: list[str]) -> None:
    text = _words(owner, name)
    if len(text) > most:
        owner[name] = text[:most]
        cut.append(name)


def _cut_bytes(owner: Content, name: str, most: int, cut: list[str]) -> None:
    """Cut between two characters."""
    raw = _words(owner, name).encode()
    if len(raw) > most:
        owner[name] = raw[:most].decode("utf-8", "ignore")
        cut.append(name)
