"""The question on its way to the finder: arrived, not arrived, nobody knows."""

from datetime import timedelta

import pytest
import requests as http
from django.utils import timezone

from lostfound import services
from lostfound.states import Happened as H
from tests.lostfound.world import (
    KILLED,
    LOST,
    OWNER,
    SEND,
    WeCom,
    ask,
    card_of,
    drain_later,
    events,
    killed,
    owed,
    states,
    tap,
)
from wecom import outbox
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db
AWAY = http.exceptions.ConnectionError("no route to host")


def test_a_lost_answer_ends_as_one_card_whose_code_is_unknown(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, LOST)
    drain_later()
    assert owed("send_card").state == "inferred"
    assert len(wecom.cards) == 1
    assert states(card_of(request)) == ("pending", "none", "shown")
    assert card_of(request).codes.count() == 0
    assert events(request) == [H.ASKED, H.CARD_INFERRED]


@pytest.mark.parametrize(
    "answer",
    [
        {"invaliduser": "LiSi"},
        {"invaliduser": "wangwu|lisi"},
        {"invaliduser": ["lisi"]},
        {"unlicenseduser": "lisi"},
    ],
)
def test_errcode_0_without_the_finder_is_not_taken_for_delivered(wecom: WeCom, answer: dict) -> None:
    request = ask()
    wecom.will(SEND, answer)
    outbox.drain()
    assert owed("send_card").state == "parked"
    assert states(card_of(request)) == ("pending", "none", "undelivered")
    assert "无法送达" in wecom.seen_by(OWNER)[0]
    assert events(request) == [H.ASKED, H.CARD_UNDELIVERED, H.TOLD]


@pytest.mark.parametrize("answer", [{"invaliduser": ""}, {"invaliduser": "wangwu"}, {"invaliduser": []}])
def test_somebody_elses_name_among_the_invalid_is_no_failure(wecom: WeCom, answer: dict) -> None:
    request = ask()
    wecom.will(SEND, answer)
    outbox.drain()
    assert states(card_of(request)) == ("pending", "none", "shown")


@pytest.mark.parametrize("errcode", [82001, 60011, 42031, 987654])
def test_a_refused_card_is_undelivered_and_the_owner_is_told(wecom: WeCom, errcode: int) -> None:
    request = ask()
    wecom.will(SEND, {"errcode": errcode, "errmsg": "no"})
    outbox.drain()
    assert owed("send_card").state == "parked"
    assert owed("send_card").attempts == 1
    assert states(card_of(request)) == ("pending", "none", "undelivered")
    assert len(wecom.seen_by(OWNER)) == 1


@pytest.mark.parametrize("errcode", [60111, 40003, 81013])
def test_a_finder_who_left_ends_the_request_and_the_owner_learns_why(wecom: WeCom, errcode: int) -> None:
    request = ask()
    wecom.will(SEND, {"errcode": errcode, "errmsg": "gone"})
    outbox.drain()
    assert states(card_of(request)) == ("expired", "none", "undelivered")
    assert "已不在企业通讯录中" in wecom.seen_by(OWNER)[0]
    assert events(request) == [H.ASKED, H.CARD_UNDELIVERED, H.EXPIRED, H.TOLD]


def test_doubt_until_the_deadline_is_told_as_doubt(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, http.exceptions.ReadTimeout("slow"))
    Outgoing.objects.update(deadline=timezone.now() - timedelta(hours=1))
    outbox.drain()
    assert owed("send_card").state == "parked"
    assert states(card_of(request)) == ("pending", "none", "unsure")
    assert "尚不能确认" in wecom.seen_by(OWNER)[0]


def test_a_tap_proves_that_a_card_in_doubt_had_arrived(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, LOST)
    Outgoing.objects.update(deadline=timezone.now() - timedelta(hours=1))
    outbox.drain()
    tap(card_of(request), code=wecom.new_code(card_of(request).task_id))
    outbox.drain()
    assert states(card_of(request)) == ("accepted", "delivered", "closed")


def test_a_card_in_doubt_of_a_request_that_ended_is_not_sent_again(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, http.exceptions.ReadTimeout("slow"))
    outbox.drain()
    services.withdraw_contact_request(request_id=request.pk, actor=OWNER)
    drain_later()
    assert wecom.paths() == [SEND]
    assert states(card_of(request)) == ("withdrawn", "none", "unsure")


def test_the_late_tap_on_such_a_card_brings_it_the_true_text(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, LOST)
    outbox.drain()
    services.withdraw_contact_request(request_id=request.pk, actor=OWNER)
    drain_later()
    card = card_of(request)
    tap(card, code=wecom.new_code(card.task_id))
    outbox.drain()
    assert wecom.cards == {card.task_id: "已撤回"}
    assert states(card) == ("withdrawn", "none", "closed")


def test_a_card_that_arrives_after_the_end_is_closed_at_once(wecom: WeCom) -> None:
    request = ask()
    wecom.hook = lambda path, body: (
        services.expire_request(request_id=request.pk, by="worker") if "template_card" in body else None
    )
    outbox.drain()
    assert list(wecom.cards.values()) == ["已过期"]
    assert states(card_of(request)) == ("expired", "none", "closed")


def test_no_connection_loses_nothing(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, AWAY, AWAY)
    drain_later()
    assert states(card_of(request)) == ("pending", "none", "shown")


def test_the_owner_is_not_told_of_a_failure_that_was_mended_meanwhile(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"}, AWAY)
    outbox.drain()
    services.retry_outgoing(outgoing_id=owed("send_card").pk, by="admin")
    drain_later()
    assert states(card_of(request)) == ("pending", "none", "shown")
    assert wecom.seen_by(OWNER) == []
    assert owed("tell").state == "cancelled"


def test_a_card_that_fails_again_after_that_is_told(wecom: WeCom) -> None:
    request = ask()
    refused = {"errcode": 60011, "errmsg": "no"}
    wecom.will(SEND, refused, AWAY)
    outbox.drain()
    services.retry_outgoing(outgoing_id=owed("send_card").pk, by="admin")
    Outgoing.objects.filter(kind="lostfound.send_card").update(due_at=timezone.now() + timedelta(hours=1))
    Outgoing.objects.filter(kind="lostfound.tell").update(due_at=timezone.now())
    outbox.drain()
    assert owed("tell").state == "cancelled"
    wecom.will(SEND, refused)
    drain_later()
    assert states(card_of(request)) == ("pending", "none", "undelivered")
    assert ["无法送达" in text for text in wecom.seen_by(OWNER)] == [True]


def test_the_owner_is_not_told_of_a_failure_once_the_request_is_over(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"}, AWAY)
    outbox.drain()
    services.withdraw_contact_request(request_id=request.pk, actor=OWNER)
    drain_later()
    assert wecom.seen_by(OWNER) == []
    assert owed("tell").error == "the request is withdrawn"


def test_a_text_to_somebody_unreachable_is_visible(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"}, {"invaliduser": OWNER})
    outbox.drain()
    assert owed("tell").state == "parked"
    assert events(request)[-1] == H.NOT_TOLD


def test_a_worker_killed_after_the_send_leaves_one_card(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, KILLED)
    killed()
    drain_later()
    assert len(wecom.cards) == 1
    assert owed("send_card").state == "inferred"
    assert states(card_of(request)) == ("pending", "none", "shown")
