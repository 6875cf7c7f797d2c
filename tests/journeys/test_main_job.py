"""The main job from end to end: processes of their own, callbacks over HTTP, judged by what people see."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.journeys.city import FINDER, OWNER, PHONE, City
from tests.support import wait_until
from tests.wecom.wire import make_due
from wecom import conf
from wecom.models import Attempt, Callback


def milliseconds_from_tap_to_final(city: City, number: int) -> float:
    arrived = Callback.objects.get(event="template_card_event").received_at
    return (datetime.fromisoformat(city.card(number)["closed_at"]) - arrived).total_seconds() * 1000


def test_confirm_brings_the_contact_to_the_owner_and_the_truth_to_the_card(city: City) -> None:
    number = city.ask()
    assert city.buttons() == ["确认 / 婉拒"]
    assert city.tap(number, wait=True).status_code == 201
    assert city.buttons() in (["处理中"], ["已推送"])
    (delivery,) = city.ledger()["deliveries"]
    assert "处理中" in delivery["tries"][0]["reply"]
    city.comes_to(number, state="accepted", delivery="delivered", card="closed")
    assert city.buttons() == ["已推送"]
    (text,) = city.texts(OWNER)
    assert all(part in text for part in ("李四", PHONE, "黑色雨伞", f"请求编号 {number}"))
    assert "$userName" not in text
    assert city.events(number) == ["asked", "card_sent", "accepted", "contact_delivered", "closing", "card_updated"]
    assert city.card(number)["shows"] == "已推送"
    assert milliseconds_from_tap_to_final(city, number) < 4000  # 800 ms of it are waited on purpose


@pytest.mark.surroundings(WECOM_INSTANT_FEEDBACK="off")
def test_without_instant_feedback_the_answer_is_empty_and_the_card_changes_at_once(city: City) -> None:
    number = city.ask()
    city.tap(number, wait=True)
    city.comes_to(number, delivery="delivered", card="closed")
    (delivery,) = city.ledger()["deliveries"]
    assert [attempt["reply"] for attempt in delivery["tries"]] == [""]
    assert city.buttons() == ["已推送"]


def test_decline_gives_nothing_away(city: City) -> None:
    number = city.ask()
    city.tap(number, "decline")
    city.comes_to(number, state="declined", card="closed")
    city.settles()
    assert city.buttons() == ["已婉拒"]
    (text,) = city.texts(OWNER)
    assert "婉拒" in text
    assert PHONE not in str(city.seen_by(OWNER))


def test_a_request_that_nobody_answers_expires_and_the_owner_is_told(city: City) -> None:
    number = city.ask()
    assert "1" in city.command("expire_cards", "--older-than", "0", "--request", str(number))
    city.comes_to(number, state="expired", card="closed")
    city.settles()
    assert city.buttons() == ["已过期"]
    assert len(city.texts(OWNER)) == 1
    city.tap(number)
    city.settles()
    assert city.request(number)["state"] == "expired"


def test_a_withdrawn_request_closes_the_card_without_bothering_the_finder(city: City) -> None:
    number = city.ask()
    city.withdraw(number)
    city.comes_to(number, state="withdrawn", card="closed")
    city.settles()
    assert city.buttons() == ["已撤回"]
    assert city.texts(FINDER) == []


def test_two_taps_at_once_send_one_contact(city: City) -> None:
    number = city.ask()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: city.tap(number, wait=True), range(2)))
    city.comes_to(number, delivery="delivered", card="closed")
    city.settles()
    assert len(city.texts(OWNER)) == 1
    assert city.buttons() == ["已推送"]
    assert city.events(number).count("accepted") == 1


def test_a_callback_delivered_four_times_in_parallel_is_one_tap(city: City) -> None:
    number = city.ask()
    city.fault("callback", "copies", value=4)
    city.tap(number, wait=True)
    city.comes_to(number, delivery="delivered", card="closed")
    city.settles()
    (kept,) = Callback.objects.all()
    assert kept.repeats == 3
    assert len(city.texts(OWNER)) == 1
    statuses = [attempt["status"] for attempt in city.ledger()["deliveries"][0]["tries"]]
    assert statuses == [200] * 4


def test_resend_gives_a_fresh_card_and_closes_the_old_one(city: City) -> None:
    city.fault("message/send", "errcode", value=40058, count=1)
    number = city.ask(shown=False)
    city.comes_to(number, state="pending", card="undelivered")
    city.command("resend_cards", "--request", str(number))
    wait_until(lambda: city.card(number)["state"] == "shown", seconds=20, what="the second card")
    assert [card["round"] for card in city.request(number)["cards"]] in ([1, 2], [2, 1])
    city.tap(number)
    city.comes_to(number, delivery="delivered", card="closed")
    assert city.buttons() == ["已推送"]


def test_no_log_line_and_no_record_tells_a_secret(city: City) -> None:
    number = city.ask()
    city.fault("message/send", "lose", count=1)
    city.fault("message/update_template_card", "errcode", value=60140, count=1)
    city.tap(number)
    city.comes_to(number, delivery="delivered", card="closed")
    ledger = city.ledger()
    tokens = [json.loads(call["answer"])["access_token"] for call in ledger["calls"] if call["path"] == "gettoken"]
    app = conf.app()
    secrets = [PHONE, app.secret, app.encoding_aes_key, *tokens, *(code["code"] for code in ledger["codes"])]
    rows = json.dumps(list(Attempt.objects.values("request", "answer", "errmsg")), ensure_ascii=False)
    told = {"log": city.said(), "attempts": rows, "api": json.dumps(city.request(number), ensure_ascii=False)}
    assert len(secrets) >= 6
    assert [(place, secret) for place, text in told.items() for secret in secrets if secret in text] == []


class TestWhatGetsLostOnTheWay:
    def test_a_send_whose_answer_is_lost_shows_one_card_and_works(self, city: City) -> None:
        city.fault("message/send", "lose", count=1)
        number = city.ask()
        assert city.row(number, "send_card")["state"] == "inferred"
        assert city.buttons() == ["确认 / 婉拒"]
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="closed")
        assert city.buttons() == ["已推送"]
        assert len(city.calls("message/send")) == 3

    def test_a_contact_whose_answer_is_lost_is_seen_once(self, city: City) -> None:
        number = city.ask()
        city.fault("message/send", "lose", count=1)
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="closed")
        assert len(city.texts(OWNER)) == 1
        assert len(city.calls("message/send")) == 3

    def test_an_update_whose_answer_is_lost_is_inferred(self, city: City) -> None:
        number = city.ask()
        city.fault("message/update_template_card", "lose", count=1)
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="closed")
        assert city.row(number, "update_card")["state"] in ("inferred", "done")
        assert city.buttons() == ["已推送"]
        assert len(city.texts(OWNER)) == 1

    def test_a_platform_that_is_away_for_a_while_loses_nothing(self, city: City) -> None:
        number = city.ask()
        city.fault("api", "status", value=503, count=1)
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="closed")
        assert len(city.texts(OWNER)) == 1
        assert city.buttons() == ["已推送"]

    def test_revoked_tokens_cost_one_fetch_and_nothing_else(self, city: City) -> None:
        number = city.ask()
        city.fault("api", "revoke", count=1)
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="closed")
        assert city.ledger()["gettoken"]["tokens"] == 2


class TestCodes:
    def test_codes_that_died_are_replaced_by_a_message_that_tells_the_result(self, city: City) -> None:
        number = city.ask()
        city.fault("message/update_template_card", "errcode", value=60140, count=5)
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="recalled")
        city.settles()
        assert len(city.calls("message/update_template_card")) == 2  # the tap's code, the spare one, and no more
        assert city.buttons() == []  # a card that can no longer tell the truth was taken back
        (text,) = city.texts(FINDER)
        assert "黑色雨伞" in text
        assert len(city.texts(OWNER)) == 1
        assert city.row(number, "update_card")["state"] == "dead"

    def test_a_dead_code_is_replaced_by_the_spare_one(self, city: City) -> None:
        number = city.ask()
        city.fault("message/update_template_card", "errcode", value=60140, count=1)
        city.tap(number)
        city.comes_to(number, delivery="delivered", card="closed")
        assert city.buttons() == ["已推送"]
        assert city.texts(FINDER) == []


class TestKilledAtTheWorstMoment:
    def test_a_worker_killed_between_contact_and_update_repeats_nothing(self, city: City) -> None:
        number = city.ask()
        city.fault("message/update_template_card", "hang_before", value=20, count=1)
        city.tap(number)
        city.comes_to(number, delivery="delivered")
        city.kill("worker")
        make_due()
        city.start_worker()
        city.comes_to(number, card="closed", seconds=60)
        assert city.buttons() == ["已推送"]
        assert len(city.texts(OWNER)) == 1

    def test_a_worker_killed_while_the_contact_is_under_way_shows_it_once(self, city: City) -> None:
        number = city.ask()
        city.fault("message/send", "hang", value=20, count=1)
        city.tap(number)
        wait_until(lambda: city.texts(OWNER), seconds=20, what="the contact")
        city.kill("worker")
        make_due()
        city.start_worker()
        city.comes_to(number, delivery="delivered", card="closed", seconds=60)
        assert len(city.texts(OWNER)) == 1

    def test_a_callback_posted_while_no_worker_lives_is_handled_later(self, city: City) -> None:
        number = city.ask()
        city.kill("worker")
        city.tap(number, wait=True)
        assert city.buttons() == ["处理中"]
        assert city.request(number)["state"] == "pending"
        city.start_worker()
        city.comes_to(number, delivery="delivered", card="closed", seconds=40)
        assert city.buttons() == ["已推送"]

    def test_a_web_server_that_is_away_gets_the_tap_when_it_is_delivered_again(self, city: City) -> None:
        number = city.ask()
        task_id = city.card(number)["task_id"]
        tap = ["--from", FINDER, "--task-id", task_id, "--event-key", "confirm", "--field", "ResponseCode=RC_again"]
        fields = [*tap, "--field", "CreateTime=1721000000"]
        city.kill("web")
        with pytest.raises(AssertionError, match="no answer"):
            city.command("wecom_send_callback", *fields)
        city.start_web()
        wait_until(lambda: city.answers("/healthz"), seconds=20, what="the web server")
        assert "status=200" in city.command("wecom_send_callback", *fields)
        city.comes_to(number, delivery="delivered")
        assert len(city.texts(OWNER)) == 1


def test_a_tap_by_somebody_else_has_no_effect(city: City) -> None:
    number = city.ask()
    task_id = city.card(number)["task_id"]
    city.command("wecom_send_callback", "--from", "wangwu", "--task-id", task_id, "--event-key", "confirm")
    city.settles()
    assert city.request(number)["state"] == "pending"
    assert city.texts(OWNER) == []
    assert "wrong_actor" in city.events(number)
    assert Callback.objects.get().state == "ignored"
