"""Facts: template cards as objects that are checked when they are made, and the two forms of an update.

Cards cannot be changed; `dataclasses.replace` makes another one, checked again. What WeCom refuses raises
CardInvalid; what it merely advises against is told by `advice()`.
Source: https://developer.work.weixin.qq.com/document/path/90236
"""

from wecom.errors import CardInvalid

from .base import Advice
from .blocks import (
    ActionMenu,
    Button,
    ButtonSelection,
    CardAction,
    Emphasis,
    HorizontalItem,
    Jump,
    MainTitle,
    MenuAction,
    QuoteArea,
    SelectionOption,
    Source,
)
from .types import TASK_ID_BYTES, ButtonInteraction, Card, TextNotice
from .updates import ButtonReplacement, CardReplacement

__all__ = [
    "TASK_ID_BYTES",
    "ActionMenu",
    "Advice",
    "Button",
    "ButtonInteraction",
    "ButtonReplacement",
    "ButtonSelection",
    "Card",
    "CardAction",
    "CardInvalid",
    "CardReplacement",
    "Emphasis",
    "HorizontalItem",
    "Jump",
    "MainTitle",
    "MenuAction",
    "QuoteArea",
    "SelectionOption",
    "Source",
    "TextNotice",
]
