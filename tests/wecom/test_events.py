"""Every documented example becomes its event, and any other bytes become Unknown or are refused."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wecom import events
from wecom.errors import PayloadMalformed
from wecom.events import (
    EPOCH,
    ChangeContact,
    EnterAgent,
    Event,
    ImageMessage,
    Selection,
    Subscribe,
    TemplateCardEvent,
    TemplateCardMenuEvent,
    TextMessage,
    Unknown,
    Unsubscribe,
)

CORP = "ww5a6f0c1d2e3b4a59"
TAP = {
    "ToUserName": CORP,
    "FromUserName": "finder.li",
    "CreateTime": "1721000123",
    "MsgType": "event",
    "Event": "template_card_event",
    "EventKey": "confirm",
    "TaskId": "lf-42-7f3a@1",
    "CardType": "button_interaction",
    "ResponseCode": "RC_made_up_0123456789abcdef",
    "AgentID": "1000042",
}
TEXT = {
    "ToUserName": CORP,
    "FromUserName": "finder.li",
    "CreateTime": "1721002000",
    "MsgType": "text",
    "Content": "捡到一把蓝色的伞",
    "MsgId": "7391234567890123456",
    "AgentID": "1000042",
}
IMAGE = {
    "ToUserName": CORP,
    "FromUserName": "finder.li",
    "CreateTime": "1721002060",
    "MsgType": "image",
    "PicUrl": "https://pic.example.com/a/0",
    "MediaId": "MEDIA_made_up_1",
    "MsgId": "7391234567890123457",
    "AgentID": "1000042",
}
ENTER = {
    "ToUserName": CORP,
    "FromUserName": "owner_wang",
    "CreateTime": "1721003000",
    "MsgType": "event",
    "Event": "enter_agent",
    "EventKey": "",
    "AgentID": "1000042",
}

VOTE = """
  <SelectedItems>
    <SelectedItem>
      <QuestionKey><![CDATA[where]]></QuestionKey>
      <OptionIds>
        <OptionId><![CDATA[canteen]]></OptionId>
        <OptionId><![CDATA[library]]></OptionId>
      </OptionIds>
    </SelectedItem>
  </SelectedItems>
"""
FORM = """
  <SelectedItems>
    <SelectedItem>
      <QuestionKey><![CDATA[floor]]></QuestionKey>
      <OptionIds><OptionId><![CDATA[f2]]></OptionId></OptionIds>
    </SelectedItem>
    <SelectedItem>
      <QuestionKey><![CDATA[day]]></QuestionKey>
      <OptionIds><OptionId><![CDATA[today]]></OptionId></OptionIds>
    </SelectedItem>
  </SelectedItems>
"""


def message(values: dict[str, str], inside: str = "", *, cdata: bool = True) -> bytes:
    numbers = {"CreateTime", "AgentID", "MsgId"}
    written = [
        f"<{tag}><![CDATA[{text}]]></{tag}>" if cdata and tag not in numbers else f"<{tag}>{escape(text)}</{tag}>"
        for tag, text in values.items()
    ]
    return "\n  ".join(["<xml>", *written, inside, "</xml>"]).encode("utf-8", "surrogatepass")


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def tapped(**changes: Any) -> TemplateCardEvent:
    return replace(
        TemplateCardEvent(
            app="default",
            userid="finder.li",
            created_at=moment(1721000123),
            agent_id="1000042",
            task_id="lf-42-7f3a@1",
            event_key="confirm",
            card_type="button_interaction",
            response_code="RC_made_up_0123456789abcdef",
        ),
        **changes,
    )


VOTED = {
    **TAP,
    "FromUserName": "owner_wang",
    "CreateTime": "1721000456",
    "EventKey": "send-vote",
    "TaskId": "lf-43-9c1e",
    "CardType": "vote_interaction",
    "ResponseCode": "RC_made_up_vote",
}
FILLED = {
    **TAP,
    "CreateTime": "1721000789",
    "EventKey": "send-form",
    "TaskId": "lf-44-0b7d",
    "CardType": "multiple_interaction",
    "ResponseCode": "RC_made_up_multi",
}
MENU = {
    **TAP,
    "CreateTime": "1721001000",
    "Event": "template_card_menu_event",
    "EventKey": "menu-not-mine",
    "ResponseCode": "RC_made_up_menu",
}

DOCUMENTED: list[tuple[str, bytes, Event]] = [
    ("button", message(TAP), tapped()),
    (
        "vote",
        message(VOTED, VOTE),
        tapped(
            userid="owner_wang",
            created_at=moment(1721000456),
            event_key="send-vote",
            task_id="lf-43-9c1e",
            card_type="vote_interaction",
            response_code="RC_made_up_vote",
            selections=(Selection(question_key="where", option_ids=("canteen", "library")),),
        ),
    ),
    (
        "form",
        message(FILLED, FORM),
        tapped(
            created_at=moment(1721000789),
            event_key="send-form",
            task_id="lf-44-0b7d",
            card_type="multiple_interaction",
            response_code="RC_made_up_multi",
            selections=(
                Selection(question_key="floor", option_ids=("f2",)),
                Selection(question_key="day", option_ids=("today",)),
            ),
        ),
    ),
    (
        "menu",
        message(MENU),
        TemplateCardMenuEvent(
            app="default",
            userid="finder.li",
            created_at=moment(1721001000),
            agent_id="1000042",
            task_id="lf-42-7f3a@1",
            event_key="menu-not-mine",
            card_type="button_interaction",
            response_code="RC_made_up_menu",
        ),
    ),
    (
        "text",
        message(TEXT),
        TextMessage(
            app="default",
            userid="finder.li",
            created_at=moment(1721002000),
            agent_id="1000042",
            content="捡到一把蓝色的伞",
            msg_id="7391234567890123456",
        ),
    ),
    (
        "image",
        message(IMAGE),
        ImageMessage(
            app="default",
            userid="finder.li",
            created_at=moment(1721002060),
            agent_id="1000042",
            pic_url="https://pic.example.com/a/0",
            media_id="MEDIA_made_up_1",
            msg_id="7391234567890123457",
        ),
    ),
    (
        "enter",
        message(ENTER),
        EnterAgent(app="default", userid="owner_wang", created_at=moment(1721003000), agent_id="1000042"),
    ),
    (
        "subscribe",
        message({**ENTER, "Event": "subscribe"}),
        Subscribe(app="default", userid="owner_wang", created_at=moment(1721003000), agent_id="1000042"),
    ),
    (
        "unsubscribe",
        message({**ENTER, "Event": "unsubscribe"}),
        Unsubscribe(app="default", userid="owner_wang", created_at=moment(1721003000), agent_id="1000042"),
    ),
]


NAMES = """
text image voice video location link
template_card_event template_card_menu_event
subscribe unsubscribe enter_agent LOCATION
click view view_miniprogram scancode_push scancode_waitmsg pic_sysphoto pic_photo_or_album pic_weixin location_select
batch_job_result open_approval_change sys_approval_change share_agent_change share_chain_change
inactive_alert close_inactive_agent reopen_inactive_agent low_active_alert low_active active_restored
change_contact
"""
CHANGES = "create_user update_user delete_user create_party update_party delete_party update_tag"


def test_every_documented_name_is_typed_once_and_no_other() -> None:
    assert sorted({kind.NAME for kind in events.KINDS}) == sorted(NAMES.split())
    assert sorted(kind.CHANGE_TYPE for kind in events.KINDS if kind.CHANGE_TYPE) == sorted(CHANGES.split())
    assert len(events.KINDS) == len(NAMES.split()) - 1 + len(CHANGES.split())


def is_whole(kind: type[Event]) -> bool:
    """Whether it is an event itself, and not what some of them have in common."""
    return bool(kind.CHANGE_TYPE or kind.NAME not in ("", ChangeContact.NAME))


def test_no_class_of_an_event_was_forgotten_in_the_list() -> None:
    def below(kind: type[Event]) -> set[type[Event]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    named = {kind.__name__ for kind in below(Event) if is_whole(kind)}
    assert named == {kind.__name__ for kind in events.KINDS}
    assert all(hasattr(events, name) for name in named)


def test_what_was_chosen_is_found_by_its_question() -> None:
    assert tapped(selections=()).answers == {}
    event = events.parse(message(FILLED, FORM), app="default")
    assert isinstance(event, TemplateCardEvent)
    assert event.answers == {"floor": ("f2",), "day": ("today",)}


@pytest.mark.parametrize(("plain", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DOCUMENTED])
def test_every_documented_example_becomes_its_event(plain: bytes, expected: Event) -> None:
    assert events.parse(plain, app="default") == expected


@pytest.mark.parametrize(("plain", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DOCUMENTED])
def test_an_event_knows_its_name(plain: bytes, expected: Event) -> None:
    name = events.parse(plain, app="default").name
    assert name == expected.NAME
    assert f"[{name}]".encode() in plain


def test_the_older_spelling_of_the_options_is_read_too() -> None:
    old = VOTE.replace("OptionId", "OpitonId")
    assert "OpitonIds" in old
    assert events.parse(message(VOTED, old), app="default") == events.parse(message(VOTED, VOTE), app="default")


def test_an_option_list_in_the_middle_of_nowhere_is_ignored() -> None:
    stray = "<OptionIds><OptionId>x</OptionId></OptionIds><SelectedItem><QuestionKey>q</QuestionKey></SelectedItem>"
    assert events.parse(message(TAP, stray), app="default") == tapped()


@given(st.permutations(list(TAP)), st.booleans())
def test_elements_come_in_any_order_with_or_without_cdata(order: list[str], cdata: bool) -> None:
    assert events.parse(message({tag: TAP[tag] for tag in order}, cdata=cdata), app="default") == tapped()


def test_five_hundred_unknown_elements_change_nothing() -> None:
    extra = "".join(f"<New{n}>{n}<a/></New{n}>" for n in range(250)) + "<Same>1</Same>" * 250
    assert events.parse(message(TAP, extra), app="default") == tapped()


@pytest.mark.parametrize("tag", ["FromUserName", "TaskId", "EventKey", "MsgType", "Event", "CreateTime"])
def test_a_message_that_says_one_thing_twice_is_refused(tag: str) -> None:
    with pytest.raises(PayloadMalformed):
        events.parse(message(TAP, f"<{tag}>1721000999</{tag}>"), app="default")


@pytest.mark.parametrize(
    "text",
    ["", "-1", "soon", "1.5", "1e9", "4294967296", "9" * 20, "9" * 5000, "１７２１０００１２３", "1_721_000_123", "٣"],
)
def test_an_absurd_time_is_the_epoch(text: str) -> None:
    assert events.parse(message({**TAP, "CreateTime": text}), app="default") == tapped(created_at=EPOCH)


def test_a_missing_time_is_the_epoch_and_a_padded_one_is_read() -> None:
    without = {tag: text for tag, text in TAP.items() if tag != "CreateTime"}
    assert events.parse(message(without), app="default").created_at == EPOCH
    assert events.parse(message({**TAP, "CreateTime": "\n 1721000123 "}), app="default") == tapped()


def test_what_a_tap_lacks_is_empty() -> None:
    bare = message({"MsgType": "event", "Event": "template_card_event"})
    expected = TemplateCardEvent(app="default", userid="", task_id="", event_key="")
    assert events.parse(bare, app="default") == expected


@pytest.mark.parametrize(
    ("tag", "most"),
    [("FromUserName", 64), ("TaskId", 128), ("EventKey", 1024), ("ResponseCode", 1024), ("AgentID", 20)],
)
def test_a_value_longer_than_wecom_can_send_is_nothing_we_know(tag: str, most: int) -> None:
    longest = events.parse(message({**TAP, tag: "x" * most}), app="default")
    assert isinstance(longest, TemplateCardEvent)
    for size in (most + 1, 60_000):
        event = events.parse(message({**TAP, tag: "x" * size}), app="default")
        assert isinstance(event, Unknown)
        assert event.name == "template_card_event"
        assert len(event.userid) <= 64


def test_lengths_are_counted_in_bytes() -> None:
    assert isinstance(events.parse(message({**TAP, "TaskId": "伞" * 43}), app="default"), Unknown)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"MsgType": "event", "Event": "location"}, "location"),
        ({"MsgType": "event", "Event": "change_contact"}, "change_contact"),
        ({"MsgType": "event", "Event": "TEMPLATE_CARD_EVENT"}, "TEMPLATE_CARD_EVENT"),
        ({"MsgType": "event"}, "event"),
        ({"MsgType": "file"}, "file"),
        ({"MsgType": "enter_agent"}, "enter_agent"),
        ({"MsgType": "event", "Event": "text"}, "text"),
        ({"MsgType": "event", "Event": "change_contact", "ChangeType": "x"}, "change_contact"),
        ({"MsgType": "event", "Event": "click", "EventKey": "x" * 2049}, "click"),
        (
            {"MsgType": "text", "Event": "template_card_event", "Content": "x" * 9, "MsgId": "9" * 21},
            "template_card_event",
        ),
        ({"MsgType": "x" * 9000}, "x" * 64),
        ({"InfoType": "suite_ticket"}, ""),
        ({}, ""),
    ],
)
def test_what_we_do_not_use_is_unknown_and_named(values: dict[str, str], name: str) -> None:
    event = events.parse(message(values), app="default")
    assert isinstance(event, Unknown)
    assert event.name == name


def test_unknown_shows_what_it_is_made_of_within_measure() -> None:
    event = events.parse(message({"MsgType": "file", "Format": "amr", "Long": "伞" * 5000}), app="default")
    assert isinstance(event, Unknown)
    assert event.fields[:2] == (("MsgType", "file"), ("Format", "amr"))
    assert event.fields[2] == ("Long", "伞" * 66)
    many = events.parse(message({}, "<a>1</a>" * 5000), app="default")
    assert isinstance(many, Unknown)
    assert len(many.fields) == 100
    deep = events.parse(message({}, "<a>" * 50_000 + "</a>" * 50_000), app="default")
    assert isinstance(deep, Unknown)
    assert deep.fields == (("a/a/a/a/a/a", ""),)


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1--",
        "${7*7}",
        "{{7*7}}",
        "%s%n",
        "{0.__class__}",
        "../../etc/passwd",
        "=cmd()",
        "<script>",
        "LI.Si",
        " a ",
    ],
)
def test_texts_are_kept_as_sent(text: str) -> None:
    event = events.parse(message({**TAP, "FromUserName": text, "EventKey": text}, cdata=False), app="default")
    assert event == tapped(userid=text, event_key=text)


def test_a_long_text_message_is_kept_whole() -> None:
    event = events.parse(message({**TEXT, "Content": "伞" * 15_000}), app="default")
    assert isinstance(event, TextMessage)
    assert event.content == "伞" * 15_000


def test_events_cannot_be_changed_and_carry_nothing_else() -> None:
    with pytest.raises(FrozenInstanceError):
        tapped().userid = "somebody.else"  # type: ignore[misc]
    assert not hasattr(tapped(), "__dict__")


@pytest.mark.parametrize(
    "plain",
    [b"", b"<xml>", b"\xff\xfe", b"<xml>\xe4</xml>", b"hello", b"<!DOCTYPE x><xml/>", b"<XML/>", b"<xml/><xml/>"],
)
def test_what_is_no_message_is_refused(plain: bytes) -> None:
    with pytest.raises(PayloadMalformed):
        events.parse(plain, app="default")


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_refused(plain: bytes) -> None:
    assert event_or_refused(plain)


@given(st.sampled_from([plain for _, plain, _ in DOCUMENTED]), st.data())
def test_any_damage_to_a_message_is_survived(plain: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(plain)))
    length = data.draw(st.integers(0, 30))
    patch = data.draw(st.binary(max_size=30))
    assert event_or_refused(plain[:start] + patch + plain[start + length :])


@given(st.dictionaries(st.sampled_from([*TAP, *TEXT, *IMAGE]), st.text(max_size=60)), st.sampled_from(["", VOTE, FORM]))
def test_any_values_in_the_known_elements_are_survived(values: dict[str, str], inside: str) -> None:
    assert event_or_refused(message(values, inside, cdata=False))


def event_or_refused(plain: bytes) -> bool:
    """True if it ended in one of the two ways; anything else that is raised fails the test."""
    try:
        event = events.parse(plain, app="default")
    except PayloadMalformed:
        return True
    return isinstance(event.name, str) and event.created_at.tzinfo is UTC
