"""Facts: template cards as objects that are checked when they are made, and the two forms of an update.

    card = VoteInteraction(task_id="lf-43", main_title=MainTitle(title="..."), checkbox=..., submit_button=...)
    card.to_payload()                      the `template_card` object of message/send
    Card.from_payload(payload) == card
    card.advice()                          texts that are longer than WeCom advises
    card.choosing({"where": ["canteen"]})  the same card with these answers shown
    ButtonReplacement(replace_name="...").to_payload()                       form A of an update
    CardReplacement(card=card, replace_text="...", disable_choices=True)     form B
    read_update(payload, original=card)    either form, checked against the card that it changes

Cards cannot be changed; `dataclasses.replace` makes another one, checked again. What WeCom refuses raises
CardInvalid; what it merely advises against is told by `advice()`.
Source: https://developer.work.weixin.qq.com/document/path/90236
"""

from wecom.errors import CardInvalid
from wecom.payloads import Advice

from .blocks import (
    ActionMenu,
    CardAction,
    CardImage,
    Emphasis,
    HorizontalItem,
    ImageTextArea,
    Jump,
    MainTitle,
    MenuAction,
    QuoteArea,
    Source,
    VerticalItem,
)
from .choices import (
    Button,
    ButtonSelection,
    Checkbox,
    CheckboxOption,
    Choice,
    Select,
    SelectionOption,
    SubmitButton,
)
from .types import (
    CARD_TYPES,
    TASK_ID_BYTES,
    ButtonInteraction,
    Card,
    MultipleInteraction,
    NewsNotice,
    TextNotice,
    VoteInteraction,
)
from .updates import ButtonReplacement, CardReplacement, read_update

__all__ = [
    "CARD_TYPES",
    "TASK_ID_BYTES",
    "ActionMenu",
    "Advice",
    "Button",
    "ButtonInteraction",
    "ButtonReplacement",
    "ButtonSelection",
    "Card",
    "CardAction",
    "CardImage",
    "CardInvalid",
    "CardReplacement",
    "Checkbox",
    "CheckboxOption",
    "Choice",
    "Emphasis",
    "HorizontalItem",
    "ImageTextArea",
    "Jump",
    "MainTitle",
    "MenuAction",
    "MultipleInteraction",
    "NewsNotice",
    "QuoteArea",
    "Select",
    "SelectionOption",
    "Source",
    "SubmitButton",
    "TextNotice",
    "VerticalItem",
    "VoteInteraction",
    "read_update",
]
