"""Facts: replies to a tap that change the card, for the member who tapped and for nobody else.

Whether a tap on a button may be answered so is contradictory in the documents: page 90240 says that it may, the list
on page 90241 names the menu of a card and not its buttons. An update through the API can be repeated; this cannot.
Source: https://developer.work.weixin.qq.com/document/path/96469
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from wecom.cards import Card, CardReplacement
from wecom.errors import CardInvalid, ContentInvalid
from wecom.payloads import Place, Rule, Text

from .base import PassiveReply


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateButton(PassiveReply):
    """Turns the buttons of the tapped card grey, with this text."""

    MSG_TYPE: ClassVar[str] = "update_button"
    PATH: ClassVar[str] = "Button"
    ERROR: ClassVar[type[ContentInvalid]] = CardInvalid

    replace_name: Annotated[str, Text()]

    def body(self) -> Mapping[str, Any]:
        return {"button": {"replace_name": self.replace_name}}


class Replacement(Rule):
    """A CardReplacement; a Card is as good."""

    def check(self, value: Any, at: Place) -> None:
        if not isinstance(value, Card | CardReplacement):
            raise at.fault("a card or a CardReplacement", type(value).__name__)

    def clean(self, value: Any) -> Any:
        return CardReplacement(card=value) if isinstance(value, Card) else value

    def dump(self, value: Any) -> Any:
        return value.to_payload()["template_card"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTemplateCard(PassiveReply):
    """Puts another card, of any type, in the place of the tapped one."""

    MSG_TYPE: ClassVar[str] = "update_template_card"
    ERROR: ClassVar[type[ContentInvalid]] = CardInvalid

    template_card: Annotated[CardReplacement | Card, Replacement()]
