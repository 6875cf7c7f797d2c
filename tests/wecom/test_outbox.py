"""The outbox: what becomes of an effect that we owe, through every outcome a call can have."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import requests
from django.db import connection, transaction
from django.utils import timezone

from tests.support import in_threads
from tests.wecom.wire import Platform, make_due
from wecom import alerts, conf, jobs, limits, outbox, standing
from wecom.errcodes import Outcome
from wecom.errors import CardInvalid, ConfigError, MessageInvalid, TokenUnavailable
from wecom.models import Alert, Attempt, Bucket, Outgoing
from wecom.outbox import delivery, kinds

pytestmark = pytest.mark.django_db(transaction=True)


class Shop:
    """An app with one kind of effect, which a test shapes to its needs."""

    def __init__(self) -> None:
        self.content = "your parcel has come"
        self.proof: frozenset[int] = frozenset()
        self.to: tuple[str, ...] = ("lisi",)
        self.wanted: bool | Exception = True
        self.settled: list[outbox.Result] = []
        self.verdict: Any = None

    def prepare(self, row: Outgoing) -> outbox.Call | outbox.Nothing:
        if isinstance(self.wanted, Exception):
            raise self.wanted
        if not self.wanted:
            return outbox.Nothing("the order was cancelled")
        body = {"touser": "lisi", "msgtype": "text", "text": {"content": self.content}, "response_code": "RC_secret"}
        return outbox.Call(path="message/send", body=body, to=self.to, private=("13800001234",), proof=self.proof)

    def settle(self, row: Outgoing, result: outbox.Result) -> Any:
        self.settled.append(result)
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict

    def register(self, **rules: Any) -> None:
        rules = {"keeps_trying_for": timedelta(hours=1), "prepare": self.prepare, "settle": self.settle, **rules}
        kinds._kinds["shop.tell"] = outbox.Kind(name="shop.tell", **rules)

    @staticmethod
    def owe(**more: Any) -> Outgoing:
        with transaction.atomic():
            return outbox.owe("shop.tell", subject=1, **{"effect_key": "tell:1", **more})


@pytest.fixture
def shop() -> Iterator[Shop]:
    with patch.dict(kinds._kinds):
        made = Shop()
        made.register()
        yield made


def now_state(row: Outgoing) -> str:
    row.refresh_from_db()
    return row.state


class TestOwing:
    def test_an_effect_is_owed_inside_a_transaction_only(self, shop: Shop) -> None:
        with pytest.raises(RuntimeError, match="transaction"):
            outbox.owe("shop.tell", subject=1, effect_key="tell:1")

    @pytest.mark.parametrize(("to", "touser"), [("LiSi", "lisi"), (["lisi", "wu"], "lisi|wu"), ("@all", "@all")])
    def test_a_message_is_owed_to_those_who_are_named(self, db: None, to: Any, touser: str) -> None:
        with transaction.atomic():
            row = outbox.owe_message("您好", to=to, effect_key="hello")
        assert json.loads(row.content)["touser"] == touser

    @pytest.mark.parametrize("to", ["", [], ["lisi", ""], "a|b", ["lisi", "@all"], "sys", range(1001)])
    def test_a_message_to_nobody_or_to_more_than_wecom_takes_is_refused(self, db: None, to: Any) -> None:
        to = [f"u{number}" for number in to] if isinstance(to, range) else to
        with pytest.raises(MessageInvalid), transaction.atomic():
            outbox.owe_message("您好", to=to, effect_key="hello")

    def test_the_same_effect_is_owed_once(self, shop: Shop) -> None:
        assert shop.owe().pk == shop.owe().pk

    def test_the_same_effect_owed_in_parallel_is_one_row(self, shop: Shop) -> None:
        rows = in_threads(6, shop.owe)
        assert len({row.pk for row in rows}) == Outgoing.objects.count() == 1

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
    def test_owing_it_again_does_not_wait_for_the_worker_who_writes_to_it(self, shop: Shop, platform: Platform) -> None:
        """The worker may be waiting for what we hold."""
        row, owed = shop.owe(), []

        def settle(row: Outgoing, result: outbox.Result) -> None:
            owed.extend(in_threads(1, shop.owe))

        platform.answers({})
        shop.register(settle=settle)
        outbox.drain()
        assert (now_state(row), owed) == ("done", [row])

    def test_what_a_rollback_takes_back_is_not_owed(self, shop: Shop) -> None:
        with transaction.atomic():
            outbox.owe("shop.tell", subject=1, effect_key="tell:1")
            transaction.set_rollback(True)
        assert not Outgoing.objects.exists()

    def test_an_effect_can_be_taken_back_until_its_first_try(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        assert outbox.cancel("tell:1", why="declined")
        assert not outbox.cancel("tell:1", why="declined")
        assert (outbox.drain(), now_state(row)) == (0, "cancelled")

    def test_an_effect_under_way_cannot_be_taken_back(self, shop: Shop, platform: Platform) -> None:
        shop.owe()
        platform.answers(502)
        outbox.drain()
        assert not outbox.cancel("tell:1", why="declined")


class TestOutcomes:
    def test_errcode_0_is_done_and_settled(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        platform.answers({"msgid": "m-1"})
        assert outbox.drain() == 1
        assert now_state(row) == "done"
        (result,) = shop.settled
        assert (result.outcome, result.answer["msgid"], result.in_doubt) == (Outcome.APPLIED, "m-1", False)
        attempt = row.tries.get()
        assert (attempt.number, attempt.outcome, attempt.errcode) == (1, "applied", 0)

    def test_a_refusal_is_parked_for_a_person(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        platform.answers({"errcode": 81013, "errmsg": "user & party & tag all invalid"})
        outbox.drain()
        assert (now_state(row), row.last_errcode, len(platform.calls())) == ("parked", 81013, 1)

    def test_an_errcode_nobody_studied_is_never_retried(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        platform.answers({"errcode": 123456})
        outbox.drain()
        make_due()
        assert (outbox.drain(), now_state(row)) == (0, "parked")

    def test_a_kind_may_call_a_refusal_the_end(self, shop: Shop, platform: Platform) -> None:
        shop.register(when_refused=outbox.State.DEAD)
        row = shop.owe()
        platform.answers({"errcode": 60140})
        outbox.drain()
        assert now_state(row) == "dead"

    def test_what_was_surely_not_sent_waits_longer_each_time(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        platform.answers({"errcode": 6000}, {"errcode": 6000}, {"msgid": "m"})
        waits = []
        for _ in range(2):
            outbox.drain()
            row.refresh_from_db()
            waits.append((row.due_at - timezone.now()).total_seconds())
            make_due()
        outbox.drain()
        assert 3 < waits[0] < 7
        assert 28 < waits[1] < 37
        assert now_state(row) == "done"

    def test_who_says_when_to_come_again_is_not_asked_before(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        url = conf.app().api_base_url + "message/send"
        platform.mock.add("POST", url, status=503, headers={"Retry-After": "900"})
        outbox.drain()
        row.refresh_from_db()
        assert 890 < (row.due_at - timezone.now()).total_seconds() <= 900

    def test_past_its_deadline_a_failing_effect_is_parked_after_one_more_try(
        self, shop: Shop, platform: Platform
    ) -> None:
        row = shop.owe()
        Outgoing.objects.update(deadline=timezone.now() - timedelta(days=4))
        platform.answers(502)
        outbox.drain()
        assert (now_state(row), row.attempts) == ("parked", 1)

    def test_what_is_no_longer_wanted_is_cancelled_without_a_try(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        shop.wanted = False
        outbox.drain()
        assert (now_state(row), row.attempts, platform.calls()) == ("cancelled", 0, [])

    def test_settle_may_ask_for_another_way(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        shop.verdict = outbox.Again()
        platform.answers({"errcode": 60140}, {})
        outbox.drain(1)
        assert now_state(row) == "waiting"
        shop.verdict = None
        outbox.drain()
        assert (now_state(row), row.attempts) == ("done", 2)

    def test_settle_may_say_that_errcode_0_was_not_the_truth(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        shop.verdict = outbox.Park("the only recipient is in invaliduser")
        platform.answers({"invaliduser": "lisi"})
        outbox.drain()
        assert (now_state(row), row.error) == ("parked", "the only recipient is in invaliduser")

    def test_a_card_that_cannot_be_built_is_parked_without_a_try(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        shop.wanted = CardInvalid("button_list", "1 to 6", 7)
        outbox.drain()
        assert (now_state(row), row.attempts) == ("parked", 0)
        assert "button_list" in row.error

    def test_an_app_that_fails_to_prepare_is_asked_again(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        shop.wanted = KeyError("a mistake of the app's")
        outbox.drain()
        assert now_state(row) == "waiting"
        shop.wanted = True
        platform.answers({})
        make_due()
        outbox.drain()
        assert now_state(row) == "done"

    def test_an_app_that_fails_to_settle_loses_no_outcome(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        shop.verdict = KeyError("a mistake of the app's")
        platform.answers({"msgid": "m"})
        outbox.drain()
        assert (now_state(row), row.tries.get().outcome) == ("parked", "applied")

    def test_what_has_gone_from_the_settings_is_waited_for_until_the_deadline(
        self, shop: Shop, platform: Platform
    ) -> None:
        row = shop.owe()
        shop.wanted = ConfigError("the app has gone")
        outbox.drain()
        assert now_state(row) == "waiting"
        Outgoing.objects.update(deadline=timezone.now())
        make_due()
        outbox.drain()
        assert (now_state(row), shop.settled[-1].outcome) == ("parked", Outcome.NOT_SENT)


class TestDoubt:
    def test_a_lost_answer_is_repeated_with_the_same_body(self, shop: Shop, platform: Platform) -> None:
        shop.register(repeat_within=timedelta(hours=3))
        row = shop.owe()
        platform.answers(requests.ReadTimeout(), {"msgid": "m"})
        outbox.drain()
        make_due()
        outbox.drain()
        first, second = platform.calls()
        assert first.body == second.body
        assert (now_state(row), shop.settled[0].in_doubt) == ("done", True)

    def test_an_errcode_that_proves_the_first_try_is_inferred(self, shop: Shop, platform: Platform) -> None:
        shop.proof = frozenset({42014})
        row = shop.owe()
        platform.answers(502, {"errcode": 42014})
        outbox.drain()
        make_due()
        outbox.drain()
        assert (now_state(row), shop.settled[-1].state) == ("inferred", "inferred")

    def test_the_same_errcode_without_a_doubt_proves_nothing(self, shop: Shop, platform: Platform) -> None:
        shop.proof = frozenset({42014})
        row = shop.owe()
        platform.answers({"errcode": 42014})
        outbox.drain()
        assert now_state(row) == "parked"

    def test_a_worker_killed_during_the_call_leaves_a_doubt(self, shop: Shop, platform: Platform) -> None:
        shop.proof = frozenset({42014})
        row = shop.owe()
        with patch("wecom.outbox.delivery._try", side_effect=SystemExit), pytest.raises(SystemExit):
            outbox.drain()
        assert (now_state(row), row.tries.get().outcome) == ("running", "open")
        make_due()
        platform.answers({"errcode": 42014})
        outbox.drain()
        assert now_state(row) == "inferred"
        assert [attempt.outcome for attempt in row.tries.all()] == ["unknown", "refused"]

    def test_it_stays_one_where_our_own_code_then_fails(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        platform.answers(502)
        outbox.drain()
        shop.wanted = MessageInvalid("text.content", "1 to 2048 bytes", 0)
        make_due()
        outbox.drain()
        assert (now_state(row), shop.settled[-1].in_doubt) == ("parked", True)

    def test_a_doubt_too_old_for_a_repeat_is_parked_and_not_sent(self, shop: Shop, platform: Platform) -> None:
        shop.register(repeat_within=timedelta(hours=3, minutes=30))
        row = shop.owe()
        platform.answers(502)
        outbox.drain()
        Attempt.objects.update(started_at=timezone.now() - timedelta(hours=4))
        make_due()
        outbox.drain()
        assert (now_state(row), len(platform.calls())) == ("parked", 1)
        assert shop.settled[-1].outcome is Outcome.UNKNOWN

    def test_a_doubt_is_repeated_once_more_before_it_is_too_old(self, shop: Shop, platform: Platform) -> None:
        shop.register(repeat_within=timedelta(hours=3, minutes=30))
        row = shop.owe()
        platform.answers(502, 502)
        outbox.drain()
        Attempt.objects.update(started_at=timezone.now() - timedelta(hours=3, minutes=25))
        Outgoing.objects.update(failures=20)
        make_due()
        outbox.drain()
        assert now_state(row) == "waiting"
        assert timedelta(minutes=3) < row.due_at - timezone.now() < timedelta(minutes=4)

    def test_once_wecom_is_back_nobody_waits_for_long(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        Outgoing.objects.update(failures=20)
        platform.answers(502)
        outbox.drain()
        assert now_state(row) == "waiting"
        assert timedelta(minutes=9) < row.due_at - timezone.now() < timedelta(minutes=13)

    def test_a_repeat_that_would_read_differently_is_parked(self, shop: Shop, platform: Platform) -> None:
        shop.register(repeat_within=timedelta(hours=3))
        row = shop.owe()
        platform.answers(502)
        outbox.drain()
        shop.content = "your parcel has come, really"
        make_due()
        outbox.drain()
        assert (now_state(row), len(platform.calls())) == ("parked", 1)

    def test_a_person_may_take_the_doubt_upon_them(self, shop: Shop, platform: Platform) -> None:
        shop.register(repeat_within=timedelta(hours=3))
        row = shop.owe()
        platform.answers(502, {})
        outbox.drain()
        Attempt.objects.update(started_at=timezone.now() - timedelta(hours=4))
        make_due()
        outbox.drain()
        assert outbox.retry(row.pk)
        outbox.drain()
        assert now_state(row) == "done"

    def test_and_then_it_may_read_differently_too(self, shop: Shop, platform: Platform) -> None:
        shop.register(repeat_within=timedelta(hours=3))
        row = shop.owe()
        platform.answers(502, {})
        outbox.drain()
        shop.content = "your parcel has come, really"
        make_due()
        outbox.drain()
        assert outbox.retry(row.pk)
        outbox.drain()
        assert (now_state(row), len(platform.calls())) == ("done", 2)

    def test_only_what_was_given_up_can_be_retried(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        assert not outbox.retry(row.pk)
        platform.answers({"errcode": 81013})
        outbox.drain()
        assert sorted(in_threads(4, lambda: outbox.retry(row.pk))) == [False, False, False, True]


class TestLeases:
    def test_a_row_is_claimed_by_one_worker(self, shop: Shop) -> None:
        for number in range(20):
            shop.owe(effect_key=f"tell:{number}")
        claimed = in_threads(4, lambda: [r.pk for r in jobs.claim(Outgoing, order=outbox.ORDER, limit=10, worker="w")])
        got = [pk for pks in claimed for pk in pks]
        assert len(got) == len(set(got))
        rest = jobs.claim(Outgoing, order=outbox.ORDER, limit=20, worker="w")
        assert len(got) + len(rest) == 20

    def test_a_frozen_worker_can_write_nothing_after_its_lease(self, shop: Shop, platform: Platform) -> None:
        shop.owe()
        (frozen,) = jobs.claim(Outgoing, order=outbox.ORDER, limit=1, worker="frozen")
        make_due()
        platform.answers({"msgid": "m"})
        outbox.drain()
        outbox.deliver(frozen)
        assert len(platform.calls()) == 1
        assert Outgoing.objects.get().state == "done"

    def test_a_lease_lost_during_the_call_changes_nothing_but_the_record(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        (frozen,) = jobs.claim(Outgoing, order=outbox.ORDER, limit=1, worker="frozen")

        def overtaken(*args: Any) -> Any:
            Outgoing.objects.update(fence=99)
            return original(*args)

        original = delivery._try
        platform.answers({"msgid": "m"})
        with patch.object(delivery, "_try", overtaken):
            outbox.deliver(frozen)
        assert (now_state(row), shop.settled) == ("running", [])
        assert (row.tries.get().outcome, row.tries.get().errcode) == ("unknown", 0)

    def test_what_a_late_worker_has_done_is_a_doubt_for_the_next_one(self, shop: Shop, platform: Platform) -> None:
        shop.proof = frozenset({42014})
        row = shop.owe()
        (frozen,) = jobs.claim(Outgoing, order=outbox.ORDER, limit=1, worker="frozen")
        claimed: list[Outgoing] = []

        def overtaken(*args: Any) -> Any:
            make_due()
            claimed.extend(jobs.claim(Outgoing, order=outbox.ORDER, limit=1, worker="next"))
            return original(*args)

        original = delivery._try
        platform.answers({"msgid": "m"}, {"errcode": 42014})
        with patch.object(delivery, "_try", overtaken):
            outbox.deliver(frozen)
        outbox.deliver(*claimed)
        assert now_state(row) == "inferred"

    def test_the_earliest_deadline_comes_first(self, shop: Shop) -> None:
        late, soon = shop.owe(effect_key="late"), shop.owe(effect_key="soon")
        Outgoing.objects.filter(pk=soon.pk).update(deadline=timezone.now())
        (first,) = jobs.claim(Outgoing, order=outbox.ORDER, limit=1, worker="w")
        assert first.pk == soon.pk != late.pk


class TestRecord:
    def test_codes_and_contacts_are_masked_in_the_stored_attempt(self, shop: Shop, platform: Platform) -> None:
        shop.content = "call 13800001234"
        shop.owe()
        platform.answers({"response_code": "RC_answer_secret", "msgid": "m"})
        outbox.drain()
        with connection.cursor() as cursor:
            cursor.execute("SELECT request, answer FROM wecom_attempt")
            stored = json.dumps(cursor.fetchall(), default=str)
        for secret in ("13800001234", "RC_secret", "RC_answer_secret"):
            assert secret not in stored
        assert "call ***34" in stored

    def test_no_call_is_made_before_the_attempt_is_on_record(self, shop: Shop, platform: Platform) -> None:
        seen = []
        platform.mock.add_callback(
            "POST",
            conf.app().api_base_url + "message/send",
            callback=lambda request: (
                seen.append((connection.in_atomic_block, Attempt.objects.get().outcome)) or (200, {}, '{"errcode":0}')
            ),
        )
        shop.owe()
        outbox.drain()
        assert seen == [(False, "open")]


class TestLimits:
    def test_a_member_gets_ten_at_once_and_the_rest_later(self, shop: Shop, platform: Platform) -> None:
        for number in range(14):
            shop.owe(effect_key=f"tell:{number}")
        platform.answers(*[{"msgid": "m"}] * 14)
        outbox.drain()
        assert len(platform.calls()) == 10
        held = Outgoing.objects.filter(state="waiting")
        assert {(row.attempts, row.failures) for row in held} == {(0, 0)}
        assert all(row.due_at > timezone.now() for row in held)

    def test_in_no_minute_a_member_gets_more_than_25(self) -> None:
        import time_machine

        passed: list[float] = []
        with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
            for second in range(180):
                for _ in range(3):
                    try:
                        with transaction.atomic():
                            limits.admit("default", "message/send", ["lisi"])
                        passed.append(second)
                    except limits.Held:
                        pass
                clock.shift(1)
        assert max(sum(start <= at < start + 60 for at in passed) for start in range(120)) <= 25
        assert len(passed) >= 50

    def test_45009_rests_the_api_for_everybody_and_burns_no_attempt(self, shop: Shop, platform: Platform) -> None:
        first, second = shop.owe(), shop.owe(effect_key="tell:2")
        platform.answers({"errcode": 45009})
        outbox.drain()
        assert [now_state(first), now_state(second)] == ["waiting", "waiting"]
        assert len(platform.calls()) == 1
        assert first.failures == 0
        assert first.due_at > timezone.now() + timedelta(seconds=55)

    def test_a_wrong_address_pauses_the_channel_and_is_probed_by_one_call(self, shop: Shop, platform: Platform) -> None:
        rows = [shop.owe(effect_key=f"tell:{number}") for number in range(5)]
        platform.answers({"errcode": 60020}, {"errcode": 60020}, {}, {}, {}, {}, {})
        outbox.drain()
        assert len(platform.calls()) == 1
        make_due()
        Bucket.objects.filter(pk="app:default").update(closed_until=timezone.now())
        outbox.drain()
        assert len(platform.calls()) == 2
        make_due()
        Bucket.objects.filter(pk="app:default").update(closed_until=timezone.now())
        outbox.drain()
        make_due()
        outbox.drain()
        assert [now_state(row) for row in rows] == ["done"] * 5

    def test_a_row_that_is_itself_what_is_refused_holds_up_the_others_until_its_deadline_at_most(
        self, shop: Shop, platform: Platform
    ) -> None:
        own, other = shop.owe(), shop.owe(effect_key="tell:2")
        Outgoing.objects.filter(pk=own.pk).update(deadline=timezone.now())
        platform.answers({"errcode": 48002}, {})
        outbox.drain()
        assert [now_state(own), now_state(other)] == ["parked", "waiting"]
        assert set(Alert.objects.values_list("what", flat=True)) == {alerts.PAUSED, alerts.PARKED}
        make_due()
        Bucket.objects.filter(pk="app:default").update(closed_until=timezone.now())
        outbox.drain()
        assert now_state(other) == "done"

    def test_a_card_that_another_application_has_sent_stops_nothing_else(self, shop: Shop, platform: Platform) -> None:
        card, other = shop.owe(), shop.owe(effect_key="tell:2")
        platform.answers({"errcode": 42015}, {})
        outbox.drain()
        assert [now_state(card), now_state(other)] == ["parked", "done"]
        assert not standing.paused().exists()

    def test_five_calls_without_an_answer_open_the_breaker(self, shop: Shop, platform: Platform) -> None:
        rows = [shop.owe(effect_key=f"tell:{number}", topic="x") for number in range(8)]
        platform.answers(*[502] * 8)
        outbox.drain()
        assert len(platform.calls()) == 5
        assert {now_state(row) for row in rows} == {"waiting"}

    def test_a_token_that_cannot_be_had_burns_no_attempt(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        away = TokenUnavailable("gettoken has just failed", retry_after=timedelta(seconds=30))
        with patch("wecom.client.Client.token", side_effect=away):
            outbox.drain()
        assert (now_state(row), row.attempts, row.failures) == ("waiting", 0, 0)

    def test_a_refused_token_that_somebody_else_asked_for_is_told_to_a_person(
        self, shop: Shop, platform: Platform
    ) -> None:
        shop.owe()
        refused = TokenUnavailable("gettoken was refused: 40001", retry_after=timedelta(minutes=10), errcode=40001)
        with patch("wecom.client.Client.token", side_effect=refused):
            outbox.drain()
        alert = Alert.objects.get(what=alerts.PAUSED)
        assert (alert.subject, alert.text) == ("app:default", "gettoken errcode=40001")
        assert [(bucket.name, bucket.reason) for bucket in standing.paused()] == [("app:default", str(refused))]

    def test_so_is_one_whose_renewal_was_refused_while_a_call_was_made(self, shop: Shop, platform: Platform) -> None:
        row = shop.owe()
        refused = TokenUnavailable("gettoken was refused: 40001", retry_after=timedelta(minutes=10), errcode=40001)
        with patch("wecom.client.Client.call", side_effect=refused):
            outbox.drain()
        assert Alert.objects.get(what=alerts.PAUSED).text == "gettoken errcode=40001"
        assert standing.paused().exists()
        assert (now_state(row), row.failures) == ("waiting", 0)
        assert row.due_at > timezone.now() + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("answer", "unreached"),
    [
        ({}, False),
        ({"invaliduser": None}, False),
        ({"invaliduser": "a|LISI|b"}, True),
        ({"invaliduser": ["LiSi"]}, True),
        ({"unlicenseduser": "lisi"}, True),
        ({"invaliduser": "lisi2"}, False),
        ({"invaliduser": 5}, False),
        ({"invalidparty": "lisi"}, False),
    ],
)
def test_who_got_nothing_is_read_from_either_spelling(answer: dict, unreached: bool) -> None:
    assert ("lisi" in outbox.unreached(answer)) is unreached
