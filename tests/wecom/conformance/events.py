"""Cases of callbacks, decrypted: what must be read, and what must be refused."""

import dataclasses
from datetime import datetime
from typing import Any

from wecom import events

APP = "default"

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


def part() -> dict[str, Any]:
    return {
        "events": [
            {"id": name, "xml": xml, "fields": plain(events.parse(xml.encode(), app=APP))}
            for name, xml in EVENTS.items()
        ],
        "malformed": [{"id": name, "xml": xml, "reason": why} for name, (xml, why) in MALFORMED.items()],
    }
