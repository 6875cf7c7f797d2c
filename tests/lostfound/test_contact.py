"""The finder's contact on its way to the owner: once, truthfully, to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
import requests as http
from django.utils import timezone
from django.utils.translation import override

from lostfound import selectors, services
from lostfound.errors import NothingToDo
from lostfound.models import Card, ContactRequest, Item
from lostfound.states import Happened as H
from tests.lostfound.world import (
    FINDER,
    KILLED,
    LOST,
    OWNER,
    PHONE,
    SEND,
    UPDATE,
    WeCom,
    asked,
    drain_later,
    events,
    found_item,
    killed,
    owed,
    states,
    tap,
)
from wecom import effects, outbox
from wecom.models import Attempt, Bucket, Outgoing

pytestmark = pytest.mark.django_db


def test_the_message_can_be_used(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    (text,) = wecom.seen_by(OWNER)
    assert "黑色雨伞" in text
    assert f"请求编号 {card.request_id}" in text
    assert f"$userName={FINDER}$" in text
    assert PHONE in text
    body = wecom.calls[1][1]
    assert (body["enable_id_trans"], body["enable_duplicate_check"]) == (1, 1)
    assert body["duplicate_check_interval"] == 14400


def test_no_message_holds_the_contact_before_the_finder_agreed(wecom: WeCom) -> None:
    asked()
    assert all(PHONE not in str(body) for _, body in wecom.calls)


def test_the_contact_is_stored_in_no_attempt(wecom: WeCom) -> None:
    tap(asked())
    outbox.drain()
    stored = [f"{a.request}{a.answer}{a.errmsg}" for a in Attempt.objects.all()]
    assert len(stored) == 3
    assert not any(PHONE in text or "RC_made_up" in text for text in stored)


def test_what_the_finder_agreed_to_is_sent_though_the_item_changed_since(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    Item.objects.update(title="别的东西", contact_value="13900000000")
    outbox.drain()
    assert PHONE in wecom.seen_by(OWNER)[0]
    assert "黑色雨伞" in wecom.seen_by(OWNER)[0]


def test_a_lost_answer_is_repeated_to_the_byte_and_seen_once(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, LOST)
    outbox.drain()
    Item.objects.update(title="别的东西")
    drain_later()
    first, again = (body for path, body in wecom.calls[1:] if path == SEND)
    assert first == again
    assert len(wecom.seen_by(OWNER)) == 1
    assert states(card) == ("accepted", "delivered", "closed")


def test_a_worker_killed_after_the_send_has_it_repeated_not_doubled(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, KILLED)
    killed()
    drain_later()
    assert wecom.paths().count(SEND) == 3
    assert len(wecom.seen_by(OWNER)) == 1
    assert states(card) == ("accepted", "delivered", "closed")


@pytest.mark.parametrize("answer", [{"invaliduser": OWNER.upper()}, {"unlicenseduser": f"x|{OWNER}"}])
def test_an_owner_out_of_reach_is_a_failure_and_the_card_says_so(wecom: WeCom, answer: dict) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, answer)
    outbox.drain()
    assert owed("deliver_contact").state == "parked"
    assert states(card) == ("accepted", "failed", "closed")
    assert wecom.cards == {card.task_id: "未能送达"}


@pytest.mark.parametrize("errcode", [81013, 82001, 60011, 40003])
def test_a_refused_contact_is_tried_once_and_parked(wecom: WeCom, errcode: int) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": errcode, "errmsg": "no"})
    drain_later()
    assert (owed("deliver_contact").state, owed("deliver_contact").attempts) == ("parked", 1)
    assert states(card) == ("accepted", "failed", "closed")
    assert H.CONTACT_FAILED in events(card.request)


def in_doubt(wecom: WeCom) -> Card:
    """The finder has agreed; nobody knows whether the contact arrived, and a person is asked."""
    card = asked()
    tap(card)
    wecom.will(SEND, LOST)
    outbox.drain()
    Attempt.objects.filter(outcome="unknown").update(started_at=timezone.now() - timedelta(hours=4))
    drain_later()
    assert states(card) == ("accepted", "unsure", "shown")
    return card


def test_doubt_past_the_window_is_parked_and_nothing_is_claimed(wecom: WeCom) -> None:
    card = in_doubt(wecom)
    assert (owed("deliver_contact").state, owed("deliver_contact").attempts) == ("parked", 1)
    assert wecom.cards[card.task_id] == "确认 / 婉拒"
    assert events(card.request)[-1] == H.CONTACT_UNSURE


def test_a_contact_in_doubt_that_a_person_has_seen_to_claims_nothing_on_the_card(wecom: WeCom) -> None:
    card = in_doubt(wecom)
    services.settle_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk", why="asked the owner")
    outbox.drain()
    assert states(card) == ("accepted", "unsure", "closed")
    assert wecom.cards == {card.task_id: "已处理"}


def test_a_failed_contact_that_a_person_has_seen_to_keeps_its_text(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    wecom.will(UPDATE, http.exceptions.ConnectionError("away"))
    outbox.drain()
    services.settle_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk", why="told the owner")
    drain_later()
    assert wecom.cards == {card.task_id: "未能送达"}


def test_an_owner_out_of_reach_may_have_what_an_earlier_try_brought(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, LOST, {"invaliduser": OWNER})
    drain_later()
    assert PHONE in wecom.seen_by(OWNER)[0]
    assert states(card) == ("accepted", "unsure", "shown")
    assert owed("deliver_contact").state == "parked"
    tap(card, "decline")
    drain_later()
    assert "请删除" in wecom.seen_by(OWNER)[-1]


def test_a_contact_that_a_person_told_before_any_try_is_declined_too_late(wecom: WeCom, settings: Any) -> None:
    card = asked()
    tap(card)
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    Outgoing.objects.update(deadline=timezone.now())
    drain_later()
    del settings.WECOM_DATA_KEYS
    row = owed("deliver_contact")
    assert (row.state, row.attempts) == ("parked", 0)
    services.settle_outgoing(outgoing_id=row.pk, by="desk", why="told the owner by phone")
    tap(card, "decline")
    drain_later()
    assert states(card)[0] == "accepted"
    assert "请删除" in wecom.seen_by(OWNER)[-1]


@pytest.mark.parametrize("when", ["waiting", "too late", "parked"])
def test_a_consent_withdrawn_in_doubt_claims_nothing_on_the_card(wecom: WeCom, when: str) -> None:
    if when == "parked":
        card = in_doubt(wecom)
    else:
        card = asked()
        tap(card)
        wecom.will(SEND, LOST)
        outbox.drain()
    tap(card, "decline")
    if when == "too late":
        Attempt.objects.filter(outcome="unknown").update(started_at=timezone.now() - timedelta(hours=4))
    drain_later()
    assert states(card) == ("accepted", "unsure", "closed")
    assert wecom.cards == {card.task_id: "已处理"}


def test_retrying_an_unsure_contact_ends_with_the_final_text(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, http.exceptions.ReadTimeout("slow"))
    outbox.drain()
    Attempt.objects.filter(outcome="unknown").update(started_at=timezone.now() - timedelta(hours=4))
    drain_later()
    services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="admin")
    assert states(card)[:2] == ("accepted", "owed")
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closed")
    assert len(wecom.seen_by(OWNER)) == 1


def test_a_success_after_the_card_said_otherwise_is_told_to_the_finder(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    outbox.drain()
    services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="admin")
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closed")
    assert wecom.cards == {card.task_id: "未能送达"}
    assert "现已成功发送" in wecom.seen_by(FINDER)[0]


def test_a_failure_told_in_words_is_corrected_in_words_though_the_card_can_still_change(wecom: WeCom) -> None:
    card = asked()
    Card.objects.update(sent_at=timezone.now() - timedelta(hours=25))  # it cannot be taken back
    tap(card)
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    wecom.will(UPDATE, {"errcode": 42018, "errmsg": "bad button"})  # the code is not spent
    outbox.drain()
    assert states(card)[2] == "stuck"
    assert "未能送达" in wecom.seen_by(FINDER)[0]
    services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="admin")
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closed")
    assert wecom.cards == {card.task_id: "已推送"}
    assert "现已成功发送" in wecom.seen_by(FINDER)[1]


def test_a_failure_mended_before_the_card_was_touched_leaves_no_trace_on_it(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    wecom.will(UPDATE, http.exceptions.ConnectionError("away"))
    outbox.drain()
    services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="admin")
    wecom.will(UPDATE)
    row = owed("update_card")
    drain_later()
    assert row.state == "waiting"
    assert states(card) == ("accepted", "delivered", "closed")
    assert len(wecom.cards) == 1


def test_a_contact_whose_consent_is_gone_cannot_be_retried(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    outbox.drain()
    tap(card, "decline")
    with pytest.raises(NothingToDo):
        services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="admin")
    assert owed("deliver_contact").state == "cancelled"
    with override("en"):
        assert selectors.next_step(ContactRequest.objects.get()) == "The finder withdrew the consent."


@pytest.mark.parametrize("codes_left", [True, False])
def test_a_card_that_was_about_to_say_failed_says_that_it_is_over_once_the_consent_is_gone(
    wecom: WeCom, codes_left: bool
) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 81013, "errmsg": "no"})
    wecom.will(UPDATE, {"errcode": 45009, "errmsg": "busy"})
    outbox.drain()
    assert Card.objects.get().final == "failed"
    services.decline_on_page(request_id=card.request_id, finder=FINDER)
    if not codes_left:
        wecom.codes.clear()
    Bucket.objects.all().delete()
    drain_later()
    drain_later()
    said = [*wecom.cards.values(), *wecom.seen_by(FINDER)]
    assert "已处理" in str(said)
    assert "未能送达" not in str(said)


@pytest.mark.parametrize("codes_left", [True, False])
def test_a_finder_who_took_their_consent_back_is_not_told_that_somebody_sees_to_it(
    wecom: WeCom, codes_left: bool
) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 45009, "errmsg": "api freq out of limit"})
    outbox.drain()
    if not codes_left:
        wecom.codes.clear()
    services.decline_on_page(request_id=card.request_id, finder=FINDER)
    Bucket.objects.all().delete()
    drain_later()
    assert states(card)[:2] == ("accepted", "failed")
    assert "管理员会跟进" not in str(wecom.texts)
    assert "未能送达" not in str(wecom.cards)


def test_a_contact_that_was_given_up_before_any_try_needs_nobody_once_the_finder_says_no(
    wecom: WeCom, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    card = asked()
    tap(card)
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    Outgoing.objects.filter(kind="lostfound.deliver_contact").update(deadline=timezone.now())
    drain_later()
    assert (owed("deliver_contact").state, owed("deliver_contact").attempts) == ("parked", 0)
    with django_capture_on_commit_callbacks(execute=True):
        services.decline_on_page(request_id=card.request_id, finder=FINDER)
    assert owed("deliver_contact").state == "cancelled"


def test_killed_between_contact_and_update_the_update_goes_on_alone(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain(limit=1)
    assert states(card) == ("accepted", "delivered", "closing")
    outbox.drain()
    assert len(wecom.seen_by(OWNER)) == 1
    assert states(card) == ("accepted", "delivered", "closed")


def test_a_worker_down_for_days_still_sends_the_contact_and_tells_the_finder(wecom: WeCom) -> None:
    card = asked()
    tap(card, code="RC_dies_meanwhile")
    card.codes.update(issued_at=timezone.now() - timedelta(days=4), expires_at=timezone.now() - timedelta(days=3))
    Outgoing.objects.filter(state="waiting").update(deadline=timezone.now() - timedelta(days=1))
    outbox.drain()
    assert len(wecom.seen_by(OWNER)) == 1
    assert states(card)[:2] == ("accepted", "delivered")
    assert states(card)[2] != "closed"
    assert "已推送给失主" in wecom.seen_by(FINDER)[0]
    effects.expire_cards()
    assert set(card.codes.values_list("state", flat=True)) == {"expired"}


@pytest.mark.parametrize(
    ("channel", "value", "words"),
    [
        ("wecom", "", "搜索"),
        ("phone", "139 1234 5678", "139 1234 5678"),
        ("desk", "一号楼前台", "领取地点：一号楼前台"),
    ],
)
def test_each_channel_is_explained(wecom: WeCom, channel: str, value: str, words: str) -> None:
    card = asked(item=found_item(contact_channel=channel, contact_value=value))
    tap(card)
    outbox.drain()
    assert words in wecom.seen_by(OWNER)[0]


def test_the_agreed_contact_lies_sealed_in_the_database(wecom: WeCom) -> None:
    from django.db import connection

    tap(asked())
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_value FROM lostfound_contactrequest")
        (stored,) = cursor.fetchone()
    assert PHONE not in stored
    assert ContactRequest.objects.get().contact_value == PHONE
