"""Expiry, a new round, retries and replays: by a person, a command or by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

import lostfound.conf
from lostfound import for_members, handlers, selectors, services
from lostfound.errors import NotFound, NothingToDo, RequestClosed
from lostfound.models import Card, ContactRequest, Item
from lostfound.states import Happened as H
from tests.lostfound.world import (
    FINDER,
    LOST,
    OWNER,
    PHONE,
    SEND,
    UPDATE,
    WeCom,
    ask,
    asked,
    card_of,
    drain_later,
    events,
    owed,
    states,
    tap,
)
from wecom import conf, outbox
from wecom.models import Attempt, Callback, Outgoing

pytestmark = pytest.mark.django_db


def aged(card: Card, hours: float) -> Card:
    then = timezone.now() - timedelta(hours=hours)
    ContactRequest.objects.filter(pk=card.request_id).update(created_at=then)
    Card.objects.filter(pk=card.pk).update(created_at=then, sent_at=then)
    card.codes.update(issued_at=then, expires_at=then + timedelta(hours=24))
    return card


def undelivered(wecom: WeCom) -> Card:
    request = ask()
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    outbox.drain()
    return card_of(request)


def test_an_expired_request_reads_so_and_the_owner_is_told(wecom: WeCom) -> None:
    card = asked()
    services.expire_request(request_id=card.request_id, by="worker")
    outbox.drain()
    assert wecom.cards == {card.task_id: "已过期"}
    assert "已过期" in wecom.seen_by(OWNER)[0]
    assert states(card) == ("expired", "none", "closed")


def test_a_decided_request_does_not_expire(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    with pytest.raises(RequestClosed):
        services.expire_request(request_id=card.request_id, by="worker")
    assert states(card)[0] == "accepted"


def test_a_tap_that_waits_for_a_worker_is_not_expired_away(wecom: WeCom) -> None:
    card = aged(asked(), 30)
    callback = Callback.objects.create(app="default", task_id=card.task_id, digest="d", state="waiting")
    handlers.expire_overdue()
    assert states(card)[0] == "pending"
    callback.delete()
    handlers.expire_overdue()
    assert states(card)[0] == "expired"


def test_a_tap_that_was_set_aside_is_not_expired_away_while_a_person_can_still_replay_it(wecom: WeCom) -> None:
    card = aged(asked(), 30)
    Callback.objects.create(app="default", task_id=card.task_id, plaintext="<xml/>", digest="d", state="poison")
    handlers.expire_overdue()
    assert states(card)[0] == "pending"
    Callback.objects.update(received_at=timezone.now() - timedelta(days=conf.retention("bodies")))
    handlers.expire_overdue()
    assert states(card)[0] == "expired"


@pytest.mark.parametrize("over", [{"plaintext": ""}, {"state": "settled"}])
def test_a_tap_that_nobody_can_replay_or_somebody_has_seen_to_holds_up_nothing(wecom: WeCom, over: dict) -> None:
    card = aged(asked(), 30)
    usual = {"app": "default", "task_id": card.task_id, "plaintext": "<xml/>", "digest": "d", "state": "poison"}
    Callback.objects.create(**{**usual, **over})
    handlers.expire_overdue()
    assert states(card)[0] == "expired"


def test_where_no_card_surely_arrived_nobody_is_said_to_have_kept_silent(wecom: WeCom) -> None:
    for make in (undelivered, lambda _wecom: card_of(ask())):
        card = make(wecom)
        Card.objects.filter(pk=card.pk).update(created_at=timezone.now() - timedelta(hours=23))
        handlers.expire_overdue()
        drain_later()
        assert states(card)[0] == "expired"
        assert "未能确认您的请求已送达拾取人" in wecom.seen_by(OWNER)[-1]
    assert not any("没有回复" in text for text in wecom.seen_by(OWNER))


def test_a_card_that_waited_for_a_worker_counts_from_when_it_was_sent(wecom: WeCom) -> None:
    card = aged(asked(), 23)
    Card.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    assert list(selectors.requests_to_expire()) == []
    card.refresh_from_db()
    assert card.sent_at
    assert selectors.expires_at(card.request) == card.sent_at + lostfound.conf.expire_after()


def test_expiring_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        services.expire_request(request_id=999, by="admin")


def test_the_periodic_work_expires_at_22_hours_by_the_code_of_the_send(wecom: WeCom) -> None:
    old, young = aged(asked(), 22.5), aged(asked(), 21.5)
    handlers.expire_overdue()
    outbox.drain()
    assert (states(old)[0], states(young)[0]) == ("expired", "pending")
    assert wecom.cards == {old.task_id: "已过期", young.task_id: "确认 / 婉拒"}


def test_a_resent_question_gets_its_own_22_hours(wecom: WeCom) -> None:
    card = aged(asked(), 23)
    services.resend_card(request_id=card.request_id, by="admin")
    assert list(selectors.requests_to_expire()) == []


def test_a_new_round_has_a_new_card_and_closes_the_old_one(wecom: WeCom) -> None:
    old = aged(asked(), 13)
    new = services.resend_card(request_id=old.request_id, by="admin")
    outbox.drain()
    assert new.task_id != old.task_id
    assert new.round == 2
    assert wecom.cards == {old.task_id: "已重发", new.task_id: "确认 / 婉拒"}
    assert sorted(events(old.request)[2:]) == sorted([H.RESENT, H.CLOSING, H.CARD_SENT, H.CARD_UPDATED])


def test_an_undelivered_card_is_sent_again(wecom: WeCom) -> None:
    old = undelivered(wecom)
    new = services.resend_card(request_id=old.request_id, by="admin")
    outbox.drain()
    assert states(old) == ("pending", "none", "undelivered")
    assert states(new) == ("pending", "none", "shown")
    tap(new)
    outbox.drain()
    assert states(new) == ("accepted", "delivered", "closed")


def test_the_old_row_of_a_replaced_card_cannot_be_retried(wecom: WeCom) -> None:
    old = undelivered(wecom)
    services.resend_card(request_id=old.request_id, by="admin")
    with pytest.raises(NothingToDo, match="newer card"):
        services.retry_outgoing(outgoing_id=owed("send_card", subject=str(old.pk)).pk, by="admin")


@pytest.mark.parametrize("state", ["owed", "shown", "accepted", "withdrawn"])
def test_where_nothing_is_to_be_resent_the_reason_is_told(wecom: WeCom, state: str) -> None:
    card = card_of(ask()) if state == "owed" else asked()
    if state == "accepted":
        tap(card)
    if state == "withdrawn":
        services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    with pytest.raises(NothingToDo) as caught:
        services.resend_card(request_id=card.request_id, by="admin")
    assert caught.value.why
    assert card.request.cards.count() == 1


def test_resending_twice_makes_one_new_round(wecom: WeCom) -> None:
    card = undelivered(wecom)
    services.resend_card(request_id=card.request_id, by="one")
    with pytest.raises(NothingToDo):
        services.resend_card(request_id=card.request_id, by="two")
    assert card.request.cards.count() == 2


def test_a_tap_on_the_old_card_decides_and_both_get_the_same_final_text(wecom: WeCom) -> None:
    old = aged(asked(), 13)
    new = services.resend_card(request_id=old.request_id, by="admin")
    assert tap(old, code=wecom.new_code(old.task_id)) == ""
    drain_later()
    assert states(old) == ("accepted", "delivered", "closed")
    assert old.shows == "已推送"
    assert states(new)[2] in ("closed", "cancelled")
    assert set(wecom.cards.values()) == {"已推送"}


def test_on_a_decision_all_shown_cards_get_the_final_text(wecom: WeCom) -> None:
    old = aged(asked(), 13)
    wecom.will(UPDATE, {"errcode": 42018, "errmsg": "no"})
    wecom.will("message/recall", {"errcode": 42052, "errmsg": "no"})
    new = services.resend_card(request_id=old.request_id, by="admin")
    drain_later()
    assert (states(old)[2], states(new)[2]) == ("stuck", "shown")
    assert wecom.seen_by(FINDER) == []
    tap(new, "decline", code=wecom.new_code(new.task_id))
    drain_later()
    assert wecom.cards == {old.task_id: "已婉拒", new.task_id: "已婉拒"}


def test_a_card_in_doubt_is_replaced_and_its_tap_still_counts(wecom: WeCom) -> None:
    request = ask()
    wecom.will(SEND, LOST)
    Outgoing.objects.update(deadline=timezone.now() - timedelta(hours=1))
    outbox.drain()
    old = card_of(request)
    new = services.resend_card(request_id=request.pk, by="admin")
    drain_later()
    assert tap(old, code=wecom.new_code(old.task_id)) == ""
    drain_later()
    assert states(new) == ("accepted", "delivered", "closed")
    assert states(old)[2] == "closed"
    assert len(wecom.seen_by(OWNER)) == 2


def test_a_refused_send_can_be_retried(wecom: WeCom) -> None:
    card = undelivered(wecom)
    services.retry_outgoing(outgoing_id=owed("send_card").pk, by="admin")
    outbox.drain()
    assert states(card) == ("pending", "none", "shown")
    assert H.RETRIED in events(card.request)


def test_the_second_retry_of_two_hears_that_there_is_nothing_to_do(wecom: WeCom) -> None:
    undelivered(wecom)
    row = owed("send_card")
    services.retry_outgoing(outgoing_id=row.pk, by="one")
    with pytest.raises(NothingToDo):
        services.retry_outgoing(outgoing_id=row.pk, by="two")


def test_what_is_done_or_unknown_or_foreign_is_not_retried(wecom: WeCom) -> None:
    asked()
    with pytest.raises(NothingToDo):
        services.retry_outgoing(outgoing_id=owed("send_card").pk, by="admin")
    with pytest.raises(NotFound):
        services.retry_outgoing(outgoing_id=999_999, by="admin")
    Outgoing.objects.update(topic="", state="dead")
    with pytest.raises(NothingToDo):
        services.retry_outgoing(outgoing_id=owed("send_card").pk, by="admin")


def test_a_send_for_a_request_that_ended_is_not_retried(wecom: WeCom) -> None:
    card = undelivered(wecom)
    services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    with pytest.raises(NothingToDo, match="withdrawn"):
        services.retry_outgoing(outgoing_id=owed("send_card").pk, by="admin")
    assert owed("send_card").state == "parked"


def test_a_callback_can_be_replayed_and_its_replay_is_noted(wecom: WeCom) -> None:
    card = asked()
    callback = Callback.objects.create(
        app="default", task_id=card.task_id, plaintext="<xml/>", digest="d", state="poison"
    )
    services.replay_callback(callback_id=callback.pk, by="admin")
    callback.refresh_from_db()
    assert callback.state == "waiting"
    assert events(card.request)[-1] == H.REPLAYED
    with pytest.raises(NothingToDo):
        services.replay_callback(callback_id=callback.pk, by="admin")
    with pytest.raises(NotFound):
        services.replay_callback(callback_id=999, by="admin")


def test_every_step_can_be_said_in_a_sentence(wecom: WeCom) -> None:
    card = asked()
    sentences = [selectors.next_step(card.request)]
    tap(card)
    card = card_of(card.request)
    sentences.append(selectors.next_step(card.request))
    outbox.drain()
    sentences.append(selectors.next_step(card_of(card.request).request))
    sentences.append(selectors.next_step(undelivered(wecom).request))
    assert len(set(sentences)) == 4
    assert all(sentences)


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_question_that_was_taken_back_is_not_with_the_finder(wecom: WeCom, was_sent: bool) -> None:
    card = asked() if was_sent else card_of(ask())
    services.recall_card(card_id=card.pk, by="desk", why="看错了")
    outbox.drain()
    assert states(card) == ("pending", "none", "recalled" if was_sent else "cancelled")
    with override("en"):
        assert "send it again" in selectors.next_step(card.request)
    assert list(selectors.requests_not_seen()) == list(selectors.requests_to_resend()) == [card.request]


def test_the_effects_of_a_request_are_listed_with_their_tries(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    rows = selectors.outgoing_of(card.request)
    assert [row.kind.partition(".")[2] for row in rows] == ["send_card", "deliver_contact", "update_card"]
    assert all(row.tries.count() == 1 for row in rows)


def test_a_callback_whose_key_has_gone_can_be_settled_all_the_same(wecom: WeCom, settings: Any) -> None:
    card = asked()
    row = Callback.objects.create(
        app="default", plaintext="<xml/>", digest="0" * 64, state="poison", task_id=card.task_id
    )
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    services.settle_callback(callback_id=row.pk, by="desk", why="请拾取人再点一次")
    assert Callback.objects.filter(pk=row.pk, state="settled").exists()


def test_what_belongs_to_a_contact_whose_key_has_gone_can_be_settled(wecom: WeCom, settings: Any) -> None:
    card = asked()
    tap(card)
    late = Callback.objects.create(app="default", digest="0" * 64, state="poison", task_id=card.task_id)
    Outgoing.objects.filter(kind="lostfound.deliver_contact").update(state="parked")
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    services.settle_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk", why="told the owner")
    services.settle_callback(callback_id=late.pk, by="desk", why="too late")
    assert Callback.objects.filter(pk=late.pk, state="settled").exists()
    assert owed("deliver_contact").state == "settled"


def test_the_desk_and_the_owner_are_offered_what_can_be_done_and_told_what_was_done(
    wecom: WeCom, admin_client: Client
) -> None:
    card = asked()
    tap(card)
    page = reverse("admin:lostfound_contactrequest_change", args=[card.request_id])
    assert for_members.requests_of(OWNER)[0].may_withdraw
    wecom.will(SEND, LOST)
    outbox.drain()
    assert not for_members.requests_of(OWNER)[0].may_withdraw
    wecom.will(SEND, {"errcode": 81013, "errmsg": "no such member"})
    services.decline_on_page(request_id=card.request_id, finder=FINDER)
    english = {"accept-language": "en"}
    assert "was asked to delete" in admin_client.get(page, headers=english).content.decode()
    Outgoing.objects.filter(kind="lostfound.tell").update(state="dead")
    shown = admin_client.get(page, headers=english).content.decode()
    assert "declined after the send had begun" in shown
    assert "was asked to delete" not in shown


def test_a_card_comes_to_its_end_though_the_key_of_the_contact_has_gone(wecom: WeCom, settings: Any) -> None:
    request = ask()
    wecom.will(SEND, LOST)
    outbox.drain()
    services.agree_on_page(request_id=request.pk, finder=FINDER, channel="phone", value=PHONE)
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    drain_later()
    assert Card.objects.get().state != "owed"


def test_a_finder_says_no_and_a_thing_goes_back_without_the_key_of_the_contact(wecom: WeCom, settings: Any) -> None:
    card = asked()
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    assert tap(card, "decline") == ""
    services.say_returned(item_id=card.request.item_id, reporter=FINDER)
    assert Item.objects.defer("contact_value", "hidden_marks").get().state == "returned"


def test_an_owner_who_got_the_contact_by_hand_is_asked_to_delete_it(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 81013})
    outbox.drain()
    services.settle_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk", why="told the owner")
    tap(card, "decline")
    assert owed("tell").subject.endswith(":please_delete")
    with override("en"):
        assert "was asked to delete" in for_members.finders_story(ContactRequest.objects.get()).words


@pytest.mark.parametrize(("tried", "delivery"), [("applied", "unsure"), ("refused", "failed")])
def test_a_contact_that_was_settled_by_hand_is_on_its_way_to_nobody(wecom: WeCom, tried: str, delivery: str) -> None:
    """It was parked before anybody could write down what became of it."""
    card = asked()
    tap(card)
    Attempt.objects.create(outgoing=owed("deliver_contact"), number=1, outcome=tried)
    Outgoing.objects.filter(kind="lostfound.deliver_contact").update(state="parked", attempts=1)
    services.settle_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk", why="told the owner")
    assert states(card)[:2] == ("accepted", delivery)
    with override("en"):
        assert "on its way" not in for_members.requests_of(OWNER)[0].words
        assert selectors.next_step(ContactRequest.objects.get()) == "A person has seen to the contact by hand."


def test_an_owner_is_not_sent_to_the_desk_for_what_it_has_settled(wecom: WeCom) -> None:
    tap(asked())
    wecom.will(SEND, {"errcode": 81013})
    outbox.drain()
    with override("en"):
        assert "The desk can send it again" in for_members.requests_of(OWNER)[0].words
        services.settle_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk", why="told the owner")
        assert "send it again" not in for_members.requests_of(OWNER)[0].words
