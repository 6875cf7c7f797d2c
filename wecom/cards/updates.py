"""Facts: the two forms of an update. Each to_payload() is to be merged into the body of the call.

    form A  ButtonReplacement  the card stays, its buttons die under a new text; the three interactive types only
    form B  CardReplacement    another card in its place, of any type; notices can be replaced where they have a menu

    change.check_for(original)               raises CardInvalid where WeCom has no such update of that card
    read_update(payload, original=original)  either form, behind its to_payload()

Source: https://developer.work.weixin.qq.com/document/path/94888
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from wecom.errors import CardInvalid
from wecom.payloads import Block, Flag, Place, Text

from .blocks import CardBlock
from .types import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonReplacement(CardBlock):
    """Form A: the card stays, its buttons become one grey, dead one with this text."""

    PATH: ClassVar[str] = "button"

    replace_name: Annotated[str, Text()]

    def to_payload(self) -> dict[str, Any]:
        """{"button": {"replace_name": ...}}"""
        return {"button": Block.to_payload(self)}

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """The replacement behind to_payload(); raises CardInvalid for any JSON value that is not one."""
        return cls._load(_only(payload, "button"))

    @classmethod
    def check_for(cls, original: Card) -> None:
        """Raise CardInvalid unless WeCom changes `original` in this way.

        The page of 2023 allowed it for notices with a menu too, that of 2025 does not.
        """
        if not original.HAS_LIVE_CONTROLS:
            raise CardInvalid("button", "only for a card with buttons or questions", original.CARD_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReplacement:
    """Form B: another card in the place of the first, of any type.

    replace_text     for buttons and questions: one grey, dead button with this text instead
    disable_choices  True: nothing can be chosen any more in its drop-downs and ticks; or the question_keys of those
                     to be closed. Kept as True where all of them are named, as False where none is

    To show what was chosen, `card=card.choosing(event.answers)`. A vote is closed for good by both, replace_text and
    disable_choices. The new card's task_id is left out: it counts at sending only.
    """

    card: Card
    replace_text: str = ""
    disable_choices: bool | Sequence[str] = False

    def __post_init__(self) -> None:
        Text().check(self.replace_text, Place("replace_text", CardInvalid))
        if self.replace_text and not self.card.HAS_LIVE_CONTROLS:
            raise CardInvalid("replace_text", "only on a card with buttons or questions", self.card.CARD_TYPE)
        object.__setattr__(self, "disable_choices", self._closed())

    def _closed(self) -> bool | Sequence[str]:
        keys = [question.question_key for question in self.card.questions]
        named = keys if self.disable_choices is True else list(self.disable_choices or ())
        if self.disable_choices is True and not keys:
            raise CardInvalid("disable_choices", "only on a card that lets members choose", self.card.CARD_TYPE)
        for key in named:
            if key not in keys:
                raise CardInvalid("disable_choices", "True, or question_keys of the card", repr(key)[:40])
        closed = tuple(key for key in keys if key in named)
        return closed if 0 < len(closed) < len(keys) else bool(closed)

    def closes(self, question_key: str) -> bool:
        """Whether nothing can be chosen any more for this question."""
        return self.disable_choices is True or question_key in (self.disable_choices or ())

    @classmethod
    def check_for(cls, original: Card) -> None:
        """Raise CardInvalid unless WeCom lets a card stand in the place of `original`."""
        if not original.calls_back:
            raise CardInvalid("template_card", "only for a card that calls back", f"{original.CARD_TYPE} without menu")

    def to_payload(self) -> dict[str, Any]:
        """{"template_card": {...}}, the whole new card."""
        payload = self.card.to_payload()
        payload.pop("task_id", None)
        if self.replace_text:
            payload["replace_text"] = self.replace_text
        for _, question in _questions(payload):
            if self.closes(question["question_key"]):
                question["disable"] = True
        return {"template_card": payload}

    @classmethod
    def from_payload(cls, payload: Any, *, task_id: str = "") -> Self:
        """The replacement behind to_payload(). Raises CardInvalid for any JSON value that is not one.

        task_id  of the card to be replaced, which the payload does not tell; needed for a card that cannot be without.
        """
        card = copy.deepcopy(_only(payload, "template_card"))
        if not isinstance(card, dict):
            raise CardInvalid("template_card", "an object", type(card).__name__)
        replace_text = card.pop("replace_text", "")
        closed: list[Any] = [one["question_key"] for path, one in _questions(card) if _take_disable(one, path)]
        if task_id:
            card.setdefault("task_id", task_id)
        return cls(card=Card.from_payload(card), replace_text=replace_text, disable_choices=closed)


def read_update(payload: Any, *, original: Card) -> ButtonReplacement | CardReplacement:
    """The change behind to_payload() of either form; raises CardInvalid, also where `original` cannot change so."""
    if isinstance(payload, dict) and "button" in payload:
        ButtonReplacement.check_for(original)
        return ButtonReplacement.from_payload(payload)
    CardReplacement.check_for(original)
    return CardReplacement.from_payload(payload, task_id=getattr(original, "task_id", ""))


def _only(payload: Any, name: str) -> Any:
    if not isinstance(payload, dict) or set(payload) != {name}:
        raise CardInvalid(name, "an object with this field alone", type(payload).__name__)
    return payload[name]


def _questions(card: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects with a question_key that stand in a card, wherever it has them, with their paths."""
    for name, value in card.items():
        many = isinstance(value, list | tuple)
        for position, one in enumerate(value if many else [value]):
            if isinstance(one, dict) and "question_key" in one:
                yield f"{name}[{position}]" if many else name, one


def _take_disable(question: dict[str, Any], path: str) -> bool:
    disable = question.pop("disable", False)
    Flag().check(disable, Place(f"{path}.disable", CardInvalid))
    return bool(disable)
