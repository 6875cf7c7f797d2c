"""What a tap on a card means, and what it does not."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from lostfound import services
from lostfound.errors import NotFound, RequestClosed, WrongActor
from lostfound.models import Card, ContactRequest, ResponseCode
from lostfound.states import Happened as H
from tests.lostfound.world import FINDER, LOST, OWNER, SEND, WeCom, ask, asked, card_of, events, owed, states, tap
from tests.wecom.wire import message, post
from wecom import outbox
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db


def test_confirming_brings_the_contact_and_then_the_final_text(wecom: WeCom) -> None:
    card = asked()
    assert tap(card, code=wecom.new_code(card.task_id)) == ""
    outbox.drain()
    assert len(wecom.seen_by(OWNER)) == 1
    assert wecom.cards == {card.task_id: "已推送"}
    assert states(card) == ("accepted", "delivered", "closed")
    assert card.shows == "已推送"
    expected = [H.ASKED, H.CARD_SENT, H.ACCEPTED, H.CONTACT_DELIVERED, H.CLOSING, H.CARD_UPDATED]
    assert events(card.request) == expected


def test_declining_tells_the_owner_and_passes_nothing_on(wecom: WeCom) -> None:
    card = asked()
    tap(card, "decline")
    outbox.drain()
    assert wecom.cards == {card.task_id: "已婉拒"}
    assert "婉拒" in wecom.seen_by(OWNER)[0]
    assert states(card) == ("declined", "none", "closed")


def test_the_freshest_code_is_spent_and_the_other_is_kept(wecom: WeCom) -> None:
    card = asked()
    tap(card, code=wecom.new_code(card.task_id))
    outbox.drain()
    assert sorted(ResponseCode.objects.values_list("source", "state")) == [("send", "live"), ("tap", "spent")]


def test_a_second_tap_sends_no_second_message_and_its_code_is_kept(wecom: WeCom) -> None:
    card = asked()
    tap(card, code=wecom.new_code(card.task_id))
    assert tap(card, code=wecom.new_code(card.task_id)).startswith("late tap")
    outbox.drain()
    assert len(wecom.seen_by(OWNER)) == 1
    assert card.codes.count() == 3
    assert wecom.paths() == [SEND, SEND, "message/update_template_card"]


def test_a_tap_in_another_spelling_of_the_userid_counts(wecom: WeCom) -> None:
    card = asked()
    assert tap(card, member=FINDER.upper()) == ""
    assert states(card)[0] == "accepted"


@pytest.mark.parametrize("member", [OWNER, "wangwu", "", "lisi2"])
def test_a_tap_of_somebody_else_has_no_effect_but_one_line(wecom: WeCom, member: str) -> None:
    card = asked()
    assert tap(card, member=member, code="RC_of_somebody_else") == "wrong_actor"
    assert states(card) == ("pending", "none", "shown")
    assert events(card.request)[2:] == [H.WRONG_ACTOR]


def test_a_code_of_somebody_else_is_kept_and_never_spent_on_the_finders_card(wecom: WeCom) -> None:
    card = asked()
    tap(card, member="wangwu", code="RC_of_wangwu_0001")
    ResponseCode.objects.filter(source="send").update(state="spent")
    tap(card, "decline")
    outbox.drain()
    assert "message/update_template_card" not in wecom.paths()
    assert ResponseCode.objects.get(userid="wangwu").state == "live"


@pytest.mark.parametrize("key", ["", "CONFIRM", "confirm ", "confirm:zhangsan", '{"a":1}', "x" * 1000])
def test_an_unknown_key_has_no_effect(wecom: WeCom, key: str) -> None:
    card = asked()
    assert tap(card, key) == "no handler"
    assert states(card) == ("pending", "none", "shown")
    assert events(card.request) == [H.ASKED, H.CARD_SENT]


def test_a_tap_on_an_unknown_card_is_ignored(wecom: WeCom) -> None:
    card = asked()
    card.task_id = "lf-1-1-other"
    assert tap(card) == "unknown card"
    assert not ResponseCode.objects.filter(source="tap").exists()


def test_a_tap_through_a_foreign_app_is_ignored(wecom: WeCom) -> None:
    assert tap(asked(), app="other", code="RC_foreign") == "no handler"
    assert not ResponseCode.objects.filter(source="tap").exists()


def test_a_tap_that_overtakes_the_sends_answer_is_accepted(wecom: WeCom) -> None:
    request = ask()
    wecom.hook = lambda path, body: overtaken(wecom, request)
    wecom.will(SEND, LOST)
    outbox.drain()
    wecom.hook = None
    card = card_of(request)
    assert states(card) == ("accepted", "delivered", "closed")
    Outgoing.objects.filter(state="waiting").update(due_at=timezone.now())
    outbox.drain()
    assert owed("send_card").state == "done"
    assert wecom.cards == {card.task_id: "已推送"}
    assert len(wecom.seen_by(OWNER)) == 1
    assert events(request).count(H.CARD_INFERRED) == 1


def overtaken(wecom: WeCom, request: ContactRequest) -> None:
    if request.state == "pending":
        card = card_of(request)
        tap(card, code=wecom.new_code(card.task_id))
        request.refresh_from_db()


def test_a_tap_during_the_send_leaves_msgid_and_code_to_the_answer(wecom: WeCom) -> None:
    request = ask()
    wecom.hook = lambda path, body: overtaken(wecom, request)
    outbox.drain()
    card = card_of(request)
    assert card.msgid
    assert card.codes.filter(source="send").count() == 1
    assert events(request).count(H.CARD_SENT) == 0


def test_declining_after_confirming_wins_while_the_contact_was_not_begun(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    assert tap(card, "decline") == ""
    outbox.drain()
    assert states(card) == ("declined", "none", "closed")
    assert len(wecom.seen_by(OWNER)) == 1
    assert "13800138000" not in wecom.seen_by(OWNER)[0]
    assert owed("deliver_contact").state == "cancelled"


def test_declining_after_the_send_is_recorded_and_the_owner_asked_to_delete(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    assert tap(card, "decline") == ""
    assert tap(card, "decline").startswith("late tap")
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closed")
    assert [e for e in events(card.request) if e in (H.CONSENT_WITHDRAWN, H.LATE_TAP)] == [
        H.CONSENT_WITHDRAWN,
        H.LATE_TAP,
    ]
    assert sum("删除" in text for text in wecom.seen_by(OWNER)) == 1


def test_declining_while_the_contact_is_in_doubt_stops_its_repeat(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, LOST)
    outbox.drain()
    tap(card, "decline")
    Outgoing.objects.filter(state="waiting").update(due_at=timezone.now())
    outbox.drain()
    assert states(card)[:2] == ("accepted", "unsure")
    assert owed("deliver_contact").state == "cancelled"
    assert owed("deliver_contact").attempts == 1


@pytest.mark.parametrize("end", ["expire", "withdraw", "decline"])
def test_a_late_tap_changes_nothing(wecom: WeCom, end: str) -> None:
    card = asked()
    if end == "expire":
        services.expire_request(request_id=card.request_id, by="worker")
    elif end == "withdraw":
        services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    else:
        tap(card, "decline")
    outbox.drain()
    before, seen = states(card), list(wecom.texts)
    assert tap(card, code="RC_late_000001").startswith("late tap")
    outbox.drain()
    assert states(card) == before
    assert wecom.texts == seen
    assert events(card.request)[-1] == H.LATE_TAP


def test_no_code_is_spent_before_the_instant_answer_has_arrived(wecom: WeCom) -> None:
    card = asked()
    tap(card, quiet_until=timezone.now() + timedelta(seconds=50))
    outbox.drain()
    assert states(card) == ("accepted", "delivered", "closing")
    assert owed("update_card").due_at > timezone.now() + timedelta(seconds=40)


def test_an_update_already_owed_waits_for_the_instant_answer_too(wecom: WeCom) -> None:
    card = asked()
    services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    tap(card, quiet_until=timezone.now() + timedelta(seconds=50))
    outbox.drain()
    assert wecom.cards[card.task_id] == "确认 / 婉拒"
    card.quiet_until = None
    card.save(update_fields=["quiet_until"])
    Outgoing.objects.filter(state="waiting").update(due_at=timezone.now())
    outbox.drain()
    assert wecom.cards[card.task_id] == "已撤回"


def is_answered_at_once(client: Client, card: Card, member: str = FINDER, key: str = "confirm") -> bool:
    """Whether the callback of this press is answered with a passive reply."""
    return bool(post(client, message(FromUserName=member, TaskId=card.task_id, EventKey=key)).content)


@pytest.mark.parametrize(
    ("member", "key", "answered"),
    [
        (FINDER.upper(), "confirm", True),
        (FINDER, "decline", True),
        (OWNER, "confirm", False),
        (FINDER, "other", False),
    ],
)
def test_only_the_right_tap_is_answered_at_once(
    wecom: WeCom, client: Client, member: str, key: str, answered: bool
) -> None:
    assert is_answered_at_once(client, asked(), member, key) == answered


def test_a_tap_on_a_card_that_asks_no_more_is_not_answered_at_once(wecom: WeCom, client: Client) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    assert not is_answered_at_once(client, card)


def test_the_services_behind_the_taps_refuse_by_name(wecom: WeCom) -> None:
    card = asked()
    with pytest.raises(NotFound):
        services.accept_contact_request(task_id="none", finder=FINDER)
    with pytest.raises(WrongActor):
        services.decline_contact_request(task_id=card.task_id, finder=OWNER)
    services.accept_contact_request(task_id=card.task_id, finder=FINDER)
    with pytest.raises(RequestClosed):
        services.accept_contact_request(task_id=card.task_id, finder=FINDER)
    assert events(card.request).count(H.ACCEPTED) == 1
