"""Facts: the types of template card, and which blocks each may have.

A further type is a dataclass here, with its own blocks in blocks.py or choices.py, and an entry in CARD_TYPES.

                          text_    news_    button_      vote_        multiple_
                          notice   notice   interaction  interaction  interaction
task_id                   menu     menu     required     required     required
main_title.title          or sub   required required     required     required
card_action               1, 2     1, 2     0, 1, 2      -            -
source                    may      may      may          may          may
action_menu               may      may      may          -            -
quote_area                may      may      may          -            -
horizontal_content_list   0-6      0-6      0-6          -            -
jump_list                 0-3      0-3      -            -            -
emphasis_content          may      -        -            -            -
sub_title_text            or title -        may          -            -
card_image                -        either   -            -            -
image_text_area           -        either   -            -            -
vertical_content_list     -        0-4      -            -            -
button_list               -        -        1-6          -            -
button_selection          -        -        may          -            -
checkbox                  -        -        -            required     -
select_list               -        -        -            -            1-3
submit_button             -        -        -            required     required

WeCom does not say whether the title of the interactive types is compulsory, nor the submit_button of a vote. It has
errors for their absence (41016, 42046), so both are demanded here.
Source: https://developer.work.weixin.qq.com/document/path/90236
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, ClassVar, Self

from wecom.errors import CardInvalid
from wecom.payloads import Block, One, Text

from .blocks import (
    HORIZONTAL_CONTENT_LIST,
    JUMP_LIST,
    NO_LINK,
    QUOTE_AREA,
    VERTICAL_CONTENT_LIST,
    ActionMenu,
    CardAction,
    CardBlock,
    CardImage,
    Emphasis,
    HorizontalItem,
    ImageTextArea,
    Jump,
    MainTitle,
    QuoteArea,
    Source,
    VerticalItem,
)
from .choices import BUTTON_LIST, SELECT_LIST, Button, ButtonSelection, Checkbox, Choice, Select, SubmitButton

TASK_ID_BYTES = 128
SUB_TITLE = 160  # characters, advised

_TASK_ID = Text(
    most=TASK_ID_BYTES, pattern=re.compile(r"[0-9A-Za-z_@-]+"), looks="digits, letters, `_`, `-` and `@` only"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(CardBlock):
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

    @property
    def calls_back(self) -> bool:
        """Whether a tap on it can call back. If not, no response_code belongs to it, and no update can reach it."""
        return self.HAS_LIVE_CONTROLS or bool(getattr(self, "action_menu", None))

    @property
    def questions(self) -> tuple[Choice, ...]:
        """The blocks in which members choose: drop-downs and ticks, in the order of the card."""
        return tuple(choice for _, choices in _choices(self) for choice in choices)

    def choosing(self, answers: Mapping[str, Iterable[str]]) -> Self:
        """The same card with these answers shown: question_key → ids of the options.

        For an update that shows what was chosen: `card.choosing(event.answers)`. What the card does not ask, and
        options it does not offer, are passed over.
        """
        changes: dict[str, Any] = {}
        for name, choices in _choices(self):
            shown = [one.choosing(answers[one.question_key]) if one.question_key in answers else one for one in choices]
            changes[name] = shown[0] if isinstance(getattr(self, name), Choice) else shown
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Card):
    """What both notices share: they lead somewhere when they are tapped, and call back through their menu alone."""

    card_action: Annotated[CardAction, One(CardAction)]
    action_menu: Annotated[ActionMenu | None, One(ActionMenu)] = None
    task_id: Annotated[str, _TASK_ID] = ""
    main_title: Annotated[MainTitle | None, One(MainTitle)] = None
    quote_area: Annotated[QuoteArea | None, QUOTE_AREA] = None
    horizontal_content_list: Annotated[Sequence[HorizontalItem], HORIZONTAL_CONTENT_LIST] = ()
    jump_list: Annotated[Sequence[Jump], JUMP_LIST] = ()

    def check_together(self) -> None:
        if self.card_action.type == NO_LINK:
            raise CardInvalid("card_action.type", "1 or 2 on a notice", self.card_action.type)
        if self.action_menu and not self.task_id:
            raise CardInvalid("task_id", "a text when there is an action_menu", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNotice(Notice):
    """A notice in words."""

    CARD_TYPE: ClassVar[str] = "text_notice"

    emphasis_content: Annotated[Emphasis | None, One(Emphasis)] = None
    sub_title_text: Annotated[str, Text(advised=SUB_TITLE)] = ""

    def check_together(self) -> None:
        Notice.check_together(self)
        if not self.sub_title_text and not (self.main_title and self.main_title.title):
            raise CardInvalid("main_title.title", "a text here or in sub_title_text", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsNotice(Notice):
    """A notice with a picture: large (card_image), or small beside a text (image_text_area)."""

    CARD_TYPE: ClassVar[str] = "news_notice"

    main_title: Annotated[MainTitle, One(MainTitle)]  # of a text_notice it may be None
    image_text_area: Annotated[ImageTextArea | None, One(ImageTextArea)] = None
    card_image: Annotated[CardImage | None, One(CardImage)] = None
    vertical_content_list: Annotated[Sequence[VerticalItem], VERTICAL_CONTENT_LIST] = ()

    def check_together(self) -> None:
        Notice.check_together(self)
        _needs_title(self.main_title)
        if not self.card_image and not self.image_text_area:
            raise CardInvalid("card_image", "a block here or in image_text_area", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction(Card):
    """What the types share that ask something: every answer calls back."""

    HAS_LIVE_CONTROLS: ClassVar[bool] = True

    task_id: Annotated[str, _TASK_ID]
    main_title: Annotated[MainTitle, One(MainTitle)]

    def check_together(self) -> None:
        _needs_title(self.main_title)


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonInteraction(Interaction):
    """A question with buttons, each of which calls back once it is pressed, perhaps with a drop-down."""

    CARD_TYPE: ClassVar[str] = "button_interaction"

    button_list: Annotated[Sequence[Button], BUTTON_LIST]
    action_menu: Annotated[ActionMenu | None, One(ActionMenu)] = None
    quote_area: Annotated[QuoteArea | None, QUOTE_AREA] = None
    sub_title_text: Annotated[str, Text(advised=SUB_TITLE)] = ""
    horizontal_content_list: Annotated[Sequence[HorizontalItem], HORIZONTAL_CONTENT_LIST] = ()
    card_action: Annotated[CardAction | None, One(CardAction)] = None
    button_selection: Annotated[ButtonSelection | None, One(ButtonSelection)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteInteraction(Interaction):
    """One question with up to 20 options to tick, and a button that sends the ticks off."""

    CARD_TYPE: ClassVar[str] = "vote_interaction"

    checkbox: Annotated[Checkbox, One(Checkbox)]
    submit_button: Annotated[SubmitButton, One(SubmitButton)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleInteraction(Interaction):
    """Up to three drop-downs, and a button that sends the answers off."""

    CARD_TYPE: ClassVar[str] = "multiple_interaction"

    select_list: Annotated[Sequence[Select], SELECT_LIST]
    submit_button: Annotated[SubmitButton, One(SubmitButton)]


CARD_TYPES: Sequence[type[Card]] = (
    TextNotice,
    NewsNotice,
    ButtonInteraction,
    VoteInteraction,
    MultipleInteraction,
)


def _needs_title(title: MainTitle) -> None:
    if not title.title:
        raise CardInvalid("main_title.title", "a text", "nothing")


def _choices(card: Card) -> Iterator[tuple[str, tuple[Choice, ...]]]:
    """The fields of a card in which members choose, with the questions there."""
    for f in fields(card):
        value = getattr(card, f.name)
        found = value if isinstance(value, tuple) else (value,)
        if found and all(isinstance(one, Choice) for one in found):
            yield f.name, found
