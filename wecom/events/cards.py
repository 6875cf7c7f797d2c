"""Facts: what members do with template cards.

Source: https://developer.work.weixin.qq.com/document/path/90240
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from .base import KEY_BYTES, NAME_BYTES, TASK_ID_BYTES, Each, Event, Parts, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was chosen for one question of a card.

    An older state of the documentation misspells two names; what the platform sends is not known for sure.
    """

    question_key: Annotated[str, Tag("QuestionKey")]
    option_ids: Annotated[tuple[str, ...], Each("OptionIds|OpitonIds/OptionId|OpitonId")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTap(Event):
    """What both card events have in common.

    task_id        the id we gave the card
    event_key      the key we gave the button or the menu entry
    card_type      such as `button_interaction`
    response_code  pays for one update of this card
    """

    task_id: Annotated[str, Tag("TaskId", TASK_ID_BYTES)]
    event_key: Annotated[str, Tag("EventKey", KEY_BYTES)]
    card_type: Annotated[str, Tag("CardType", NAME_BYTES)] = ""
    response_code: Annotated[str, Tag("ResponseCode", KEY_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardEvent(CardTap):
    """Somebody pressed a button of a card. `selections` is filled for votes, forms and drop-downs."""

    NAME: ClassVar[str] = "template_card_event"

    selections: Annotated[tuple[Selection, ...], Parts(Selection, "SelectedItems/SelectedItem")] = ()

    @property
    def answers(self) -> dict[str, tuple[str, ...]]:
        """question_key → ids of the options that were chosen; fits Card.choosing()."""
        return {selection.question_key: selection.option_ids for selection in self.selections}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardMenuEvent(CardTap):
    """Somebody chose from the menu in the corner of a card."""

    NAME: ClassVar[str] = "template_card_menu_event"


KINDS: tuple[type[Event], ...] = (TemplateCardEvent, TemplateCardMenuEvent)
