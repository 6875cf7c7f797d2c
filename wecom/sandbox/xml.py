"""Facts: what the platform writes to the callback URL, and how it reads a passive reply.

Source: https://developer.work.weixin.qq.com/document/path/90240 and 90241
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from .crypto import BadReply

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LISTS = {
    "action_list",
    "button_list",
    "horizontal_content_list",
    "jump_list",
    "option_list",
    "select_list",
    "vertical_content_list",
}
_ONE_WORD = {
    "app_id": "appid",
    "check_box": "checkbox",
    "key_name": "keyname",
    "page_path": "pagepath",
    "user_id": "userid",
}
_NUMBERS = {"type", "style", "mode", "desc_color"}
_FRACTIONS = {"aspect_ratio"}
_FLAGS = {"is_checked", "disable"}


def write(fields: Mapping[str, Any]) -> str:
    """<xml>…</xml> of names and values: numbers bare, texts in CDATA, tuples of pairs as children."""
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def selected_items(selections: Mapping[str, Iterable[str]]) -> tuple[tuple[str, Any], ...]:
    """SelectedItems of a tap: one entry a question, its chosen options inside."""
    return tuple(
        ("SelectedItem", (("QuestionKey", key), ("OptionIds", tuple(("OptionId", option) for option in options))))
        for key, options in selections.items()
    )


def read(raw: bytes) -> Element:
    """The root of an answer; raises BadReply where it is no XML or carries a DTD."""
    try:
        root = ElementTree.fromstring(raw, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as exc:
        raise BadReply("the answer is no XML") from exc
    if root.tag != "xml":
        raise BadReply("the root is not <xml>")
    return root


def text_of(root: Element, path: str) -> str:
    return (root.findtext(path) or "").strip()


def card_of(element: Element) -> dict[str, Any]:
    """The template_card object behind a <TemplateCard> whose names are in CamelCase."""
    card: dict[str, Any] = {}
    for child in element:
        name = _snake(child.tag)
        value = card_of(child) if len(child) else _value(name, (child.text or "").strip())
        if name in _LISTS:
            card.setdefault(name, []).append(value)
        else:
            card[name] = value
    return card


def _element(name: str, value: Any) -> str:
    match value:
        case tuple():
            inner = "".join(_element(child, content) for child, content in value)
        case int():
            inner = str(value)
        case _:
            safe = _FORBIDDEN.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
            inner = f"<![CDATA[{safe}]]>"
    return f"<{name}>{inner}</{name}>"


def _value(name: str, text: str) -> Any:
    if name in _NUMBERS and text.isdecimal():
        return int(text)
    if name in _FRACTIONS and re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return text.lower() in ("1", "true") if name in _FLAGS else text


def _snake(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return _ONE_WORD.get(snake, snake)
