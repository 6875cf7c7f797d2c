"""Codes, final texts, and what is done when no code is left."""

from datetime import timedelta

import pytest
import requests as http
from django.utils import timezone

from lostfound import selectors, services
from lostfound.errors import NothingToDo
from lostfound.models import Card
from lostfound.states import Happened as H
from tests.lostfound.world import (
    DEAD_CODE,
    FINDER,
    KILLED,
    LOST,
    OWNER,
    RECALL,
    UPDATE,
    WeCom,
    asked,
    card_of,
    drain_later,
    events,
    killed,
    owed,
    states,
    tap,
)
from wecom import effects, outbox
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db


def accepted(wecom: WeCom) -> Card:
    card = asked()
    tap(card, code=wecom.new_code(card.task_id))
    return card


def test_a_lost_answer_is_inferred_from_the_dead_code(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, LOST)
    drain_later()
    assert owed("update_card").state == "inferred"
    assert states(card) == ("accepted", "delivered", "closed")
    assert wecom.paths().count(UPDATE) == 2
    assert H.UPDATE_INFERRED in events(card.request)
    assert sorted(card.codes.values_list("state", flat=True)) == ["live", "spent"]


def test_an_update_that_never_arrived_is_repeated_with_the_same_code(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, http.exceptions.ReadTimeout("slow"))
    drain_later()
    first, again = (body for path, body in wecom.calls if path == UPDATE)
    assert first == again
    assert owed("update_card").state == "done"
    assert wecom.cards == {card.task_id: "已推送"}


def test_a_dead_code_without_doubt_is_followed_by_the_spare_one(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, DEAD_CODE)
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closed")
    assert wecom.paths().count(UPDATE) == 2
    assert sorted(card.codes.values_list("state", flat=True)) == ["refused", "spent"]
    assert H.CODE_REFUSED in events(card.request)


def test_two_dead_codes_end_in_the_rescue_and_never_in_a_loop(wecom: WeCom) -> None:
    card = accepted(wecom)
    tap(card, code=wecom.new_code(card.task_id))
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE, DEAD_CODE, DEAD_CODE)
    drain_later()
    assert wecom.paths().count(UPDATE) == 2
    assert owed("update_card").state == "dead"
    assert states(card) == ("accepted", "delivered", "recalled")
    assert len(wecom.recalled) == 1
    assert len(wecom.seen_by(FINDER)) == 1
    assert events(card.request)[-3:] == [H.CARD_STUCK, H.CARD_RECALLED, H.TOLD]


def test_where_a_card_cannot_be_taken_back_a_text_tells_the_result(wecom: WeCom) -> None:
    card = accepted(wecom)
    Card.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    drain_later()
    assert RECALL not in wecom.paths()
    assert states(card) == ("accepted", "delivered", "stuck")
    card.refresh_from_db()
    assert card.shows == "确认 / 婉拒"
    assert "已推送给失主" in wecom.seen_by(FINDER)[0]


def test_while_a_recall_waits_the_next_step_says_so(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    wecom.will(RECALL, {"errcode": -1, "errmsg": "busy"}, {"errcode": 42052, "errmsg": "too old"})
    outbox.drain()
    assert selectors.next_step(card_of(card.request).request) == "有卡片未能显示最终文字，即将撤回。"
    drain_later()
    assert "可以重试更新" in selectors.next_step(card_of(card.request).request)


@pytest.mark.parametrize(("refused", "seen"), [(False, []), (True, ["已推送"])])
def test_an_answer_while_the_card_is_being_taken_back_is_told_or_shown(wecom: WeCom, refused: bool, seen: list) -> None:
    card = asked()
    services.recall_card(card_id=card.pk, by="desk", why="看错了")
    tap(card)
    if refused:
        wecom.will(RECALL, {"errcode": 42052, "errmsg": "too old"})
    Outgoing.objects.filter(kind="lostfound.recall_card").update(due_at=timezone.now() + timedelta(minutes=1))
    drain_later()
    assert states(card) == ("accepted", "delivered", "closed" if refused else "recalled")
    assert (card.final, bool(wecom.recalled)) == ("delivered", not refused)
    assert [wecom.cards[card.task_id]] * refused == seen
    assert ["已推送给失主" in text for text in wecom.seen_by(FINDER)] == [True] * (not refused)


def test_a_recall_that_is_refused_is_followed_by_the_text(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    wecom.will(RECALL, {"errcode": 42052, "errmsg": "too old"})
    drain_later()
    assert states(card)[2] == "stuck"
    assert len(wecom.seen_by(FINDER)) == 1
    assert H.RECALL_FAILED in events(card.request)


def test_a_refusal_for_another_reason_gives_the_code_back(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, {"errcode": 42018, "errmsg": "bad button"})
    drain_later()
    assert owed("update_card").state == "dead"
    assert wecom.paths().count(UPDATE) == 1
    assert set(card.codes.values_list("state", flat=True)) == {"live"}
    assert states(card)[2] == "recalled"


def test_errcode_0_without_the_finder_is_not_taken_for_shown(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, {"invaliduser": [FINDER.upper()]})
    outbox.drain()
    assert owed("update_card").state == "parked"
    assert states(card)[2] != "closed"
    assert "spent" in card.codes.values_list("state", flat=True)


def test_a_refusal_past_the_planned_lifetime_proves_nothing(wecom: WeCom) -> None:
    card = accepted(wecom)
    card.codes.filter(source="send").update(state="spent")
    wecom.will(UPDATE, LOST)
    outbox.drain()
    card.codes.update(expires_at=timezone.now() - timedelta(minutes=1))
    drain_later()
    assert owed("update_card").state == "dead"
    assert "closed" not in states(card)


def test_the_doubt_about_one_code_proves_nothing_about_the_next(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, http.exceptions.ReadTimeout("slow"))
    outbox.drain()
    card.codes.filter(source="tap").update(expires_at=timezone.now() - timedelta(minutes=1))
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    drain_later()
    assert owed("update_card").state == "dead"
    assert set(card.codes.values_list("state", flat=True)) == {"refused"}


def test_a_spare_code_after_a_doubt_shows_the_same_text(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, LOST)
    outbox.drain()
    card.codes.filter(source="tap").update(expires_at=timezone.now() - timedelta(minutes=1))
    drain_later()
    assert states(card) == ("accepted", "delivered", "closed")
    assert len({str(body["button"]) for path, body in wecom.calls if path == UPDATE}) == 1


def test_a_code_between_24_and_72_hours_is_still_tried(wecom: WeCom) -> None:
    card = accepted(wecom)
    card.codes.update(issued_at=timezone.now() - timedelta(hours=30), expires_at=timezone.now() - timedelta(hours=6))
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closed")


def test_a_code_past_72_hours_is_not_tried(wecom: WeCom) -> None:
    card = accepted(wecom)
    card.codes.update(issued_at=timezone.now() - timedelta(hours=73), expires_at=timezone.now() - timedelta(hours=49))
    outbox.drain()
    assert UPDATE not in wecom.paths()
    effects.expire_cards()
    assert set(card.codes.values_list("state", flat=True)) == {"expired"}
    assert states(card)[2] == "recalled"


def test_a_fresh_code_of_a_late_tap_revives_a_stuck_card(wecom: WeCom) -> None:
    card = accepted(wecom)
    Card.objects.update(msgid="")
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    drain_later()
    assert states(card)[2] == "stuck"
    tap(card, code=wecom.new_code(card.task_id))
    drain_later()
    assert wecom.cards == {card.task_id: "已推送"}
    assert states(card) == ("accepted", "delivered", "closed")
    assert len(wecom.seen_by(FINDER)) == 1


def test_a_card_stuck_for_lack_of_a_code_is_revived_too(wecom: WeCom) -> None:
    card = asked()
    card.codes.all().delete()
    Card.objects.update(msgid="")
    services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    drain_later()
    assert states(card)[2] == "stuck"
    assert wecom.texts == []
    tap(card, code=wecom.new_code(card.task_id))
    drain_later()
    assert wecom.cards == {card.task_id: "已撤回"}
    assert Outgoing.objects.filter(kind="lostfound.update_card").count() == 2


def test_the_rescue_happens_once_though_the_update_fails_again(wecom: WeCom) -> None:
    card = accepted(wecom)
    Card.objects.update(msgid="")
    wecom.will(UPDATE, *[DEAD_CODE] * 9)
    drain_later()
    for _ in range(3):
        tap(card, code=wecom.new_code(card.task_id))
        drain_later()
    assert len(wecom.seen_by(FINDER)) == 1
    assert events(card.request).count(H.CARD_STUCK) == 4


def test_a_retry_without_any_code_is_refused_with_a_reason(wecom: WeCom) -> None:
    card = accepted(wecom)
    Card.objects.update(msgid="")
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    drain_later()
    assert states(card)[2] == "stuck"
    with pytest.raises(NothingToDo, match="response code"):
        services.retry_outgoing(outgoing_id=owed("update_card").pk, by="admin")


def test_a_code_arriving_twice_is_kept_once_and_stays_spent(wecom: WeCom) -> None:
    card = asked()
    code = wecom.new_code(card.task_id)
    tap(card, code=code)
    outbox.drain()
    tap(card, code=code)
    assert list(card.codes.filter(source="tap").values_list("state", flat=True)) == ["spent"]


def test_a_worker_killed_during_the_update_leaves_one_text_and_one_update(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, KILLED)
    killed()
    drain_later()
    assert owed("update_card").state == "inferred"
    assert wecom.cards == {card.task_id: "已推送"}
    assert states(card) == ("accepted", "delivered", "closed")


def test_a_card_taken_back_while_it_was_revived_claims_no_text(wecom: WeCom) -> None:
    card = accepted(wecom)
    wecom.will(UPDATE, DEAD_CODE, DEAD_CODE)
    wecom.hook = lambda path, body: tap(card, code=wecom.new_code(card.task_id)) if path == RECALL else None
    drain_later()
    assert states(card)[2] == "recalled"
    card.refresh_from_db()
    assert card.shows == ""
    assert len(wecom.seen_by(FINDER)) == 1
