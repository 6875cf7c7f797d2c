"""update_template_card and recall: one-time codes, both forms, who sees what."""

import pytest
from pytest_django import Settings

from tests.sandbox.kit import a_card, a_notice, ask, chat_of, post, send_card, send_text, token, update
from tests.support import in_threads
from wecom.sandbox import clock, housekeeping, ledger, taps
from wecom.sandbox.world import CREDENTIALS

pytestmark = pytest.mark.django_db


def test_form_a_turns_all_buttons_into_one_dead_text() -> None:
    code = send_card(a_card())["response_code"]
    assert update(code) == {"errcode": 0, "errmsg": "ok", "invaliduser": []}
    seen = chat_of()[0]
    assert (seen["face"], seen["replace_text"], seen["dead"]) == ("button", "已推送", True)


def test_form_b_replaces_the_card_for_those_named() -> None:
    code = send_card(a_card(), to="zhangsan|lisi")["response_code"]
    new = a_card(main_title={"title": "已认领"}, replace_text="已推送")
    assert update(code, ["ZhangSan"], template_card=new)["errcode"] == 0
    mine, theirs = chat_of("zhangsan")[0], chat_of("lisi")[0]
    assert (mine["face"], mine["card"]["main_title"]["title"], mine["dead"]) == ("card", "已认领", True)
    assert (theirs["face"], theirs["dead"]) == ("fresh", False)


def test_a_code_pays_once() -> None:
    code = send_card(a_card())["response_code"]
    assert [update(code)["errcode"], update(code)["errcode"]] == [0, 60140]
    assert [c["state"] for c in ledger.build()["codes"]] == ["spent"]


@pytest.mark.django_db(transaction=True)
def test_parallel_updates_spend_a_code_once() -> None:
    code = send_card(a_card())["response_code"]
    body = {"userids": ["zhangsan"], "response_code": code, "button": {"replace_name": "好"}}
    access_token = token()
    answers = in_threads(6, lambda: post("message/update_template_card", body, access_token=access_token)["errcode"])
    assert sorted(map(str, answers)) == ["0", *["60140"] * 5]
    assert chat_of()[0]["changes"] == 1


@pytest.mark.parametrize("hours", [24, 72])
def test_a_code_dies_at_its_age(hours: int) -> None:
    housekeeping.configure(code_ttl_hours=hours)
    young, old = send_card(a_card("a"))["response_code"], send_card(a_card("b"))["response_code"]
    clock.advance(hours * 3600 - 60)
    assert update(young)["errcode"] == 0
    clock.advance(60)
    assert update(old)["errcode"] == 60140
    assert [c["state"] for c in ledger.build()["codes"]] == ["spent", "expired"]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"response_code": "invented"}, 60140),
        ({"response_code": None}, 40058),
        ({"userids": []}, 82101),
        ({"userids": ["lisi"]}, 82102),
        ({"userids": "zhangsan"}, 40058),
        ({"button": None}, 40058),
        ({"button": {"replace_name": ""}}, 42020),
        ({"template_card": a_card()}, 40058),
        ({"button": None, "template_card": a_notice(card_action=None)}, 42045),
        ({"agentid": 7}, 301002),
    ],
)
def test_a_refused_update_names_its_errcode_and_leaves_the_code_alive(change: dict[str, object], errcode: int) -> None:
    code = send_card(a_card())["response_code"]
    body = {"userids": ["zhangsan"], "response_code": code, "button": {"replace_name": "好"}, **change}
    assert post("message/update_template_card", body)["errcode"] == errcode
    assert chat_of()[0]["face"] == "fresh"
    assert update(code)["errcode"] == 0


def test_strangers_to_the_card_are_listed_and_the_others_updated() -> None:
    code = send_card(a_card())["response_code"]
    assert update(code, ["zhangsan", "LiSi", "ghost"])["invaliduser"] == ["ghost", "lisi"]
    assert chat_of()[0]["dead"]


def test_everybody_who_got_the_card_can_be_meant() -> None:
    code = send_card(a_card(), to="zhangsan|lisi")["response_code"]
    assert update(code, [], atall=1)["errcode"] == 0
    assert chat_of("zhangsan")[0]["dead"]
    assert chat_of("lisi")[0]["dead"]


def test_only_the_sender_may_update(settings: Settings) -> None:
    code = send_card(a_card())["response_code"]
    other = {**CREDENTIALS, "AGENT_ID": "1000043", "SECRET": "other"}
    settings.SANDBOX_APPS = [CREDENTIALS, other]
    query = {"corpid": CREDENTIALS["CORP_ID"], "corpsecret": "other"}
    access_token = ask("GET", "gettoken", query)["access_token"]
    body = {"agentid": 1000043, "userids": ["zhangsan"], "response_code": code, "button": {"replace_name": "好"}}
    assert post("message/update_template_card", body, access_token=access_token)["errcode"] == 42015


def test_a_notice_with_a_menu_can_be_replaced_but_not_greyed() -> None:
    menu = {"action_list": [{"text": "不是我的", "key": "no"}]}
    code = send_card(a_notice(task_id="n1", action_menu=menu))["response_code"]
    assert update(code)["errcode"] == 40058
    assert update(code, template_card=a_notice(main_title={"title": "新"}))["errcode"] == 0


def test_a_message_can_be_recalled_for_a_day() -> None:
    young, old = send_text(text="1")["msgid"], send_text(text="2")["msgid"]
    clock.advance(24 * 3600 - 60)
    assert post("message/recall", {"msgid": young})["errcode"] == 0
    assert post("message/recall", {"msgid": young})["errcode"] == 0
    clock.advance(61)
    assert post("message/recall", {"msgid": old})["errcode"] == 42052
    assert post("message/recall", {"msgid": "invented"})["errcode"] == 40058
    assert [(m["recalled"], m["visible"]) for m in chat_of()] == [(True, False), (False, True)]


def test_departments_and_tags_may_be_named_in_place_of_members() -> None:
    housekeeping.put_member(userid="wangwu", tags=[7])
    sent = send_card(a_card(), to="zhangsan|lisi|wangwu|zhaoliu")
    assert update(sent["response_code"], [], partyids=[3])["errcode"] == 0
    assert [bool(chat_of(one)[0]["dead"]) for one in ("zhangsan", "lisi", "wangwu", "zhaoliu")] == [
        True,
        True,
        False,
        False,
    ]
    tap = taps.tap(member="wangwu", event_key="confirm", task_id="lf-1@1")
    code = ledger.build()["codes"][-1]["code"]
    assert tap.userid == "wangwu"
    assert update(code, [], tagids=[7])["errcode"] == 0
    assert [bool(chat_of(one)[0]["dead"]) for one in ("wangwu", "zhaoliu")] == [True, False]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"partyids": ["3"]}, 40058),
        ({"tagids": [True]}, 40058),
        ({"partyids": list(range(101))}, 82002),
        ({"tagids": list(range(101))}, 82003),
        ({"userids": ["a"] * 1001}, 40032),
        ({"userids": [], "tagids": [7]}, 82102),
    ],
)
def test_departments_and_tags_have_limits(change: dict[str, object], errcode: int) -> None:
    code = send_card(a_card())["response_code"]
    body = {"userids": ["zhangsan"], "response_code": code, "button": {"replace_name": "好"}, **change}
    assert post("message/update_template_card", body)["errcode"] == errcode


def test_a_card_that_was_dropped_or_whose_member_left_the_range_is_not_updated() -> None:
    for number in range(30):
        send_text("lisi", str(number))
    sent = send_card(a_card(), to="zhangsan|lisi|wangwu")
    housekeeping.put_member(userid="wangwu", visible=False)
    assert update(sent["response_code"], ["zhangsan", "lisi", "wangwu"])["invaliduser"] == ["lisi", "wangwu"]
    assert chat_of("wangwu")[0]["face"] == "fresh"


def test_the_chat_of_who_has_left_can_be_read_and_their_card_not_updated() -> None:
    code = send_card(a_card(), to="zhangsan|lisi")["response_code"]
    housekeeping.remove_member("lisi")
    assert update(code, ["zhangsan", "lisi"])["invaliduser"] == ["lisi"]
    assert [message["face"] for message in chat_of("lisi")] == ["fresh"]
