"""The finder's page of a request: read, choose what is sent, refuse with a reason, take it back."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse, set_script_prefix

from lostfound import services
from lostfound.models import ContactRequest, Item, TimelineEntry
from tests.lostfound.member import logged_in
from tests.lostfound.world import FINDER, OWNER, PHONE, SEND, WeCom, ask, card_of, drain_later, found_item, owed, tap
from wecom import outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def finder() -> Client:
    return logged_in(FINDER)


def page(request: ContactRequest) -> str:
    return reverse("answer", args=[request.pk])


def agree(client: Client, request: ContactRequest, channel: str, value: str = "") -> Any:
    return client.post(page(request), {"answer": "agree", "contact_channel": channel, "contact_value": value})


def asked_on_a_card(**values: Any) -> ContactRequest:
    request = ask(**values)
    outbox.drain()
    return request


def card_sent(wecom: WeCom) -> dict[str, Any]:
    return next(body["template_card"] for _, body in wecom.calls if body.get("msgtype") == "template_card")


def test_the_card_leads_to_the_page_and_the_page_to_the_contact(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card(message="伞柄有贴纸")
    assert card_sent(wecom)["card_action"] == {"type": 1, "url": f"http://127.0.0.1:8000{page(request)}"}
    shown = finder.get(page(request)).content.decode()
    assert "伞柄有贴纸" in shown
    assert "your phone number (ending in 8000)" in shown
    assert PHONE not in shown
    assert agree(finder, request, "phone").status_code == 302
    outbox.drain()
    drain_later()
    assert PHONE in str(wecom.seen_by(OWNER))
    assert wecom.cards[card_of(request).task_id] == "已推送"
    assert "you agreed. The owner has your contact." in finder.get(page(request)).content.decode()


@pytest.mark.parametrize(
    ("channel", "value", "sent"),
    [("wecom", "", "企业微信中搜索"), ("phone", "13911112222", "13911112222"), ("desk", "一号楼前台", "一号楼前台")],
)
def test_the_finder_chooses_what_is_sent(wecom: WeCom, finder: Client, channel: str, value: str, sent: str) -> None:
    request = asked_on_a_card()
    agree(finder, request, channel, value)
    outbox.drain()
    (text,) = wecom.seen_by(OWNER)
    assert sent in text
    assert PHONE not in text
    request.item.refresh_from_db()
    assert (request.item.contact_channel, request.item.contact_value) == ("phone", PHONE)  # the next one decides anew


def test_a_choice_that_lacks_its_number_keeps_what_was_chosen(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    answer = agree(finder, request, "desk")
    assert answer.status_code == 400
    assert "Say which number, or where." in answer.content.decode()
    assert 'value="desk" checked' in answer.content.decode()
    request.refresh_from_db()
    assert request.state == "pending"


def test_the_owner_reads_why_the_finder_declined(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    finder.post(page(request), {"answer": "decline", "reason": "贴纸的颜色不对"})
    outbox.drain()
    drain_later()
    (text,) = wecom.seen_by(OWNER)
    assert "拾取人说：贴纸的颜色不对。" in text
    assert wecom.cards[card_of(request).task_id] == "已婉拒"
    assert "you said no" in finder.get(page(request)).content.decode()


def test_what_was_agreed_to_can_be_taken_back_on_the_page(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    tap(card_of(request))
    outbox.drain()
    listed = finder.get(reverse("mine")).content.decode()
    assert page(request) in listed
    finder.post(page(request), {"answer": "decline"})
    outbox.drain()
    assert "请删除" in wecom.seen_by(OWNER)[-1]
    assert "the owner was asked to delete the contact" in finder.get(page(request)).content.decode()
    finder.post(page(request), {"answer": "decline"})
    assert [entry.event for entry in TimelineEntry.objects.filter(event="consent_withdrawn")] == ["consent_withdrawn"]


def test_a_consent_can_be_taken_back_once_the_item_is_closed_unless_the_owner_has_the_contact(
    wecom: WeCom, finder: Client
) -> None:
    request = asked_on_a_card()
    tap(card_of(request))
    services.close_item(item_id=request.item_id, state="closed", by="desk")
    assert 'value="decline"' in finder.get(page(request)).content.decode()
    outbox.drain()
    assert 'value="decline"' not in finder.get(page(request)).content.decode()


def test_nobody_is_asked_to_delete_what_was_sent_to_somebody_who_was_forgotten(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    tap(card_of(request))
    outbox.drain()
    hint = "the owner is asked to delete it"
    assert hint in finder.get(page(request)).content.decode()
    ContactRequest.objects.update(owner="erased-1")
    shown = finder.get(page(request)).content.decode()
    assert hint not in shown
    assert "Take my consent back" in shown


def test_without_the_key_of_their_number_a_finder_can_answer_all_the_same(
    wecom: WeCom, finder: Client, settings: Any
) -> None:
    first, second, third = (asked_on_a_card() for _ in range(3))
    tap(card_of(third))
    outbox.drain()
    assert "Left empty" in finder.get(page(first)).content.decode()
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    for request in (first, second, third):
        assert "Left empty" not in finder.get(page(request)).content.decode()
    assert finder.post(page(first), {"answer": "decline"}).status_code == 302
    assert finder.post(page(second), {"answer": "agree", "contact_channel": "phone"}).status_code == 400
    typed = {"answer": "agree", "contact_channel": "phone", "contact_value": "13900139000"}
    assert finder.post(page(second), typed).status_code == 302
    assert finder.post(page(third), {"answer": "decline"}).status_code == 302
    drain_later()
    states = [ContactRequest.objects.get(pk=request.pk).state for request in (first, second, third)]
    assert states == ["declined", "accepted", "accepted"]
    assert "13900139000" in str(wecom.texts)
    assert "请删除" in str(wecom.texts)


def test_somebody_who_could_not_be_told_was_not_asked(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    tap(card_of(request))
    outbox.drain()
    wecom.will(SEND, {"errcode": 81013, "errmsg": "no such member"})
    finder.post(page(request), {"answer": "decline"})
    outbox.drain()
    assert owed("tell").state == "dead"
    assert "asked to delete" not in finder.get(page(request)).content.decode()


def test_nobody_is_said_to_have_been_asked_where_the_contact_had_failed(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    tap(card_of(request))
    wecom.will(SEND, {"errcode": 81013, "errmsg": "no such member"})
    outbox.drain()
    finder.post(page(request), {"answer": "decline"})
    outbox.drain()
    assert (wecom.seen_by(OWNER), owed("deliver_contact").state) == ([], "cancelled")
    shown = finder.get(page(request)).content.decode()
    assert "You took your consent back" in shown
    assert "asked to delete" not in shown


def test_two_answers_are_one(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    agree(finder, request, "phone")
    again = agree(finder, request, "wecom")
    outbox.drain()
    assert len(wecom.seen_by(OWNER)) == 1
    assert PHONE in wecom.seen_by(OWNER)[0]
    assert "It was decided before; nothing was changed." in finder.get(again["Location"]).content.decode()


def test_nobody_else_sees_the_page_or_answers_on_it(wecom: WeCom) -> None:
    request = asked_on_a_card()
    for stranger in (logged_in(OWNER), logged_in("wangwu")):
        assert stranger.get(page(request)).status_code == 404
        assert agree(stranger, request, "wecom").status_code == 404
    request.refresh_from_db()
    assert request.state == "pending"


def test_the_finders_question_is_answered_by_the_owner_and_shown_on_the_card(wecom: WeCom, finder: Client) -> None:
    item = found_item(proof_question="伞柄上贴了什么？")
    owner = logged_in(OWNER)
    assert "伞柄上贴了什么？" in owner.get(reverse("ask", args=[item.pk])).content.decode()
    owner.post(reverse("ask", args=[item.pk]), {"message": "一只猫"})
    outbox.drain()
    assert card_sent(wecom)["quote_area"] == {"title": "您的问题：伞柄上贴了什么？", "quote_text": "一只猫"}
    request = ContactRequest.objects.get()
    assert "Your question: 伞柄上贴了什么？" in finder.get(page(request)).content.decode()


def test_a_report_may_hold_a_question(finder: Client) -> None:
    form = finder.get(reverse("report_kind", args=["found"])).context["form"]
    values = {"category": "umbrella", "title": "雨伞", "contact_channel": "wecom", "proof_question": "什么颜色？"}
    moment = {"happened_at": "2026-11-20T10:00", "form_key": form["form_key"].value()}
    finder.post(reverse("report_kind", args=["found"]), {**values, **moment})
    assert Item.objects.get().proof_question == "什么颜色？"


def test_no_contact_stands_in_the_timeline(wecom: WeCom, finder: Client) -> None:
    request = asked_on_a_card()
    agree(finder, request, "phone", "13911112222")
    outbox.drain()
    entries = list(TimelineEntry.objects.values())
    assert "13911112222" not in json.dumps(entries, default=str)


def test_the_address_on_the_card_is_the_sites_whichever_way_the_owner_came(wecom: WeCom) -> None:
    set_script_prefix("/somewhere/else/")
    try:
        request = ask()
    finally:
        set_script_prefix("/")
    outbox.drain()
    assert card_sent(wecom)["card_action"]["url"] == f"http://127.0.0.1:8000/requests/{request.pk}/"
