"""Facts: the two forms of an update. Each to_payload() is to be merged into the body of the call.

Source: https://developer.work.weixin.qq.com/document/path/94888
"""

from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

from wecom.errors import CardInvalid

from .base import Block, Text
from .blocks import Choice
from .types import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonReplacement(Block):
    """Form A: the card stays, its buttons become one grey, dead one with this text."""

    PATH: ClassVar[str] = "button"

    replace_name: Annotated[str, Text()]

    def to_payload(self) -> dict[str, Any]:
        return {"button": Block.to_payload(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReplacement:
    """Form B: another card in the place of the first, of any type.

    replace_text     for buttons and questions: one grey, dead button with this text instead
    disable_choices  nothing can be chosen any more in its drop-downs, ticks and questions

    The new card's task_id is left out: it counts at sending only.
    """

    card: Card
    replace_text: str = ""
    disable_choices: bool = False

    def __post_init__(self) -> None:
        Text().check(self.replace_text, "replace_text")
        if self.replace_text and not self.card.HAS_LIVE_CONTROLS:
            raise CardInvalid("replace_text", "only on a card with buttons or questions", self.card.CARD_TYPE)
        if self.disable_choices and not _choices(self.card):
            raise CardInvalid("disable_choices", "only on a card that lets members choose", self.card.CARD_TYPE)

    def to_payload(self) -> dict[str, Any]:
        payload = self.card.to_payload()
        payload.pop("task_id", None)
        if self.replace_text:
            payload["replace_text"] = self.replace_text
        for name in _choices(self.card) if self.disable_choices else ():
            found = payload[name]
            for block in found if isinstance(found, list) else [found]:
                block["disable"] = True
        return {"template_card": payload}


def _choices(card: Card) -> list[str]:
    """The fields of a card in which members choose."""
    return [f.name for f in fields(card) if _is_choice(getattr(card, f.name))]


def _is_choice(value: object) -> bool:
    return isinstance(value, Choice) or (isinstance(value, tuple) and any(isinstance(item, Choice) for item in value))
