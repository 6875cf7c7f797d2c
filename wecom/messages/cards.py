"""Facts: a template card as a message."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from wecom.cards import Card, NewsNotice, TextNotice
from wecom.payloads import One

from .base import MEMBERS, ROBOT, Message

ROBOTS_CARDS = (TextNotice, NewsNotice)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMessage(Message):
    """A template card. To keep its codes and change it later, send it by `wecom.sent_cards`.

    Robots take text_notice and news_notice only, the latter with its large picture. What goes by them never calls
    back, so a menu would be dead.
    Source: https://developer.work.weixin.qq.com/document/path/99110
    """

    MSGTYPE: ClassVar[str] = "template_card"
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, ROBOT)
    SAFE: ClassVar[Collection[int]] = ()

    card: Annotated[Card, One(Card)]

    def body(self) -> dict[str, Any]:
        return self.card.to_payload()

    def to_robot_payload(self) -> dict[str, Any]:
        if not isinstance(self.card, ROBOTS_CARDS):
            raise self.ERROR("card_type", "text_notice or news_notice for a robot", self.card.CARD_TYPE)
        if isinstance(self.card, NewsNotice) and not self.card.card_image:
            raise self.ERROR("card_image", "a block for a robot", "nothing")
        if self.card.calls_back:
            raise self.ERROR("action_menu", "nothing for a robot", "a menu")
        return self._payload(ROBOT)

    @classmethod
    def of_content(cls, content: Any, options: dict[str, Any]) -> Self:
        return cls(card=Card.from_payload(content), **options)
