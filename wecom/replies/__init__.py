"""Facts: what may stand in the answer to a callback instead of nothing.

    UpdateButton(replace_name="处理中")                     the buttons of the tapped card die under this text
    UpdateTemplateCard(template_card=card)                  another card in its place; or a CardReplacement
    TextReply(content="收到")                               a text; also Image-, Voice-, Video-, NewsReply

    reply.to_xml(to_user=..., from_user=..., created_at=...)    its plaintext, to be sealed by seal_reply()

Each is checked when it is made: CardInvalid or MessageInvalid; `advice()` tells of texts that WeCom would cut.
Source: https://developer.work.weixin.qq.com/document/path/90241
"""

from .base import PassiveReply
from .cards import UpdateButton, UpdateTemplateCard
from .messages import ImageReply, NewsReply, ReplyArticle, TextReply, VideoReply, VoiceReply
from .sealing import seal_reply

__all__ = [
    "ImageReply",
    "NewsReply",
    "PassiveReply",
    "ReplyArticle",
    "TextReply",
    "UpdateButton",
    "UpdateTemplateCard",
    "VideoReply",
    "VoiceReply",
    "seal_reply",
]
