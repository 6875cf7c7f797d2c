"""Facts: what an app writes to members, groups and robots, as objects that are checked when they are made.

    messages.Text(content="你好").to_payload()            {"msgtype": "text", "text": {"content": "你好"}}
    messages.CardMessage(card=card)                       a template card
    Message.from_payload(message.to_payload()) == message

    message.to_payload()         for message/send; who gets it is said where it is sent (`wecom.recipients`)
    message.to_chat_payload()    for appchat/send
    message.to_robot_payload()   for webhook/send

What WeCom refuses raises MessageInvalid; what it cuts without a word is told by `advice()`, and `cut_bytes()` cuts a
text where a character ends.
Source: https://developer.work.weixin.qq.com/document/path/90236, 90248 and 99110
"""

from .base import Message
from .cards import CardMessage
from .cutting import cut_bytes
from .kinds import (
    Article,
    File,
    Image,
    Markdown,
    MiniprogramNotice,
    Mpnews,
    MpnewsArticle,
    News,
    NoticeItem,
    Text,
    Textcard,
    Video,
    Voice,
)
from .robots import GroupText, RobotMarkdown, RobotMarkdownV2

MESSAGES: tuple[type[Message], ...] = (
    Text,
    Image,
    Voice,
    Video,
    File,
    Textcard,
    News,
    Mpnews,
    Markdown,
    MiniprogramNotice,
    CardMessage,
)
"""What message/send takes; `Message.from_payload` chooses among them."""

__all__ = [
    "MESSAGES",
    "Article",
    "CardMessage",
    "File",
    "GroupText",
    "Image",
    "Markdown",
    "Message",
    "MiniprogramNotice",
    "Mpnews",
    "MpnewsArticle",
    "News",
    "NoticeItem",
    "RobotMarkdown",
    "RobotMarkdownV2",
    "Text",
    "Textcard",
    "Video",
    "Voice",
    "cut_bytes",
]
