"""Facts: what the platform accepts in a card, by the documented limits alone.

The sandbox's own copy of them, so that it can judge the product's. Lengths that the documentation only recommends are
not refused. Each rule raises the Refusal of its documented errcode; where none is documented, 40058.
Source: https://developer.work.weixin.qq.com/document/path/90236 and 94888
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errcodes import Refusal

INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")
NOTICES = ("text_notice", "news_notice")

KEY_BYTES = 1024
TASK_ID_BYTES = 128
OPTION_ID_BYTES = 128
BUTTONS = 6
LINES = 6
ENTRIES = 4
LINKS = 3
MENU_ENTRIES = 3
OPTIONS = 10
VOTE_OPTIONS = 20
SELECTS = 3

_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]+\Z")


def check_card(card: Any, *, update: bool = False) -> None:
    """Refuse a card the platform would refuse; `update` for one that replaces another (it needs no task_id)."""
    card = _object(card, "template_card")
    kind = card.get("card_type")
    if kind is None and not _words(_object(card.get("main_title"), "main_title"), "title"):
        raise Refusal(41016, "template_card.main_title.title")
    if kind not in INTERACTIVE + NOTICES:
        raise Refusal(42031, "template_card.card_type")
    if not update:
        check_task_id(card)
    _check_titles(card, kind)
    _check_common(card)
    _BODIES[kind](card)


def is_interactive(card: Mapping[str, Any]) -> bool:
    """Whether a tap on this card can call back, so that a response_code belongs to it."""
    return card.get("card_type") in INTERACTIVE or bool(card.get("action_menu"))


def check_task_id(card: Mapping[str, Any]) -> None:
    task_id = card.get("task_id")
    if task_id is None and not is_interactive(card):
        return
    if not isinstance(task_id, str) or len(task_id.encode()) > TASK_ID_BYTES or not _TASK_ID.match(task_id):
        raise Refusal(42014, "template_card.task_id")


def _check_titles(card: Mapping[str, Any], kind: str) -> None:
    title = _words(_object(card.get("main_title"), "main_title"), "title")
    _words(_object(card.get("main_title"), "main_title"), "desc")
    instead = _words(card, "sub_title_text") if kind == "text_notice" else ""
    if not title and not instead:
        raise Refusal(41016, "template_card.main_title.title")


def _check_common(card: Mapping[str, Any]) -> None:
    _words(_object(card.get("source"), "source"), "desc")
    _words(card, "sub_title_text")
    _link(_object(card.get("quote_area"), "quote_area"), "quote_area")
    _check_menu(card.get("action_menu"))
    _check_lines(card)
    for entry in _list(card, "vertical_content_list", 0, ENTRIES, 42036):
        _required(entry, "title", 42033, "vertical_content_list.title")
    for entry in _list(card, "jump_list", 0, LINKS, 42042):
        _required(entry, "title", 42033, "jump_list.title")
        _link(entry, "jump_list")


def _check_menu(menu: Any) -> None:
    if menu is None:
        return
    entries = _list(_object(menu, "action_menu"), "action_list", 1, MENU_ENTRIES, 40058)
    for entry in entries:
        _required(entry, "text", 40058, "action_menu.action_list.text")
        _key(entry, "key", 40058, "action_menu.action_list.key")
    _unique((entry["key"] for entry in entries), 42051, "action_menu.action_list.key")


def _check_lines(card: Mapping[str, Any]) -> None:
    for line in _list(card, "horizontal_content_list", 0, LINES, 42035):
        _required(line, "keyname", 42027, "horizontal_content_list.keyname")
        _words(line, "value")
        match line.get("type", 0):
            case 0:
                pass
            case 1:
                _url(line, "horizontal_content_list.url")
            case 2:
                _required(line, "media_id", 42029, "horizontal_content_list.media_id")
            case 3:
                _required(line, "userid", 42050, "horizontal_content_list.userid")
            case _:
                raise Refusal(40058, "horizontal_content_list.type")


def _check_notice(card: Mapping[str, Any]) -> None:
    action = _object(card.get("card_action"), "card_action")
    if action.get("type") not in (1, 2):
        raise Refusal(42045, "card_action.type")
    _link(action, "card_action")


def _check_news(card: Mapping[str, Any]) -> None:
    _check_notice(card)
    image, area = card.get("card_image"), card.get("image_text_area")
    if image is None and area is None:
        raise Refusal(42044, "card_image.url")
    if image is not None:
        _required(_object(image, "card_image"), "url", 42044, "card_image.url")
        ratio = image.get("aspect_ratio", 1.3)
        if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
            raise Refusal(40058, "card_image.aspect_ratio")
    if area is not None:
        _required(_object(area, "image_text_area"), "image_url", 40058, "image_text_area.image_url")
        _link(area, "image_text_area")


def _check_buttons(card: Mapping[str, Any]) -> None:
    if card.get("card_action") is not None:
        action = _object(card["card_action"], "card_action")
        if action.get("type") not in (0, 1, 2):
            raise Refusal(42045, "card_action.type")
        _link(action, "card_action")
    if card.get("button_selection") is not None:
        _check_question(_object(card["button_selection"], "button_selection"), OPTIONS)
    buttons = _list(card, "button_list", 1, BUTTONS, 40058)
    for button in buttons:
        _required(button, "text", 42038, "button_list.text")
        if button.get("type", 0) == 1:
            _url(button, "button_list.url")
        else:
            _key(button, "key", 42039, "button_list.key")
    _unique((b["key"] for b in buttons if b.get("type", 0) != 1), 42039, "button_list.key")


def _check_vote(card: Mapping[str, Any]) -> None:
    box = _object(card.get("checkbox"), "checkbox")
    if box.get("mode", 0) not in (0, 1):
        raise Refusal(40058, "checkbox.mode")
    _check_question(box, VOTE_OPTIONS)
    _check_submit(card)


def _check_multiple(card: Mapping[str, Any]) -> None:
    selects = _list(card, "select_list", 1, SELECTS, 42047)
    for select in selects:
        _check_question(select, OPTIONS)
    _unique((s["question_key"] for s in selects), 42043, "select_list.question_key")
    _check_submit(card)


def _check_submit(card: Mapping[str, Any]) -> None:
    _key(_object(card.get("submit_button"), "submit_button"), "key", 42046, "submit_button.key")


def _check_question(question: Mapping[str, Any], most: int) -> None:
    _key(question, "question_key", 42043, "question_key")
    options = _list(question, "option_list", 1, most, 42037)
    for option in options:
        if len(_required(option, "id", 42040, "option_list.id").encode()) > OPTION_ID_BYTES:
            raise Refusal(42040, "option_list.id")
        _required(option, "text", 42041, "option_list.text")
    _unique((option["id"] for option in options), 42040, "option_list.id")


_BODIES: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "text_notice": _check_notice,
    "news_notice": _check_news,
    "button_interaction": _check_buttons,
    "vote_interaction": _check_vote,
    "multiple_interaction": _check_multiple,
}

# --- Small words the rules are made of ----------------------------------------------------------------------------


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(40058, name)
    return value


def _list(owner: Mapping[str, Any], name: str, least: int, most: int, errcode: int) -> list[dict[str, Any]]:
    value = owner.get(name)
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Refusal(40058, name)
    if not least <= len(value) <= most:
        raise Refusal(errcode, f"{name} has {len(value)}, allowed {least} to {most}")
    return value


def _words(owner: Mapping[str, Any], name: str) -> str:
    value = owner.get(name, "")
    if not isinstance(value, str):
        raise Refusal(40058, name)
    return value


def _required(owner: Mapping[str, Any], name: str, errcode: int, hint: str) -> str:
    value = _words(owner, name)
    if not value:
        raise Refusal(errcode, hint)
    return value


def _key(owner: Mapping[str, Any], name: str, errcode: int, hint: str) -> None:
    if len(_required(owner, name, errcode, hint).encode()) > KEY_BYTES:
        raise Refusal(errcode, f"{hint} is longer than {KEY_BYTES} bytes")


def _unique(values: Iterable[str], errcode: int, hint: str) -> None:
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise Refusal(errcode, f"{hint} is not unique")


def _url(owner: Mapping[str, Any], hint: str) -> None:
    if not _required(owner, "url", 42028, hint).startswith(("http://", "https://")):
        raise Refusal(45034, hint)


def _link(owner: Mapping[str, Any], name: str) -> None:
    """type 1 opens an address, type 2 a mini program."""
    match owner.get("type", 0):
        case 1:
            _url(owner, f"{name}.url")
        case 2:
            _required(owner, "appid", 42030, f"{name}.appid")
        case 0:
            pass
        case _:
            raise Refusal(42045 if name == "card_action" else 40058, f"{name}.type")
