"""Callbacks over real HTTP: what is sent, how often, and what the answer does."""

import os
import subprocess
import sys

import pytest
from django.test import Client
from pytest_django import Settings

from tests.sandbox.kit import (
    BUTTON_REPLY,
    MP4,
    PNG,
    Listener,
    a_card,
    a_notice,
    chat_of,
    passive,
    send_card,
    update,
    upload,
)
from tests.support import free_port
from wecom.sandbox import applications, clock, delivery, housekeeping, ledger, taps
from wecom.sandbox.models import Delivery, Try
from wecom.sandbox.taps import CannotTap


def tap(key: str = "confirm", **more: object) -> dict[str, object]:
    """Tap the member's newest card and wait until the delivery has ended; its entry in the ledger."""
    started = taps.tap(member="zhangsan", event_key=key, **{"task_id": "lf-1@1", **more})  # type: ignore[arg-type]
    assert delivery.join(30)
    return next(d for d in ledger.build()["deliveries"] if d["id"] == started.pk)


def test_a_tap_is_delivered_sealed_with_a_code_of_its_own(listener: Listener) -> None:
    sent = send_card(a_card())["response_code"]
    arrived = tap()
    (got,) = listener.got
    assert {
        name: got.text(name) for name in ("FromUserName", "MsgType", "Event", "EventKey", "TaskId", "CardType")
    } == {
        "FromUserName": "zhangsan",
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "confirm",
        "TaskId": "lf-1@1",
        "CardType": "button_interaction",
    }
    assert (arrived["statuses"], arrived["finished"]) == ([200], True)
    assert got.text("ResponseCode") != sent
    assert update(sent)["errcode"] == update(got.text("ResponseCode"))["errcode"] == 0


def test_every_tap_has_a_fresh_code(listener: Listener) -> None:
    send_card(a_card())
    tap(), tap()
    assert len({got.text("ResponseCode") for got in listener.got}) == 2


def test_anything_but_200_is_tried_again_with_the_same_plaintext_under_a_new_seal(listener: Listener) -> None:
    send_card(a_card())
    listener.statuses = [500, 403]
    assert tap()["statuses"] == [500, 403, 200]
    assert len({got.plaintext for got in listener.got}) == 1
    assert len({got.body for got in listener.got}) == len({got.query["nonce"] for got in listener.got}) == 3


def test_after_three_tries_the_platform_gives_up(listener: Listener) -> None:
    send_card(a_card())
    listener.statuses = [503] * 9
    arrived = tap()
    assert (arrived["statuses"], arrived["arrived"], arrived["finished"]) == ([503] * 3, False, True)


def test_a_slow_answer_is_no_answer(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    assert delivery.PATIENCE == 5
    monkeypatch.setattr(delivery, "PATIENCE", 0.2)
    send_card(a_card())
    listener.wait = 0.6
    arrived = tap()
    assert arrived["statuses"] == [None] * 3
    assert "no answer within 0.2 s" in str(arrived["tries"])


def test_a_dead_server_is_noted(transactional_db: None, settings: Settings) -> None:
    settings.SANDBOX_CALLBACK_URL = f"http://127.0.0.1:{free_port()}/"
    housekeeping.configure(retry_pause_ms=0)
    send_card(a_card())
    assert "ConnectionError" in str(tap()["tries"])


def test_the_passive_update_button_greys_the_card_of_the_one_who_tapped(listener: Listener) -> None:
    send_card(a_card(), to="zhangsan|lisi")
    listener.answer = passive(BUTTON_REPLY)
    arrived = tap()
    assert "处理中" in str(arrived["tries"])
    assert (chat_of()[0]["replace_text"], chat_of("lisi")[0]["dead"]) == ("处理中", False)


def test_the_passive_update_template_card_replaces_the_card(listener: Listener) -> None:
    send_card(a_card())
    listener.answer = passive(
        "<MsgType>update_template_card</MsgType><TemplateCard><CardType>button_interaction</CardType>"
        "<MainTitle><Title>已认领</Title></MainTitle>"
        "<HorizontalContentList><KeyName>地点</KeyName><Value>食堂</Value></HorizontalContentList>"
        "<HorizontalContentList><KeyName>时间</KeyName></HorizontalContentList>"
        "<ButtonList><Text>确认</Text><Style>2</Style><Key>confirm</Key></ButtonList>"
        "<ReplaceText>已推送</ReplaceText></TemplateCard>"
    )
    tap()
    seen = chat_of()[0]
    assert (seen["face"], seen["replace_text"], seen["card"]["main_title"]) == ("card", "已推送", {"title": "已认领"})
    assert [line["keyname"] for line in seen["card"]["horizontal_content_list"]] == ["地点", "时间"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"success", "no XML"),
        (b"<html></html>", "not <xml>"),
        (b"<xml></xml>", "no Encrypt"),
        (passive(BUTTON_REPLY, signed_with="other"), "MsgSignature"),
        (passive("<MsgType>update_button</MsgType>"), "ReplaceName"),
        (passive("<MsgType>news</MsgType>"), "44004"),
        (passive("<MsgType>image</MsgType><Image><MediaId>x</MediaId></Image>"), "40007"),
        (passive("<MsgType>location</MsgType>"), "not played"),
    ],
)
def test_an_answer_that_is_no_reply_is_ignored_and_noted(listener: Listener, answer: bytes, why: str) -> None:
    send_card(a_card())
    listener.answer = answer
    arrived = tap()
    assert arrived["statuses"] == [200]
    assert why in str(arrived["tries"])
    assert chat_of()[0]["face"] == "fresh"


def test_dead_recalled_and_unknown_cards_cannot_be_tapped(listener: Listener) -> None:
    code = send_card(a_card())["response_code"]
    for wrong in ({"event_key": "invented"}, {"member": "lisi"}, {"member": "ghost"}, {"task_id": "other"}):
        with pytest.raises(CannotTap):
            taps.tap(**{"member": "zhangsan", "event_key": "confirm", "task_id": "lf-1@1", **wrong})  # type: ignore[arg-type]
    update(code)
    with pytest.raises(CannotTap):
        tap()
    assert listener.got == []


def test_a_replaced_card_with_living_buttons_is_tapped_under_its_first_task_id(listener: Listener) -> None:
    code = send_card(a_card())["response_code"]
    update(code, template_card=a_card("other", button_list=[{"text": "好", "key": "fine"}]))
    tap("fine")
    assert (listener.got[0].text("TaskId"), listener.got[0].text("EventKey")) == ("lf-1@1", "fine")


def test_a_menu_entry_makes_an_event_of_its_own_also_on_a_grey_card(listener: Listener) -> None:
    menu = {"action_list": [{"text": "不是我的", "key": "not-mine"}]}
    update(send_card(a_card(action_menu=menu))["response_code"])
    tap("not-mine")
    assert listener.got[0].text("Event") == "template_card_menu_event"


def test_selections_travel_with_the_tap(listener: Listener) -> None:
    options = [{"id": "f1", "text": "一楼"}, {"id": "f2", "text": "二楼"}]
    send_card(a_card(button_selection={"question_key": "floor", "option_list": options}))
    tap()
    tap(selections={"floor": "f2"})
    chosen = [got.plaintext.partition("<SelectedItems>")[2] for got in listener.got]
    assert ["f1" in chosen[0], "f2" in chosen[0], "f1" in chosen[1], "f2" in chosen[1]] == [True, False, False, True]


def test_a_text_goes_to_the_application_and_stands_in_the_chat(listener: Listener) -> None:
    taps.say(member="zhangsan", text="捡到 <伞> ]]> 一把\x07")
    assert delivery.join()
    (got,) = listener.got
    assert got.text("Content") == "捡到 <伞> ]]> 一把"
    assert got.text("MsgId").isdigit()
    assert chat_of()[0]["origin"] == "member"


def test_a_passive_text_appears_in_the_chat(listener: Listener) -> None:
    listener.answer = passive("<MsgType>text</MsgType><Content>收到</Content>")
    taps.say(member="zhangsan", text="在吗")
    assert delivery.join()
    assert [m["text"] for m in chat_of()] == ["在吗", "收到"]


def test_passive_pictures_videos_and_news_appear_in_the_chat(listener: Listener) -> None:
    picture, video = upload("image", "a.png", PNG)["media_id"], upload("video", "a.mp4", MP4)["media_id"]
    item = "<item><Title>周报</Title><Description>本周</Description><Url>https://e.com/</Url></item>"
    for inner in (
        f"<MsgType>image</MsgType><Image><MediaId>{picture}</MediaId></Image>",
        f"<MsgType>video</MsgType><Video><MediaId>{video}</MediaId><Title>监控</Title></Video>",
        f"<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles>{item}</Articles>",
    ):
        listener.answer = passive(inner)
        taps.say(member="zhangsan", text="在吗")
        assert delivery.join()
    answers = [m for m in chat_of() if m["origin"] == "app"]
    assert [m["msgtype"] for m in answers] == ["image", "video", "news"]
    assert (answers[1]["content"]["title"], answers[2]["content"]["articles"][0]["title"]) == ("监控", "周报")


def test_opening_the_application_is_an_event(listener: Listener) -> None:
    taps.enter(member="lisi")
    assert delivery.join()
    assert (listener.got[0].text("Event"), listener.got[0].text("FromUserName")) == ("enter_agent", "lisi")


def test_the_url_check_wants_the_bare_plaintext(listener: Listener) -> None:
    assert delivery.check_url(applications.first()).error == ""
    listener.answer = b'"quoted"'
    assert "bare plaintext" in delivery.check_url(applications.first()).error


def test_a_notice_without_callback_cannot_be_tapped(listener: Listener) -> None:
    send_card(a_notice(task_id="lf-1@1"))
    with pytest.raises(CannotTap):
        tap()
    assert listener.got == []


def test_what_a_dead_process_left_on_its_way_is_brought_by_the_next_one_that_looks(
    client: Client, listener: Listener
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    send_card(a_card())
    owners = {"dead": f"{gone.pid}-a", "earlier, with our number": f"{os.getpid()}-a", "alive": f"{os.getppid()}-a"}
    rows = {who: _left_behind(owner, key=who) for who, owner in owners.items()}
    assert client.get("/sandbox/control/ledger/?parts=faults").status_code == 200
    assert delivery.join()
    assert sorted(got.text("EventKey") for got in listener.got) == ["dead", "earlier, with our number"]
    assert not Delivery.objects.get(pk=rows["alive"].pk).finished
    assert delivery.resume() == 0


def test_a_delivery_that_had_arrived_before_the_process_died_is_not_repeated(listener: Listener) -> None:
    row = _left_behind("0-a", key="arrived")
    Try.objects.create(delivery=row, number=1, status=200)
    assert delivery.resume() == 0
    assert Delivery.objects.get(pk=row.pk).finished
    assert listener.got == []


def _left_behind(owner: str, *, key: str) -> Delivery:
    plain = f"<xml><EventKey>{key}</EventKey></xml>"
    app = applications.first()
    return Delivery.objects.create(
        at=clock.now(),
        agent_id=app.key,
        userid="zhangsan",
        event="click",
        url=app.callback_url,
        plaintext=plain,
        owner=owner,
    )
