"""Facts: the blocks of template cards that members answer with: buttons, drop-downs, ticks.

Source: https://developer.work.weixin.qq.com/document/path/90236
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Self

from wecom.payloads import Flag, Many, Number, Text

from .blocks import KEY, PLAIN, URL, CardBlock

# Bytes. WeCom refuses more.
OPTION_ID_BYTES = 128

# How many. WeCom refuses more.
BUTTONS = 6
DROP_DOWN_OPTIONS = 10
CHECKBOX_OPTIONS = 20
SELECTS = 3

# Characters. WeCom advises to stay within.
BUTTON_TEXT = 10
OPTION_TEXT = 16
TICK_TEXT = 17

# `mode` of a checkbox.
SINGLE = 0
MULTIPLE = 1

_OPTION_ID = Text(most=OPTION_ID_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button(CardBlock):
    """A button that calls back with `key` (type 0), or opens `url` (type 1).

    style  1 emphasised, 2 less so; 3 and 4 look different from client to client
    """

    PATH: ClassVar[str] = "button_list[]"
    NEEDS: ClassVar[Mapping[int, str]] = {0: "key", 1: "url"}

    text: Annotated[str, Text(advised=BUTTON_TEXT)]
    type: Annotated[int, Number((0, 1))] = 0
    style: Annotated[int, Number((1, 2, 3, 4))] = 1
    key: Annotated[str, KEY] = ""
    url: Annotated[str, URL] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitButton(CardBlock):
    """What sends the answers off; `key` comes back as EventKey. Without a text WeCom writes 提交."""

    PATH: ClassVar[str] = "submit_button"

    key: Annotated[str, KEY]
    text: Annotated[str, Text(advised=BUTTON_TEXT)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(CardBlock):
    """A question with options. An update may forbid any further choice; see CardReplacement.

    question_key  comes back as QuestionKey
    """

    question_key: Annotated[str, KEY]

    def choosing(self, option_ids: Iterable[str]) -> Self:
        """The same question with these options chosen; ids it does not have are passed over."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionOption(CardBlock):
    """One option of a drop-down; `id` comes back as OptionId."""

    PATH: ClassVar[str] = "option_list[]"

    id: Annotated[str, _OPTION_ID]
    text: Annotated[str, Text(advised=OPTION_TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDown(Choice):
    """A question of which one option is chosen. An unknown or empty selected_id means the first option."""

    option_list: Annotated[Sequence[SelectionOption], Many(SelectionOption, 1, DROP_DOWN_OPTIONS, unique="id")]
    title: Annotated[str, PLAIN] = ""
    selected_id: Annotated[str, PLAIN] = ""

    def choosing(self, option_ids: Iterable[str]) -> Self:
        known = {option.id for option in self.option_list}
        return replace(self, selected_id=next((one for one in option_ids if one in known), self.selected_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonSelection(DropDown):
    """The one drop-down of a button card."""

    PATH: ClassVar[str] = "button_selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(DropDown):
    """One of the drop-downs of multiple_interaction."""

    PATH: ClassVar[str] = "select_list[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckboxOption(CardBlock):
    """One option of a vote; `id` comes back as OptionId."""

    PATH: ClassVar[str] = "checkbox.option_list[]"

    id: Annotated[str, _OPTION_ID]
    text: Annotated[str, Text(advised=TICK_TEXT)]
    is_checked: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkbox(Choice):
    """The question of a vote. mode: 0 one option may be chosen, 1 several."""

    PATH: ClassVar[str] = "checkbox"

    option_list: Annotated[Sequence[CheckboxOption], Many(CheckboxOption, 1, CHECKBOX_OPTIONS, unique="id")]
    mode: Annotated[int, Number((SINGLE, MULTIPLE))] = SINGLE

    def choosing(self, option_ids: Iterable[str]) -> Self:
        chosen = set(option_ids)
        return replace(
            self, option_list=[replace(option, is_checked=option.id in chosen) for option in self.option_list]
        )


# The lists of blocks that types of card have.
BUTTON_LIST = Many(Button, 1, BUTTONS, unique="key")
SELECT_LIST = Many(Select, 1, SELECTS, unique="question_key")
