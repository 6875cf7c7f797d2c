"""Writes docs/vectors/events.json and cards.json: the cases below, with what our typed code makes of them.

    python -m tests.wecom.conformance

Whoever adds an event or a type of card adds a case here, runs this, and reads the difference before keeping it:
test_conformance.py reads the files alone.
"""

import copy
import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.support import ROOT
from wecom import events
from wecom.cards import Card, CardInvalid

FOLDER = ROOT / "docs" / "vectors"
APP = "default"

# --- Events -----------------------------------------------------------------------------------------------------------

COMMON = {
    "ToUserName": "ww5a6f0c1d2e3b4a59",
    "FromUserName": "LiSi",
    "CreateTime": "1721000123",
    "AgentID": "1000042",
}
TAP = {
    "MsgType": "event",
    "Event": "template_card_event",
    "EventKey": "confirm",
    "TaskId": "lf-42-7f3a@1",
    "CardType": "button_interaction",
    "ResponseCode": "RC_0123456789abcdef",
}


def xml_of(**elements: str) -> str:
    """A message whose elements have these texts; what WeCom sends as a number stays bare, the rest is CDATA."""
    written = {**COMMON, **elements}
    return f"<xml>{''.join(_element(name, text) for name, text in written.items())}</xml>"


def _element(name: str, text: str) -> str:
    bare = name in ("CreateTime", "AgentID", "MsgId") or text.startswith("<")
    return f"<{name}>{text}</{name}>" if bare else f"<{name}><![CDATA[{text}]]></{name}>"


def chosen(group: str = "OptionIds", option: str = "OptionId", **answers: list[str]) -> str:
    """SelectedItems: for each question what was chosen."""
    return "".join(
        f"<SelectedItem><QuestionKey><![CDATA[{key}]]></QuestionKey>"
        f"<{group}>{''.join(f'<{option}><![CDATA[{one}]]></{option}>' for one in ids)}</{group}></SelectedItem>"
        for key, ids in answers.items()
    )


EVENTS: dict[str, str] = {
    "card-button": xml_of(**TAP),
    "card-vote": xml_of(
        **{**TAP, "CardType": "vote_interaction", "EventKey": "submit"}, SelectedItems=chosen(where=["hall", "desk"])
    ),
    "card-two-questions": xml_of(
        **{**TAP, "CardType": "multiple_interaction"}, SelectedItems=chosen(where=["hall"], when=["noon"])
    ),
    "card-question-without-answer": xml_of(**TAP, SelectedItems=chosen(where=[])),
    "card-misspelt-options": xml_of(**TAP, SelectedItems=chosen("OpitonIds", "OpitonId", where=["hall"])),
    "card-menu": xml_of(**{**TAP, "Event": "template_card_menu_event", "EventKey": "not-today"}),
    "text": xml_of(MsgType="text", Content="丢了一把蓝色的雨伞 ☂ <b>&amp;</b>", MsgId="7391234567890123456"),
    "text-empty": xml_of(MsgType="text", Content="", MsgId="7391234567890123457"),
    "image": xml_of(
        MsgType="image", PicUrl="https://example.com/p.jpg", MediaId="MEDIA-1_x", MsgId="7391234567890123458"
    ),
    "enter": xml_of(MsgType="event", Event="enter_agent", EventKey=""),
    "subscribe": xml_of(MsgType="event", Event="subscribe"),
    "unsubscribe": xml_of(MsgType="event", Event="unsubscribe"),
    "unknown-event": xml_of(MsgType="event", Event="something_new", Novelty="1"),
    "unknown-message": xml_of(MsgType="hologram", MsgId="1"),
    "other-order-and-line-breaks": "<xml>\n  <Event>enter_agent</Event>\n  <MsgType>event</MsgType>\n"
    "  <AgentID>1000042</AgentID>\n  <CreateTime>1721000123</CreateTime>\n  <FromUserName>LiSi</FromUserName>\n</xml>",
    "entities-instead-of-cdata": xml_of(MsgType="text", MsgId="2").replace(
        "</xml>", "<Content>&lt;a&gt; &amp; &#20002;</Content></xml>"
    ),
    "cdata-in-two-parts": xml_of(MsgType="text", MsgId="3").replace(
        "</xml>", "<Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>"
    ),
    "no-time": xml_of(MsgType="event", Event="subscribe", CreateTime=""),
}
MALFORMED = {
    "empty": ("", "nothing at all"),
    "no-xml": ("MsgType=event", "not XML"),
    "cut-off": (xml_of(**TAP)[:-6], "the end is missing"),
    "other-root": ("<message><MsgType>event</MsgType></message>", "the root element is not <xml>"),
    "twice": (xml_of(**TAP).replace("</xml>", "<EventKey>decline</EventKey></xml>"), "two EventKey: which is meant?"),
    "nested": (xml_of(MsgType="text", MsgId="1", Content="<b>1</b>"), "an element where a text belongs"),
    "entity": (f'<!DOCTYPE xml [<!ENTITY e "x">]>{xml_of(MsgType="&e;")}', "a DTD is refused unread"),
}


def plain(event: events.Event) -> dict[str, Any]:
    """An event as JSON: our names of the fields, moments as seconds since the epoch."""
    values = {name: _plain(value) for name, value in dataclasses.asdict(event).items() if name != "app"}
    return {"type": event.NAME or "unknown", **values}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def events_file() -> dict[str, Any]:
    return {
        "about": "Decrypted messages of callbacks, and what they say. See README.md.",
        "events": [
            {"id": name, "xml": xml, "fields": plain(events.parse(xml.encode(), app=APP))}
            for name, xml in EVENTS.items()
        ],
        "malformed": [{"id": name, "xml": xml, "reason": why} for name, (xml, why) in MALFORMED.items()],
    }


# --- Cards ------------------------------------------------------------------------------------------------------------

URL = "https://lf.example.com/items/42"
SOURCE = {"icon_url": "https://lf.example.com/icon.png", "desc": "失物招领", "desc_color": 1}
TITLE = {"title": "有人认领您捡到的工卡", "desc": "编号 42"}
MENU = {"desc": "更多", "action_list": [{"text": "今天不再提醒", "key": "not-today"}]}
LINES = [
    {"keyname": "地点", "value": "二号楼食堂"},
    {"keyname": "照片", "value": "打开", "type": 1, "url": URL},
    {"keyname": "清单", "value": "清单.pdf", "type": 2, "media_id": "MEDIA-1"},
    {"keyname": "失主", "value": "张三", "type": 3, "userid": "zhangsan"},
]
QUOTE = {"type": 1, "url": URL, "title": "失主留言", "quote_text": "卡套是蓝色的"}
OPTIONS = [{"id": "hall", "text": "前台"}, {"id": "desk", "text": "保安室"}]
BUTTONS = [{"text": "确认", "key": "confirm"}, {"text": "婉拒", "style": 2, "key": "decline"}]
MINIPROGRAM = {"type": 2, "appid": "wx0000000000000001", "pagepath": "pages/index"}

BUTTON_CARD: dict[str, Any] = {
    "card_type": "button_interaction",
    "task_id": "lf-42-7f3a@1",
    "main_title": TITLE,
    "button_list": BUTTONS,
}
NOTICE: dict[str, Any] = {
    "card_type": "text_notice",
    "card_action": {"type": 1, "url": URL},
    "sub_title_text": "工卡已归还",
}
VALID: dict[str, dict[str, Any]] = {
    "button-smallest": BUTTON_CARD,
    "button-full": {
        **BUTTON_CARD,
        "source": SOURCE,
        "action_menu": MENU,
        "quote_area": QUOTE,
        "sub_title_text": "点击确认后，失主会收到您的联系方式",
        "horizontal_content_list": LINES,
        "card_action": MINIPROGRAM,
        "button_selection": {
            "question_key": "where",
            "title": "放在哪里",
            "option_list": OPTIONS,
            "selected_id": "desk",
        },
    },
    "button-that-opens-an-address": {**BUTTON_CARD, "button_list": [{"text": "打开", "type": 1, "url": URL}]},
    "button-six": {**BUTTON_CARD, "button_list": [{"text": f"第 {n}", "key": f"k{n}"} for n in range(6)]},
    "button-task-id-of-128-bytes": {**BUTTON_CARD, "task_id": "t" * 128},
    "button-text-longer-than-advised": {**BUTTON_CARD, "main_title": {"title": "长" * 37}},
    "notice-smallest": NOTICE,
    "notice-full": {
        **NOTICE,
        "task_id": "lf-42-n@1",
        "source": SOURCE,
        "action_menu": MENU,
        "main_title": TITLE,
        "quote_area": QUOTE,
        "emphasis_content": {"title": "3", "desc": "件待认领"},
        "horizontal_content_list": LINES,
        "jump_list": [{"title": "全部", "type": 1, "url": URL}, {"title": "小程序", **MINIPROGRAM}, {"title": "说明"}],
    },
}


def changed(card: dict[str, Any], *path: Any) -> dict[str, Any]:
    """The card with the last of `path` put where the others lead; None takes the field away."""
    made = copy.deepcopy(card)
    *way, name, value = path
    spot: Any = made
    for step in way:
        spot = spot[step]
    if value is None:
        del spot[name]
    else:
        spot[name] = value
    return made


_FULL, _FULL_NOTICE = VALID["button-full"], VALID["notice-full"]
INVALID: dict[str, tuple[Any, str]] = {
    "no-object": ([], "a card is an object"),
    "no-type": (changed(BUTTON_CARD, "card_type", None), "card_type is missing"),
    "unknown-type": (changed(BUTTON_CARD, "card_type", "hologram"), "there is no such card_type"),
    "no-task-id": (changed(BUTTON_CARD, "task_id", None), "a card with buttons needs a task_id"),
    "task-id-with-a-space": (changed(BUTTON_CARD, "task_id", "a b"), "digits, letters, _, - and @ only"),
    "task-id-of-129-bytes": (changed(BUTTON_CARD, "task_id", "t" * 129), "at most 128 bytes"),
    "no-title": (changed(BUTTON_CARD, "main_title", {"desc": "x"}), "a card with buttons needs a title"),
    "title-is-a-number": (changed(BUTTON_CARD, "main_title", "title", 42), "a title is a text"),
    "no-buttons": (changed(BUTTON_CARD, "button_list", []), "1 to 6 buttons"),
    "seven-buttons": (changed(BUTTON_CARD, "button_list", BUTTONS * 3 + BUTTONS[:1]), "1 to 6 buttons"),
    "two-buttons-of-one-key": (changed(BUTTON_CARD, "button_list", 1, "key", "confirm"), "each key once"),
    "button-without-key": (changed(BUTTON_CARD, "button_list", 0, "key", None), "a button that calls back needs a key"),
    "button-without-text": (changed(BUTTON_CARD, "button_list", 0, "text", ""), "a button needs a text"),
    "button-without-address": (changed(BUTTON_CARD, "button_list", 0, "type", 1), "type 1 needs url"),
    "key-of-1025-bytes": (changed(BUTTON_CARD, "button_list", 0, "key", "k" * 1025), "at most 1,024 bytes"),
    "style-5": (changed(BUTTON_CARD, "button_list", 0, "style", 5), "styles are 1 to 4"),
    "colour-4": (changed(_FULL, "source", "desc_color", 4), "colours are 0 to 3"),
    "icon-without-scheme": (changed(_FULL, "source", "icon_url", "lf.example.com"), "an address has its scheme"),
    "menu-of-four": (changed(_FULL, "action_menu", "action_list", [MENU["action_list"][0]] * 4), "at most 3 entries"),
    "menu-without-task-id": (changed(_FULL_NOTICE, "task_id", None), "a card with a menu needs a task_id"),
    "seven-lines": (changed(_FULL, "horizontal_content_list", LINES[:1] * 7), "at most 6 lines"),
    "line-without-address": (changed(_FULL, "horizontal_content_list", 1, "url", None), "type 1 needs url"),
    "line-without-file": (changed(_FULL, "horizontal_content_list", 2, "media_id", None), "type 2 needs media_id"),
    "line-without-member": (changed(_FULL, "horizontal_content_list", 3, "userid", None), "type 3 needs userid"),
    "quotation-without-address": (changed(_FULL, "quote_area", "url", None), "type 1 needs url"),
    "eleven-options": (
        changed(_FULL, "button_selection", "option_list", [{"id": f"o{n}", "text": "x"} for n in range(11)]),
        "at most 10 options",
    ),
    "one-option-twice": (changed(_FULL, "button_selection", "option_list", 1, "id", "hall"), "each id once"),
    "option-id-of-129-bytes": (
        changed(_FULL, "button_selection", "option_list", 0, "id", "o" * 129),
        "at most 128 bytes",
    ),
    "notice-that-leads-nowhere": (changed(NOTICE, "card_action", None), "a notice needs card_action"),
    "notice-of-type-0": (changed(NOTICE, "card_action", {"type": 0}), "card_action of a notice is of type 1 or 2"),
    "notice-without-appid": (changed(NOTICE, "card_action", {"type": 2}), "type 2 needs appid"),
    "notice-without-words": (changed(NOTICE, "sub_title_text", None), "a title or a sub_title_text"),
    "four-jumps": (changed(_FULL_NOTICE, "jump_list", [{"title": "x"}] * 4), "at most 3 lines that lead on"),
}


def refused_field(payload: Any) -> str:
    """Where our code finds the fault; an assertion where it finds none."""
    try:
        Card.from_payload(payload)
    except CardInvalid as exc:
        return exc.field
    raise AssertionError(f"this card is taken: {payload}")


def advised(card: Card) -> list[dict[str, Any]]:
    return [{"field": one.field, "advised": one.limit, "actual": one.actual} for one in card.advice()]


def cards_file() -> dict[str, Any]:
    return {
        "about": "template_card objects of message/send: those to be taken, and those to be refused. See README.md.",
        "valid": [
            {"id": name, "payload": payload, "advice": advised(Card.from_payload(payload))}
            for name, payload in VALID.items()
        ],
        "invalid": [
            {"id": name, "payload": payload, "field": refused_field(payload), "reason": why}
            for name, (payload, why) in INVALID.items()
        ],
    }


def files() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "events.json", events_file()
    yield "cards.json", cards_file()


def main() -> None:
    for name, content in files():
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (FOLDER / name).write_text(text + "\n", encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
