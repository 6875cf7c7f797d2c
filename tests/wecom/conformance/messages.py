"""Cases of messages: what message/send takes, by which other calls they go, and what is to be refused."""

from typing import Any

from wecom.errors import ContentInvalid
from wecom.messages import Message

from .cards import BUTTON_CARD, NEWS, NOTICE, changed

URL = "https://lf.example.com/items/42"


def message(msgtype: str, content: Any, **options: Any) -> dict[str, Any]:
    return {"msgtype": msgtype, msgtype: content, **options}


ARTICLE = {
    "title": "一把蓝色的雨伞",
    "description": "在二号楼食堂",
    "url": URL,
    "picurl": "https://lf.example.com/p.jpg",
}
PAGE = {
    "title": "失物周报",
    "thumb_media_id": "MEDIA-1",
    "content": "<p>三把伞</p>",
    "author": "前台",
    "content_source_url": URL,
    "digest": "本周捡到的物品",
}
CARD = {"title": "新捡到的物品", "description": '<div class="gray">一把伞</div>', "url": URL, "btntxt": "查看"}
NOTE = {
    "appid": "wx0000000000000001",
    "page": "pages/index",
    "title": "失物领取",
    "description": "今天下午",
    "emphasis_first_item": True,
    "content_item": [{"key": "地点", "value": "前台"}],
}
VALID: dict[str, dict[str, Any]] = {
    "text": message("text", {"content": '你好\n<a href="https://lf.example.com/">失物招领</a>'}, safe=1),
    "text-with-names": message("text", {"content": "$userName=lisi$ 捡到一把伞"}, enable_id_trans=1),
    "text-of-2048-bytes": message("text", {"content": "伞" * 682 + "xx"}),
    "text-of-2049-bytes": message("text", {"content": "伞" * 683}),
    "image": message("image", {"media_id": "MEDIA-1"}, safe=1),
    "voice": message("voice", {"media_id": "MEDIA-1"}),
    "video": message("video", {"media_id": "MEDIA-1", "title": "监控", "description": "食堂门口"}),
    "video-title-of-129-bytes": message("video", {"media_id": "MEDIA-1", "title": "伞" * 43}),
    "file": message("file", {"media_id": "MEDIA-1"}, safe=1),
    "textcard": message("textcard", CARD),
    "textcard-of-129-letters": message("textcard", {**CARD, "title": "伞" * 129}),
    "news": message("news", {"articles": [ARTICLE, {"title": "另一把", "url": URL}]}),
    "news-into-a-miniprogram": message(
        "news", {"articles": [{"title": "小程序", "appid": "wx0000000000000001", "pagepath": "pages/index"}]}
    ),
    "news-of-eight": message("news", {"articles": [ARTICLE] * 8}),
    "mpnews": message("mpnews", {"articles": [PAGE]}, safe=2),
    "markdown": message("markdown", {"content": '# 失物\n**雨伞** <font color="info">蓝色</font>'}),
    "miniprogram-notice": message("miniprogram_notice", NOTE),
    "card-that-asks": message("template_card", BUTTON_CARD),
    "card-that-tells": message("template_card", NOTICE),
    "card-with-a-picture": message("template_card", NEWS, enable_id_trans=1),
}
INVALID: dict[str, tuple[Any, str]] = {
    "message-no-object": ([], "a message is an object"),
    "message-of-no-type": ({"text": {"content": "x"}}, "msgtype is missing"),
    "message-of-an-old-type": (message("taskcard", {}), "template cards have replaced it"),
    "message-without-content": ({"msgtype": "text"}, "the object called as the msgtype is missing"),
    "text-empty": (message("text", {"content": ""}), "a text has words"),
    "text-with-a-control-character": (message("text", {"content": "a\x01"}), "it could crash clients (82004)"),
    "text-unknown-field": (message("text", {"content": "x", "colour": "red"}), "there is no such field"),
    "image-without-media-id": (message("image", {}), "media_id is needed"),
    "voice-safe": (message("voice", {"media_id": "M"}, safe=1), "safe is not for voice"),
    "text-safe-2": (message("text", {"content": "x"}, safe=2), "2 is for mpnews only"),
    "textcard-without-url": (message("textcard", changed(CARD, "url", None)), "url is needed"),
    "textcard-without-description": (message("textcard", changed(CARD, "description", "")), "description is needed"),
    "textcard-url-without-scheme": (
        message("textcard", {**CARD, "url": "lf.example.com"}),
        "an address has its scheme",
    ),
    "textcard-url-of-2049-bytes": (
        message("textcard", {**CARD, "url": "https://lf.example.com/" + "x" * 2026}),
        "at most 2,048 bytes",
    ),
    "news-of-none": (message("news", {"articles": []}), "1 to 8 articles"),
    "news-of-nine": (message("news", {"articles": [ARTICLE] * 9}), "1 to 8 articles"),
    "news-without-title": (message("news", {"articles": [changed(ARTICLE, "title", None)]}), "title is needed"),
    "news-that-lead-nowhere": (message("news", {"articles": [{"title": "x"}]}), "url, or appid with pagepath"),
    "news-without-pagepath": (message("news", {"articles": [{"title": "x", "appid": "wx1"}]}), "both or neither"),
    "mpnews-without-picture": (
        message("mpnews", {"articles": [changed(PAGE, "thumb_media_id", None)]}),
        "thumb_media_id is needed",
    ),
    "mpnews-safe-3": (message("mpnews", {"articles": [PAGE]}, safe=3), "safe is 0, 1 or 2"),
    "markdown-of-2049-bytes": (message("markdown", {"content": "伞" * 683}), "at most 2,048 bytes"),
    "notice-title-of-3-letters": (message("miniprogram_notice", {**NOTE, "title": "伞伞伞"}), "4 to 12 characters"),
    "notice-of-eleven-lines": (
        message("miniprogram_notice", {**NOTE, "content_item": NOTE["content_item"] * 11}),  # type: ignore[operator]
        "at most 10 lines",
    ),
    "notice-key-of-11-letters": (
        message("miniprogram_notice", changed(NOTE, "content_item", 0, "key", "伞" * 11)),
        "1 to 10 characters",
    ),
    "card-inside-is-wrong": (message("template_card", changed(BUTTON_CARD, "task_id", None)), "see cards.json"),
    "card-safe": (message("template_card", NOTICE, safe=1), "safe is not for cards"),
}


def cut(read: Message) -> list[dict[str, Any]]:
    """The texts of which WeCom cuts what is beyond a limit."""
    return [{"field": a.field, "limit": a.limit, "unit": a.unit, "actual": a.actual} for a in read.advice() if a.cut]


def goes_by(read: Message) -> list[str]:
    """The calls that take it."""
    ways = {
        "message/send": read.to_payload,
        "appchat/send": read.to_chat_payload,
        "webhook/send": read.to_robot_payload,
    }
    return [call for call, write in ways.items() if is_written(write)]


def is_written(write: Any) -> bool:
    try:
        return bool(write())
    except ContentInvalid:
        return False


def refused_field(payload: Any) -> str:
    """Where our code finds the fault; an assertion where it finds none."""
    try:
        Message.from_payload(payload)
    except ContentInvalid as exc:
        return exc.field
    raise AssertionError(f"this message is taken: {payload}")


def part() -> dict[str, Any]:
    return {
        "valid": [
            {"id": name, "payload": payload, "goes_by": goes_by(read), "cut": cut(read)}
            for name, payload in VALID.items()
            for read in [Message.from_payload(payload)]
        ],
        "invalid": [
            {"id": name, "payload": payload, "field": refused_field(payload), "reason": why}
            for name, (payload, why) in INVALID.items()
        ],
    }
