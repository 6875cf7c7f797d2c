"""The menu of an application, statistics, and two applications at once."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from tests.sandbox.kit import AGENT, OTHER_APP, Listener, a_card, ask, chat_of, post, send_text, token, token_of
from wecom.sandbox import applications, clock, delivery, ledger, menus, taps
from wecom.sandbox.errcodes import Refusal
from wecom.sandbox.taps import CannotTap
from wecom.sandbox.world import CREDENTIALS

pytestmark = pytest.mark.django_db

CLICK = {"type": "click", "name": "我的", "key": "mine"}
VIEW = {"type": "view", "name": "主页", "url": "https://example.com/"}
MENU = [CLICK, {"name": "更多", "sub_button": [VIEW, {"type": "scancode_push", "name": "扫", "key": "scan"}]}]


def menu(deed: str, agent: int = AGENT) -> dict[str, Any]:
    return ask("GET", f"menu/{deed}", {"access_token": token(), "agentid": str(agent)})


def post_menu(buttons: Any) -> dict[str, Any]:
    raw = json.dumps({"button": buttons}, ensure_ascii=False).encode()
    return ask("POST", "menu/create", {"access_token": token(), "agentid": str(AGENT)}, raw)


def test_a_menu_is_made_read_and_taken_away() -> None:
    assert menu("get")["errcode"] == 46003
    assert post_menu(MENU)["errcode"] == 0
    assert menu("get")["button"] == MENU
    assert post_menu([VIEW])["errcode"] == 0
    assert menu("get")["button"] == [VIEW]
    assert menu("delete")["errcode"] == 0
    assert menu("get")["errcode"] == 46003


def test_a_menu_belongs_to_the_application_of_the_token() -> None:
    assert menu("get", agent=7)["errcode"] == 301002
    assert ask("GET", "menu/get", {"access_token": token()})["errcode"] == 41011


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ("menu", 40016),
        ([{**CLICK, "type": "shout"}], 40017),
        ([{**CLICK, "name": "六个字的名字"}], 40018),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{**VIEW, "url": "example.com"}], 40020),
        ([{**VIEW, "url": "https://example.com/" + "x" * 1024}], 40020),
        ([{"name": "n", "sub_button": [{"name": "n", "sub_button": [CLICK]}]}], 40022),
        ([{"name": "n", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "n", "sub_button": [{"name": "n"}]}], 40024),
        ([{"name": "n", "sub_button": [{**CLICK, "name": ""}]}], 40025),
        ([{"name": "n", "sub_button": [{**CLICK, "key": ""}]}], 40026),
        ([{"name": "n", "sub_button": [{**VIEW, "url": ""}]}], 40027),
        ([{"type": "view_miniprogram", "name": "n", "appid": "wx1"}], 40058),
    ],
)
def test_a_menu_beyond_the_limits_hears_its_errcode(buttons: Any, errcode: int) -> None:
    with pytest.raises(Refusal) as refusal:
        menus.check(buttons)
    assert refusal.value.errcode == errcode


def test_pressing_the_menu_tells_the_application(listener: Listener) -> None:
    post_menu(MENU)
    taps.press_menu(member="lisi", place="0")
    assert delivery.join()
    taps.press_menu(member="lisi", place="1.0")
    assert delivery.join()
    assert [(got.text("Event"), got.text("EventKey")) for got in listener.got] == [
        ("click", "mine"),
        ("view", "https://example.com/"),
    ]


@pytest.mark.parametrize("place", ["1", "1.1", "2", "0.0", "x", "", "-1", "²"])
def test_what_no_entry_is_cannot_be_pressed(listener: Listener, place: str) -> None:
    post_menu(MENU)
    with pytest.raises(CannotTap):
        taps.press_menu(member="lisi", place=place)
    assert listener.got == []


# --- Statistics -----------------------------------------------------------------------------------------------------


def test_statistics_count_the_members_reached_today_and_yesterday(settings: Settings) -> None:
    settings.SANDBOX_APPS = [CREDENTIALS, OTHER_APP]
    send_text("zhangsan|lisi")
    clock.advance(86400)
    send_text("zhangsan")
    today = post("message/get_statistics", {})["statistics"]
    yesterday = post("message/get_statistics", {"time_type": 1})["statistics"]
    assert [(row["agentid"], row["count"]) for row in today] == [(AGENT, 1), (int(OTHER_APP["AGENT_ID"]), 0)]
    assert [row["count"] for row in yesterday] == [2, 0]
    assert post("message/get_statistics", {"time_type": 2})["errcode"] == 40058


# --- Two applications -----------------------------------------------------------------------------------------------


def test_two_applications_have_chats_and_callbacks_of_their_own(settings: Settings, listener: Listener) -> None:
    settings.SANDBOX_APPS = [CREDENTIALS, {**OTHER_APP, "CALLBACK_URL": "http://127.0.0.1:9/nowhere"}]
    body = {"touser": "lisi", "agentid": OTHER_APP["AGENT_ID"], "msgtype": "text", "text": {"content": "人事"}}
    assert post("message/send", body, access_token=token_of(OTHER_APP))["errcode"] == 0
    assert [m["agent_id"] for m in chat_of("lisi")] == [OTHER_APP["AGENT_ID"]]
    started = taps.enter(member="lisi", agent_id=OTHER_APP["AGENT_ID"])
    assert started.url == "http://127.0.0.1:9/nowhere"
    taps.enter(member="lisi")
    assert delivery.join(30)
    assert [got.text("AgentID") for got in listener.got] == [CREDENTIALS["AGENT_ID"]]
    with pytest.raises(CannotTap):
        taps.enter(member="lisi", agent_id="7")


def test_two_corporations_may_use_the_same_agent_id(settings: Settings) -> None:
    twin = {**CREDENTIALS, "CORP_ID": "wwtwin", "SECRET": "twin", "NAME": "孪生"}
    settings.SANDBOX_APPS = [CREDENTIALS, twin]
    theirs = token_of(twin)
    assert theirs != token()
    card = {"touser": "lisi", "msgtype": "template_card", "template_card": a_card("t1")}
    mine = post("message/send", card)
    assert post("message/send", card, access_token=theirs)["errcode"] == mine["errcode"] == 0
    update = {"userids": ["lisi"], "response_code": mine["response_code"], "button": {"replace_name": "好"}}
    assert post("message/update_template_card", update, access_token=theirs)["errcode"] == 42015
    assert [app.key for app in applications.every()] == [f"{CREDENTIALS['CORP_ID']}/{AGENT}", f"wwtwin/{AGENT}"]
    assert len(ledger.build()["messages"]) == 2
