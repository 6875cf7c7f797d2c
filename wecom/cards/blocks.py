"""Facts: the blocks of template cards that show something, each with its limits; those to answer with: choices.py.

Source: https://developer.work.weixin.qq.com/document/path/90236
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from wecom.errors import CardInvalid, ContentInvalid
from wecom.payloads import Between, Block, Many, Number, One, Text

# Bytes. WeCom refuses more.
KEY_BYTES = 1024

# How many. WeCom refuses more.
ACTION_MENU_ENTRIES = 3
HORIZONTAL_ITEMS = 6
VERTICAL_ITEMS = 4
JUMPS = 3

# Width divided by height.
ASPECT_LEAST = 1.3
ASPECT_MOST = 2.25

# Characters. WeCom advises to stay within, and shows longer texts cut where there is no room.
SOURCE_DESC = 20
MAIN_TITLE = 36
MAIN_DESC = 44
EMPHASIS_TITLE = 14
EMPHASIS_DESC = 22
KEYNAME = 5
VALUE = 30
JUMP_TITLE = 18
VERTICAL_TITLE = 38
VERTICAL_DESC = 160

# `type` of whatever can be tapped.
NO_LINK = 0
TO_URL = 1
TO_MINIPROGRAM = 2

URL = Text(pattern=re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+"), looks="an address with its scheme")
PLAIN = Text()
KEY = Text(most=KEY_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBlock(Block):
    """Any piece of a card; what is wrong with it raises CardInvalid."""

    ERROR: ClassVar[type[ContentInvalid]] = CardInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(CardBlock):
    """The line above everything that says where the card comes from. Colours: 0 grey, 1 black, 2 red, 3 green."""

    PATH: ClassVar[str] = "source"

    icon_url: Annotated[str, URL] = ""
    desc: Annotated[str, Text(advised=SOURCE_DESC)] = ""
    desc_color: Annotated[int, Number(range(4))] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuAction(CardBlock):
    """One entry of the menu; `key` comes back as EventKey."""

    PATH: ClassVar[str] = "action_menu.action_list[]"

    text: Annotated[str, PLAIN]
    key: Annotated[str, KEY]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionMenu(CardBlock):
    """The menu in the corner. The card then needs a task_id."""

    PATH: ClassVar[str] = "action_menu"

    action_list: Annotated[Sequence[MenuAction], Many(MenuAction, 1, ACTION_MENU_ENTRIES, unique="key")]
    desc: Annotated[str, PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainTitle(CardBlock):
    """The large line and the smaller one below it."""

    PATH: ClassVar[str] = "main_title"

    title: Annotated[str, Text(advised=MAIN_TITLE)] = ""
    desc: Annotated[str, Text(advised=MAIN_DESC)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(CardBlock):
    """What all tappable blocks have in common."""

    NEEDS: ClassVar[Mapping[int, str]] = {TO_URL: "url", TO_MINIPROGRAM: "appid"}

    type: Annotated[int, Number((NO_LINK, TO_URL, TO_MINIPROGRAM))] = NO_LINK
    url: Annotated[str, URL] = ""
    appid: Annotated[str, PLAIN] = ""
    pagepath: Annotated[str, PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteArea(Link):
    """A quotation: in this project the words of whoever asks."""

    PATH: ClassVar[str] = "quote_area"

    title: Annotated[str, PLAIN] = ""
    quote_text: Annotated[str, PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis(CardBlock):
    """A few large characters; text_notice only."""

    PATH: ClassVar[str] = "emphasis_content"

    title: Annotated[str, Text(advised=EMPHASIS_TITLE)] = ""
    desc: Annotated[str, Text(advised=EMPHASIS_DESC)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizontalItem(CardBlock):
    """A name and its value on one line. Types: 0 text, 1 URL, 2 download, 3 a member's details.

    value  for type 2 the file's name with its extension
    """

    PATH: ClassVar[str] = "horizontal_content_list[]"
    NEEDS: ClassVar[Mapping[int, str]] = {1: "url", 2: "media_id", 3: "userid"}

    keyname: Annotated[str, Text(advised=KEYNAME)]
    value: Annotated[str, Text(advised=VALUE)] = ""
    type: Annotated[int, Number(range(4))] = 0
    url: Annotated[str, URL] = ""
    media_id: Annotated[str, PLAIN] = ""
    userid: Annotated[str, PLAIN] = ""


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
class ImageTextArea(Link):
    """A small picture on the left, a title and a few words beside it; news_notice only."""

    PATH: ClassVar[str] = "image_text_area"

    image_url: Annotated[str, URL]
    title: Annotated[str, PLAIN] = ""
    desc: Annotated[str, PLAIN] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardImage(CardBlock):
    """The picture over the whole width; news_notice only. aspect_ratio is its width divided by its height.

    The page says more than 1.3 and less than 2.25; its own examples use both ends, so they are allowed here.
    """

    PATH: ClassVar[str] = "card_image"

    url: Annotated[str, URL]
    aspect_ratio: Annotated[float, Between(ASPECT_LEAST, ASPECT_MOST)] = ASPECT_LEAST


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalItem(CardBlock):
    """A title with its text below; news_notice only."""

    PATH: ClassVar[str] = "vertical_content_list[]"

    title: Annotated[str, Text(advised=VERTICAL_TITLE)]
    desc: Annotated[str, Text(advised=VERTICAL_DESC)] = ""


# The blocks that several types of card have.
HORIZONTAL_CONTENT_LIST = Many(HorizontalItem, 0, HORIZONTAL_ITEMS)
VERTICAL_CONTENT_LIST = Many(VerticalItem, 0, VERTICAL_ITEMS)
JUMP_LIST = Many(Jump, 0, JUMPS)
QUOTE_AREA = One(QuoteArea)
