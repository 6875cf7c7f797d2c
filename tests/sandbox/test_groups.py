"""Group chats of applications, and the robots that stand in groups."""

import base64
import hashlib
import json
from typing import Any

import pytest
from pytest_django import Settings

from tests.sandbox.kit import OTHER_APP, PNG, a_notice, ask, chat_of, post, token, token_of
from wecom.sandbox import clock, housekeeping, ledger, taps
from wecom.sandbox.models import Delivery
from wecom.sandbox.taps import CannotTap
from wecom.sandbox.world import CREDENTIALS, MEMBERS, ROBOT_CHAT, ROBOT_KEY

pytestmark = pytest.mark.django_db

PAIR = ["ZhangSan", "lisi"]
TEXT = {"msgtype": "text", "text": {"content": "大家好"}}


def create(**body: Any) -> dict[str, Any]:
    return post("appchat/create", {"userlist": PAIR, **body})


def get(chatid: str, access_token: str = "") -> dict[str, Any]:
    return ask("GET", "appchat/get", {"access_token": access_token or token(), "chatid": chatid})


def robot(body: dict[str, Any], key: str = ROBOT_KEY) -> dict[str, Any]:
    return ask("POST", "webhook/send", {"key": key}, json.dumps(body, ensure_ascii=False).encode())


def test_a_group_has_name_owner_and_members() -> None:
    assert create(name="找伞", chatid="lf1", owner="lisi")["chatid"] == "lf1"
    info = {"chatid": "lf1", "name": "找伞", "owner": "lisi", "userlist": ["zhangsan", "lisi"]}
    assert get("lf1")["chat_info"] == info
    named = create()["chatid"]
    assert get(named)["chat_info"]["owner"] == "zhangsan"


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"userlist": ["zhangsan"]}, 86006),
        ({"userlist": ["zhangsan", "ZHANGSAN"]}, 86006),
        ({"userlist": ["zhangsan", "ghost"]}, 86007),
        ({"userlist": "zhangsan|lisi"}, 40058),
        ({"owner": "wangwu"}, 86005),
        ({"name": 5}, 86004),
        ({"chatid": "with-dash"}, 86001),
        ({"chatid": "x" * 33}, 86001),
    ],
)
def test_a_group_that_cannot_be_hears_its_errcode(body: dict[str, Any], errcode: int) -> None:
    assert create(**body)["errcode"] == errcode
    assert ledger.build()["chats"] == []


def test_a_chatid_is_used_once_and_an_unknown_one_is_refused() -> None:
    create(chatid="lf1")
    assert create(chatid="lf1")["errcode"] == 86001
    assert get("lf2")["errcode"] == 40050


def test_members_come_and_go() -> None:
    create(chatid="lf1")
    change = {"chatid": "lf1", "add_user_list": ["WangWu", "lisi"], "del_user_list": ["zhangsan"], "owner": "wangwu"}
    assert post("appchat/update", change)["errcode"] == 0
    assert get("lf1")["chat_info"]["userlist"] == ["lisi", "wangwu"]
    assert post("appchat/update", {"chatid": "lf1", "del_user_list": ["wangwu"]})["errcode"] == 86006
    assert post("appchat/update", {"chatid": "lf1", "name": "新名"})["errcode"] == 0
    assert (get("lf1")["chat_info"]["name"], get("lf1")["chat_info"]["owner"]) == ("新名", "wangwu")


def test_a_message_stands_in_the_chat_of_every_member_of_the_group() -> None:
    create(chatid="lf1")
    assert post("appchat/send", {"chatid": "lf1", **TEXT})["errcode"] == 0
    assert [(m["text"], m["chatid"]) for m in chat_of("lisi")] == [("大家好", "lf1")]
    assert chat_of("wangwu") == []


def test_template_cards_are_not_for_groups() -> None:
    create(chatid="lf1")
    card = {"chatid": "lf1", "msgtype": "template_card", "template_card": a_notice()}
    assert post("appchat/send", card)["errcode"] == 40008


def test_messages_of_a_group_do_not_count_against_those_of_the_application() -> None:
    create(chatid="lf1")
    for number in range(31):
        post("appchat/send", {"chatid": "lf1", "msgtype": "text", "text": {"content": str(number)}})
    post("message/send", {"touser": "lisi", **TEXT})
    assert all(message["visible"] for message in chat_of("lisi"))


def test_a_group_belongs_to_the_application_that_made_it(settings: Settings) -> None:
    create(chatid="lf1")
    settings.SANDBOX_APPS = [CREDENTIALS, OTHER_APP]
    other = token_of(OTHER_APP)
    assert get("lf1", other)["errcode"] == 86008
    assert post("appchat/send", {"chatid": "lf1", **TEXT}, access_token=other)["errcode"] == 86008


def test_what_a_member_writes_into_a_group_is_read_there_and_no_application_hears_of_it() -> None:
    create(chatid="lf1")
    taps.say_in_group(member="lisi", text="在吗", chatid="lf1")
    assert [(m["sender"], m["text"]) for m in chat_of("zhangsan")] == [("lisi", "在吗")]
    assert Delivery.objects.count() == 0
    with pytest.raises(CannotTap):
        taps.say_in_group(member="wangwu", text="在吗", chatid="lf1")


# --- Robots ---------------------------------------------------------------------------------------------------------


def test_a_robots_group_comes_with_its_first_message_and_holds_everybody() -> None:
    assert robot(TEXT)["errcode"] == 0
    (chat,) = ledger.build()["chats"]
    assert (chat["name"], chat["robot"], len(chat["members"])) == (ROBOT_CHAT, True, len(MEMBERS))
    assert [m["origin"] for m in chat_of("qianqi")] == ["robot"]


def test_a_wrong_key_opens_nothing(settings: Settings) -> None:
    assert robot(TEXT, "wrong")["errcode"] == robot(TEXT, "")["errcode"] == 93000
    settings.SANDBOX_ROBOTS = {"mine": "我的群"}
    assert robot(TEXT, "mine")["errcode"] == 0
    assert robot(TEXT)["errcode"] == 93000


def test_a_robot_writes_twenty_times_a_minute() -> None:
    assert [robot(TEXT)["errcode"] for _ in range(21)] == [0] * 20 + [45009]
    clock.advance(60)
    assert robot(TEXT)["errcode"] == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "markdown", "markdown": {"content": "字" * 1365}}, 0),
        ({"msgtype": "markdown_v2", "markdown_v2": {"content": "字" * 1366}}, 45002),
        ({"msgtype": "news", "news": {"articles": [{"title": "t"}]}}, 42028),
        ({"msgtype": "template_card", "template_card": a_notice()}, 0),
        ({"msgtype": "template_card", "template_card": {**a_notice(), "card_type": "button_interaction"}}, 42014),
        ({"msgtype": "video", "video": {}}, 40008),
        ({"msgtype": "image", "image": {"base64": "!", "md5": ""}}, 40009),
        ({"msgtype": "image", "image": {"base64": base64.b64encode(PNG).decode(), "md5": "0" * 32}}, 40058),
    ],
)
def test_what_a_robot_may_write(body: dict[str, Any], errcode: int) -> None:
    assert robot(body)["errcode"] == errcode


def test_a_robot_sends_no_card_that_calls_back() -> None:
    card = {"card_type": "button_interaction", "main_title": {"title": "t"}, "task_id": "r1"}
    body = {"msgtype": "template_card", "template_card": {**card, "button_list": [{"text": "好", "key": "ok"}]}}
    assert robot(body)["errcode"] == 42031


def test_a_robots_news_card_needs_its_picture() -> None:
    area = {"image_url": "https://example.com/a.png"}
    card = {"card_type": "news_notice", "main_title": {"title": "a"}, "card_action": {"type": 1, "url": "https://a/"}}
    pictured = {**card, "card_image": {"url": "https://example.com/a.png"}}
    sent = [
        robot({"msgtype": "template_card", "template_card": one})
        for one in ({**card, "image_text_area": area}, pictured)
    ]
    assert [answer["errcode"] for answer in sent] == [42044, 0]


def test_a_robots_picture_is_shown() -> None:
    image = {"base64": base64.b64encode(PNG).decode(), "md5": hashlib.md5(PNG, usedforsecurity=False).hexdigest()}
    assert robot({"msgtype": "image", "image": image})["errcode"] == 0
    assert chat_of()[0]["msgtype"] == "image"


def test_a_reset_forgets_groups_too() -> None:
    create(), robot(TEXT)
    housekeeping.reset()
    assert ledger.build()["chats"] == []
