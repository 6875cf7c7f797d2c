"""Facts: the types of template card, and which blocks each may have.

A further type is a dataclass here, with its own blocks in blocks.py, and an entry in CARD_TYPES.
Source: https://developer.work.weixin.qq.com/document/path/90236
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from wecom.errors import CardInvalid

from .base import Block, One, Text
from .blocks import (
    BUTTON_LIST,
    HORIZONTAL_CONTENT_LIST,
    JUMP_LIST,
    NO_LINK,
    QUOTE_AREA,
    ActionMenu,
    Button,
    ButtonSelection,
    CardAction,
    Emphasis,
    HorizontalItem,
    Jump,
    MainTitle,
    QuoteArea,
    Source,
)

TASK_ID_BYTES = 128
SUB_TITLE = 160  # characters, advised

_TASK_ID = Text(
    most=TASK_ID_BYTES, pattern=re.compile(r"[0-9A-Za-z_@-]+"), looks="digits, letters, `_`, `-` and `@` only"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Block):
    """Any template card: to_payload() is the `template_card` object of message/send.

    CARD_TYPE          WeCom's name of the type
    HAS_LIVE_CONTROLS  whether it has buttons or questions, which an update can replace by a dead text
    """

    CARD_TYPE: ClassVar[str] = ""
    HAS_LIVE_CONTROLS: ClassVar[bool] = False

    source: Annotated[Source | None, One(Source)] = None

    def to_payload(self) -> dict[str, Any]:
        return {"card_type": self.CARD_TYPE, **Block.to_payload(self)}

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """The card behind to_payload(), of the type it names. Raises CardInvalid for anything else."""
        rest = dict(payload) if isinstance(payload, dict) else {}
        named = rest.pop("card_type", None)
        kinds = [kind for kind in CARD_TYPES if named == kind.CARD_TYPE and issubclass(kind, cls)]
        if not kinds:
            known = ", ".join(kind.CARD_TYPE for kind in CARD_TYPES if issubclass(kind, cls))
            raise CardInvalid("card_type", f"one of {known}", repr(named)[:40])
        return kinds[0]._load(rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNotice(Card):
    """A notice in words, which leads somewhere when it is tapped."""

    CARD_TYPE: ClassVar[str] = "text_notice"

    card_action: Annotated[CardAction, One(CardAction)]
    action_menu: Annotated[ActionMenu | None, One(ActionMenu)] = None
    task_id: Annotated[str, _TASK_ID] = ""
    main_title: Annotated[MainTitle | None, One(MainTitle)] = None
    quote_area: Annotated[QuoteArea | None, QUOTE_AREA] = None
    emphasis_content: Annotated[Emphasis | None, One(Emphasis)] = None
    sub_title_text: Annotated[str, Text(advised=SUB_TITLE)] = ""
    horizontal_content_list: Annotated[Sequence[HorizontalItem], HORIZONTAL_CONTENT_LIST] = ()
    jump_list: Annotated[Sequence[Jump], JUMP_LIST] = ()

    def check_together(self) -> None:
        _needs_target(self.card_action)
        _menu_needs_task_id(self.action_menu, self.task_id)
        if not self.sub_title_text and not (self.main_title and self.main_title.title):
            raise CardInvalid("main_title.title", "a text here or in sub_title_text", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonInteraction(Card):
    """A question with buttons, each of which calls back once it is pressed.

    That main_title.title is compulsory is not certain; WeCom has an error for its absence (41016), so it is here.
    """

    CARD_TYPE: ClassVar[str] = "button_interaction"
    HAS_LIVE_CONTROLS: ClassVar[bool] = True

    task_id: Annotated[str, _TASK_ID]
    main_title: Annotated[MainTitle, One(MainTitle)]
    button_list: Annotated[Sequence[Button], BUTTON_LIST]
    action_menu: Annotated[ActionMenu | None, One(ActionMenu)] = None
    quote_area: Annotated[QuoteArea | None, QUOTE_AREA] = None
    sub_title_text: Annotated[str, Text(advised=SUB_TITLE)] = ""
    horizontal_content_list: Annotated[Sequence[HorizontalItem], HORIZONTAL_CONTENT_LIST] = ()
    card_action: Annotated[CardAction | None, One(CardAction)] = None
    button_selection: Annotated[ButtonSelection | None, One(ButtonSelection)] = None

    def check_together(self) -> None:
        if not self.main_title.title:
            raise CardInvalid("main_title.title", "a text", "nothing")


CARD_TYPES: Sequence[type[Card]] = (TextNotice, ButtonInteraction)


def _needs_target(action: CardAction) -> None:
    if action.type == NO_LINK:
        raise CardInvalid("card_action.type", "1 or 2 on a notice", action.type)


def _menu_needs_task_id(menu: ActionMenu | None, task_id: str) -> None:
    if menu and not task_id:
        raise CardInvalid("task_id", "a text when there is an action_menu", "nothing")
