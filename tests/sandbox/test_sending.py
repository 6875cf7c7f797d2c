"""message/send: recipients, texts, duplicates, limits per member, translated ids."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from tests.sandbox.kit import AGENT, a_card, a_notice, ask, chat_of, post, send_card, send_text, token
from tests.support import in_threads
from wecom.sandbox import clock, housekeeping, ledger

pytestmark = pytest.mark.django_db


def test_a_text_stands_in_the_members_chat() -> None:
    answer = send_text(text="钥匙找到了")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "")
    assert "response_code" not in answer
    assert [(m["text"], m["visible"]) for m in chat_of()] == [("钥匙找到了", True)]


def test_unknown_recipients_are_named_in_lower_case_and_the_others_served() -> None:
    answer = send_text("ZhangSan|Ghost.One|LISI")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "ghost.one")
    assert len(chat_of("zhangsan")) == len(chat_of("lisi")) == 1


def test_a_member_out_of_range_or_without_a_licence_gets_nothing() -> None:
    housekeeping.put_member(userid="lisi", visible=False)
    housekeeping.put_member(userid="wangwu", licensed=False)
    answer = send_text("zhangsan|lisi|wangwu")
    assert (answer["invaliduser"], answer["unlicenseduser"]) == ("lisi", "wangwu")
    assert chat_of("lisi") == chat_of("wangwu") == []


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"touser": ""}, 82001),
        ({"touser": "ghost"}, 81013),
        ({"touser": ["zhangsan"]}, 40058),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
        ({"toparty": "|".join(map(str, range(101)))}, 82002),
        ({"totag": "|".join(map(str, range(101)))}, 82003),
        ({"msgtype": "carrier_pigeon"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": None}, 44004),
        ({"text": {"content": 5}}, 40058),
        ({"text": {"content": "字" * 683}}, 45002),
        ({"text": {"content": "a\x7fb"}}, 82004),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": "long"}, 40058),
    ],
)
def test_a_wrong_request_hears_its_documented_errcode(fields: dict[str, object], errcode: int) -> None:
    body = {"touser": "zhangsan", "msgtype": "text", "text": {"content": "好"}, **fields}
    assert post("message/send", body)["errcode"] == errcode
    assert chat_of() == []


def test_a_text_of_exactly_2048_bytes_is_accepted() -> None:
    assert send_text(text="字" * 682 + "ab")["errcode"] == 0


def test_tags_can_be_addressed_and_empty_ones_are_named() -> None:
    housekeeping.put_member(userid="wangwu", tags=[7, 8])
    answer = post("message/send", {"totag": "7|9", "msgtype": "text", "text": {"content": "值班"}})
    assert (answer["errcode"], answer["invalidtag"]) == (0, "9")
    assert [message["text"] for message in chat_of("wangwu")] == ["值班"]
    assert chat_of("lisi") == []


def test_the_whole_corporation_and_departments_can_be_addressed() -> None:
    assert post("message/send", {"touser": "@all", "msgtype": "text", "text": {"content": "1"}})["errcode"] == 0
    assert post("message/send", {"toparty": "2|77", "msgtype": "text", "text": {"content": "2"}}) | {"msgid": ""} == {
        "errcode": 0,
        "errmsg": "ok",
        "invaliduser": "",
        "invalidparty": "77",
        "invalidtag": "",
        "unlicenseduser": "",
        "msgid": "",
    }
    assert (len(chat_of("qianqi")), len(chat_of("zhaoliu"))) == (1, 2)


@pytest.mark.parametrize(
    ("raw", "errcode"),
    [
        (json.dumps({"agentid": AGENT, "msgtype": "text", "text": {"content": "好"}}).encode(), 40033),
        (b"no json", 40058),
        (b"[]", 40058),
        (b"\xff{}", 40058),
    ],
)
def test_a_body_must_be_an_object_in_plain_utf8(raw: bytes, errcode: int) -> None:
    assert post("message/send", None, raw=raw)["errcode"] == errcode


def test_an_escaped_backslash_before_a_u_is_no_escape() -> None:
    assert send_text(text="C:\\users\\u1234")["errcode"] == 0


def test_a_get_does_not_send() -> None:
    assert ask("GET", "message/send", {"access_token": token()}, b"{}")["errcode"] == 40058


def test_identical_bytes_are_shown_once_within_the_interval() -> None:
    more: dict[str, Any] = {"enable_duplicate_check": 1, "duplicate_check_interval": 14400}
    first, second = send_text(**more), send_text(**more)
    assert first["errcode"] == second["errcode"] == 0
    assert [m["repeats"] for m in chat_of()] == [1]
    assert ledger.build()["calls"][-1]["note"] == "duplicate"
    clock.advance(14400)
    send_text(**more)
    assert len(chat_of()) == 2


def test_no_interval_is_longer_than_four_hours() -> None:
    more: dict[str, Any] = {"enable_duplicate_check": 1, "duplicate_check_interval": 10**6}
    send_text(**more)
    clock.advance(14401)
    send_text(**more)
    assert len(chat_of()) == 2


def test_without_the_check_or_with_other_bytes_nothing_is_a_duplicate() -> None:
    send_text(), send_text()
    send_text(enable_duplicate_check=1), send_text(text="别的", enable_duplicate_check=1)
    assert len(chat_of()) == 4


@pytest.mark.django_db(transaction=True)
def test_parallel_duplicates_are_shown_once() -> None:
    access_token = token()
    body = {"touser": "zhangsan", "msgtype": "text", "text": {"content": "好"}, "enable_duplicate_check": 1}
    answers = in_threads(5, lambda: post("message/send", body, access_token=access_token)["errcode"])
    assert answers == [0] * 5
    assert [m["repeats"] for m in chat_of()] == [4]


def test_above_thirty_a_minute_messages_vanish_without_an_error() -> None:
    answers = [send_text(text=f"{n}")["errcode"] for n in range(32)]
    assert answers == [0] * 32
    assert [m["dropped"] for m in chat_of()] == [False] * 30 + [True] * 2
    assert ledger.build()["calls"][-1]["note"] == "dropped: zhangsan"
    assert send_text("lisi")["errcode"] == 0
    assert chat_of("lisi")[0]["visible"]
    clock.advance(60)
    send_text(text="again")
    assert chat_of()[-1]["visible"]


def test_ids_are_translated_where_the_request_asks_for_it() -> None:
    text = "找 $userName=LiSi$，$userAlias=lisi$，$departmentName=2$，$userName=ghost$"
    send_text(text=text, enable_id_trans=1)
    send_text(text=text)
    assert [m["text"] for m in chat_of()] == ["找 李四，Li Si，行政部，$userName=ghost$", text]


def test_ids_in_cards_are_translated() -> None:
    lines = [{"keyname": "失主", "value": "$userName=lisi$"}]
    send_card(a_card(horizontal_content_list=lines), enable_id_trans=1)
    assert chat_of()[0]["card"]["horizontal_content_list"][0]["value"] == "李四"


def test_a_code_comes_with_cards_that_call_back_only() -> None:
    menu = {"action_list": [{"text": "不是我的", "key": "no"}]}
    assert "response_code" in send_card(a_card())
    assert "response_code" in send_card(a_notice(task_id="n1", action_menu=menu))
    assert "response_code" not in send_card(a_notice())


def test_a_task_id_is_used_once() -> None:
    assert send_card(a_card("t1"))["errcode"] == 0
    assert send_card(a_card("t1", sub_title_text="other"))["errcode"] == 42014
    assert len(chat_of()) == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_sends_of_one_task_id_show_one_card() -> None:
    access_token = token()
    body = {"touser": "zhangsan", "msgtype": "template_card", "template_card": a_card("t1")}
    answers = in_threads(5, lambda: post("message/send", body, access_token=access_token)["errcode"])
    assert sorted(map(str, answers)) == ["0", *["42014"] * 4]
    assert len(chat_of()) == 1


def test_an_application_without_callback_url_cannot_send_cards_with_buttons(settings: Settings) -> None:
    settings.SANDBOX_CALLBACK_URL = ""
    assert send_card(a_card())["errcode"] == 43012
    assert send_card(a_notice())["errcode"] == 0
