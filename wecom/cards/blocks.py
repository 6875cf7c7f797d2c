"""Facts: the blocks that template cards are made of, each with its limits.

Source: https://developer.work.weixin.qq.com/document/path/90236
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from .base import Block, Many, Number, One, Text

# Bytes. WeCom refuses more.
KEY_BYTES = 1024
OPTION_ID_BYTES = 128

# How many. WeCom refuses more.
ACTION_MENU_ENTRIES = 3
HORIZONTAL_ITEMS = 6
JUMPS = 3
BUTTONS = 6
SELECTION_OPTIONS = 10

# Characters. WeCom advises to stay within, and shows longer texts cut where there is no room.
SOURCE_DESC = 20
MAIN_TITLE = 36
MAIN_DESC = 44
EMPHASIS_TITLE = 14
EMPHASIS_DESC = 22
KEYNAME = 5
VALUE = 30
JUMP_TITLE = 18
BUTTON_TEXT = 10
OPTION_TEXT = 16

# `type` of whatever can be tapped.
NO_LINK = 0
TO_URL = 1
TO_MINIPROGRAM = 2

_URL = Text(pattern=re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+"), looks="an address with its scheme")
_PLAIN = Text()
_KEY = Text(most=KEY_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Block):
    """The line above everything that says where the card comes from. Colours: 0 grey, 1 black, 2 red, 3 green."""

    PATH: ClassVar[str] = "source"

    icon_url: Annotated[str, _URL] = ""
    desc: Annotated[str, Text(advised=SOURCE_DESC)] = ""
    desc_color: Annotated[int, Number(range(4))] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuAction(Block):
    """One entry of the menu; `key` comes back as EventKey."""

    PATH: ClassVar[str] = "action_menu.action_list[]"

    text: Annotated[str, _PLAIN]
    key: Annotated[str, _KEY]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionMenu(Block):
    """The menu in the corner. The card then needs a task_id."""

    PATH: ClassVar[str] = "action_menu"

    action_list: Annotated[Sequence[MenuAction], Many(MenuAction, 1, ACTION_MENU_ENTRIES, unique="key")]
    desc: Annotated[str, _PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainTitle(Block):
    """The large line and the smaller one below it."""

    PATH: ClassVar[str] = "main_title"

    title: Annotated[str, Text(advised=MAIN_TITLE)] = ""
    desc: Annotated[str, Text(advised=MAIN_DESC)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Block):
    """What all tappable blocks have in common."""

    NEEDS: ClassVar[Mapping[int, str]] = {TO_URL: "url", TO_MINIPROGRAM: "appid"}

    type: Annotated[int, Number((NO_LINK, TO_URL, TO_MINIPROGRAM))] = NO_LINK
    url: Annotated[str, _URL] = ""
    appid: Annotated[str, _PLAIN] = ""
    pagepath: Annotated[str, _PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteArea(Link):
    """A quotation: in this project the words of whoever asks."""

    PATH: ClassVar[str] = "quote_area"

    title: Annotated[str, _PLAIN] = ""
    quote_text: Annotated[str, _PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis(Block):
    """A few large characters; text_notice only."""

    PATH: ClassVar[str] = "emphasis_content"

    title: Annotated[str, Text(advised=EMPHASIS_TITLE)] = ""
    desc: Annotated[str, Text(advised=EMPHASIS_DESC)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizontalItem(Block):
    """A name and its value on one line. Types: 0 text, 1 URL, 2 download, 3 a member's details.

    value  for type 2 the file's name with its extension
    """

    PATH: ClassVar[str] = "horizontal_content_list[]"
    NEEDS: ClassVar[Mapping[int, str]] = {1: "url", 2: "media_id", 3: "userid"}

    keyname: Annotated[str, Text(advised=KEYNAME)]
    value: Annotated[str, Text(advised=VALUE)] = ""
    type: Annotated[int, Number(range(4))] = 0
    url: Annotated[str, _URL] = ""
    media_id: Annotated[str, _PLAIN] = ""
    userid: Annotated[str, _PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump(Link):
    """One line at the foot of a notice that leads somewhere."""

    PATH: ClassVar[str] = "jump_list[]"

    title: Annotated[str, Text(advised=JUMP_TITLE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction(Link):
    """Where a tap on the card itself leads. Notices need one of type 1 or 2."""

    PATH: ClassVar[str] = "card_action"

    type: Annotated[int, Number((NO_LINK, TO_URL, TO_MINIPROGRAM))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Block):
    """A block in which members choose. An update may forbid it; see CardReplacement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionOption(Block):
    """One option of a drop-down; `id` comes back as OptionId."""

    PATH: ClassVar[str] = "option_list[]"

    id: Annotated[str, Text(most=OPTION_ID_BYTES)]
    text: Annotated[str, Text(advised=OPTION_TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonSelection(Choice):
    """The drop-down of a button card. An unknown or empty selected_id means the first option."""

    PATH: ClassVar[str] = "button_selection"

    question_key: Annotated[str, _KEY]
    option_list: Annotated[Sequence[SelectionOption], Many(SelectionOption, 1, SELECTION_OPTIONS, unique="id")]
    title: Annotated[str, _PLAIN] = ""
    selected_id: Annotated[str, _PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button(Block):
    """A button that calls back with `key` (type 0), or opens `url` (type 1).

    style  1 emphasised, 2 less so; 3 and 4 look different from client to client
    """

    PATH: ClassVar[str] = "button_list[]"
    NEEDS: ClassVar[Mapping[int, str]] = {0: "key", 1: "url"}

    text: Annotated[str, Text(advised=BUTTON_TEXT)]
    type: Annotated[int, Number((0, 1))] = 0
    style: Annotated[int, Number((1, 2, 3, 4))] = 1
    key: Annotated[str, _KEY] = ""
    url: Annotated[str, _URL] = ""


# The lists of blocks that several types of card have.
HORIZONTAL_CONTENT_LIST = Many(HorizontalItem, 0, HORIZONTAL_ITEMS)
JUMP_LIST = Many(Jump, 0, JUMPS)
BUTTON_LIST = Many(Button, 1, BUTTONS, unique="key")
QUOTE_AREA = One(QuoteArea)
