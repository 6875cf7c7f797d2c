"""A clock that was hours ahead is set back: what it wrote holds nobody up, and doubles nothing."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from tests.support import in_threads
from tests.wecom.making import QUESTION
from wecom import (
    alerts,
    clocks,
    conf,
    effects,
    inbox,
    jobs,
    leases,
    limits,
    outbox,
    sent_cards,
    standing,
    tokens,
    worker,
)
from wecom.client import Client
from wecom.errors import TokenUnavailable, Unreachable
from wecom.events import TemplateCardEvent
from wecom.models import Alert, Attempt, Bucket, Callback, Job, Outgoing, SentCard
from wecom.sandbox.testing import WeComSandbox, sandbox_in_this_process

pytestmark = pytest.mark.django_db(transaction=True)

AHEAD = timedelta(hours=8)  # as a clock that runs in the local time of China until it is set


@pytest.fixture
def sandbox() -> Iterator[WeComSandbox]:
    with sandbox_in_this_process() as sandbox:
        yield sandbox


def ahead(by: timedelta = AHEAD) -> Any:
    return time_machine.travel(timezone.now() + by, tick=True)


def owe(key: str, **how: Any) -> Outgoing:
    with transaction.atomic():
        return outbox.owe_message("您好", to=["lisi"], effect_key=key, **how)


def a_card_on_the_phone() -> SentCard:
    with transaction.atomic():
        card = sent_cards.send(QUESTION, to=["lisi"])
    outbox.drain()
    return card


def keep_tap(card: SentCard, **how: Any) -> None:
    event = TemplateCardEvent(app="default", userid="lisi", task_id=card.task_id, event_key="confirm")
    sent_cards.keep_tap(card, event=event, **how)


def seen(sandbox: WeComSandbox) -> int:
    return len(sandbox.messages("lisi"))


def unreachable() -> Any:
    raise Unreachable("gettoken: no connection")


@pytest.mark.parametrize("by", [timedelta(minutes=30), AHEAD])
def test_what_was_owed_while_it_was_ahead_is_sent(sandbox: WeComSandbox, by: timedelta) -> None:
    with ahead(by):
        owe("owed then")
    outbox.drain()
    assert seen(sandbox) == 0
    effects.watch_age()
    outbox.drain()
    assert seen(sandbox) == 1


def test_what_failed_while_it_was_ahead_is_tried_again(sandbox: WeComSandbox) -> None:
    owe("owed before")
    with ahead():
        sandbox.fault("errcode", 45009, path="message/send")
        outbox.drain()
    effects.watch_age()
    outbox.drain()
    assert (seen(sandbox), Outgoing.objects.get().state) == (1, "done")


def test_what_is_owed_for_a_later_day_still_waits_for_it(sandbox: WeComSandbox) -> None:
    owe("tomorrow", due_at=timezone.now() + timedelta(days=1))
    assert clocks.put_right() == 0
    with ahead():
        owe("the day after", due_at=timezone.now() + timedelta(days=2))
    assert clocks.put_right() == 0
    outbox.drain()
    assert seen(sandbox) == 0


@pytest.mark.parametrize("model", [Callback, Outgoing])
def test_a_row_whose_worker_died_while_it_was_ahead_is_taken_over(model: type[Job]) -> None:
    of_its_sort: dict[str, Any] = {"app": "default", "digest": "d", "plaintext": "<xml/>"}
    if model is Outgoing:
        of_its_sort = {"kind": "wecom.message", "effect_key": "k", "deadline": timezone.now()}
    with ahead():
        until = timezone.now() + timedelta(minutes=1)
        model._default_manager.create(state="running", lease_until=until, **of_its_sort)
    assert clocks.put_right() >= 1
    row = model._default_manager.get()
    assert row.lease_until
    assert row.lease_until <= timezone.now()


@pytest.mark.parametrize("by", [timedelta(minutes=30), AHEAD])
def test_a_callback_that_came_while_it_was_ahead_is_handled(by: timedelta) -> None:
    with ahead(by):
        Callback.objects.create(app="default", digest="d", plaintext="no message")
    inbox.drain()
    assert Callback.objects.get().state == "waiting"
    effects.watch_age()
    inbox.drain()
    assert Callback.objects.get().state == "poison"


@pytest.mark.parametrize("by", [AHEAD, timedelta(minutes=57)])
def test_a_doubt_of_unknown_age_is_not_repeated(sandbox: WeComSandbox, by: timedelta) -> None:
    owe("once")
    with ahead(by):
        sandbox.fault("lose", path="message/send")
        outbox.drain()
    assert seen(sandbox) == 1
    effects.watch_age()
    outbox.drain()
    assert (seen(sandbox), Outgoing.objects.get().state) == (1, "parked")


@pytest.mark.parametrize("by", [timedelta(minutes=12), timedelta(minutes=18), AHEAD])
def test_a_token_that_could_not_be_had_then_is_fetched_now(by: timedelta) -> None:
    with ahead(by), pytest.raises(TokenUnavailable):
        tokens.get(conf.app(), unreachable)
    assert tokens.get(conf.app(), lambda: ("token", 7200)) == "token"


def test_a_matter_that_was_told_then_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    with ahead():
        alerts.alert(alerts.PAUSED, "app:default", "then")
        assert alerts.tell_due() == 1
    alerts.alert(alerts.PAUSED, "app:default", "now")
    assert caplog.messages[-1] == "paused: app:default now"
    effects.watch_age()
    assert alerts.tell_due() == 1
    assert alerts.tell_due() == 0
    assert not Alert.objects.filter(raised_at__gt=timezone.now()).exists()


@pytest.mark.parametrize("by", [timedelta(minutes=30), AHEAD])
@pytest.mark.parametrize("what", ["closed_until", "busy_until"])
def test_of_many_that_meet_such_a_limit_none_waits_for_long(what: str, by: timedelta) -> None:
    later = timezone.now() + by
    names = [limits.app_name("default"), limits.api_name("default", "message/send")]
    Bucket.objects.bulk_create(Bucket(pk=name, **{what: later}) for name in names)

    def call() -> float:
        try:
            with transaction.atomic():
                limits.admit("default", "message/send", [])
                time.sleep(0.05)
        except limits.Held as held:
            return (held.until - timezone.now()).total_seconds()
        return 0.0

    waits = in_threads(6, call)
    assert 0.0 in waits
    assert max(waits) <= limits.BREAKER_REST.total_seconds()


def test_an_instant_answer_of_then_does_not_hold_the_card(sandbox: WeComSandbox) -> None:
    card = a_card_on_the_phone()
    SentCard.objects.update(quiet_until=timezone.now() + AHEAD)
    sent_cards.update(card.key, "已处理")
    outbox.drain()
    assert SentCard.objects.get().shows == "已处理"


def test_an_instant_answer_of_now_does(sandbox: WeComSandbox) -> None:
    card = a_card_on_the_phone()
    SentCard.objects.update(quiet_until=timezone.now() + AHEAD)
    soon = timezone.now() + timedelta(seconds=30)
    keep_tap(card, received_at=timezone.now(), quiet_until=soon)
    sent_cards.update(card.key, "已处理")
    outbox.drain()
    assert Outgoing.objects.get(state="waiting").due_at == soon


def test_the_lease_of_what_is_in_hand_is_renewed_once_it_is_set_back() -> None:
    with ahead():
        row = Callback.objects.create(app="default", digest="d", plaintext="<xml/>")
        (row,) = jobs.claim(Callback, order=("pk",), limit=1, worker="me")
    assert worker._needs_renewal(row)
    jobs.renew([row])
    clocks.put_right()
    assert Callback.objects.filter(lease_until__gt=timezone.now() + timedelta(seconds=50)).exists()


@pytest.mark.parametrize(
    ("name", "rest"),
    [("app:default", timedelta(minutes=10)), ("api:default:message/send", timedelta(minutes=1))],
)
def test_nobody_believes_a_pause_of_then(name: str, rest: timedelta) -> None:
    with ahead(timedelta(minutes=12)):
        limits.close(name, rest, "refused")
    assert not standing.paused().exists()
    with transaction.atomic():
        limits.admit("default", "message/send", [])


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_a_callback_that_failed_then_is_tried_again(minutes: int) -> None:
    later = timezone.now() + timedelta(minutes=minutes, seconds=5)
    Callback.objects.create(app="default", digest="d", plaintext="<xml/>", failures=1, error="x", due_at=later)
    assert clocks.put_right() == 1
    Callback.objects.update(failures=6, due_at=timezone.now() + timedelta(hours=1))  # as long as so many failures ask
    assert clocks.put_right() == 0


@pytest.mark.parametrize("by", [timedelta(minutes=30), AHEAD])
def test_nobody_believes_a_worker_that_lived_then(by: timedelta) -> None:
    with ahead(by):
        leases.beat("worker:then", timedelta(seconds=30), holder="then")
    assert standing.workers() == 0
    leases.beat("worker:now", timedelta(seconds=30), holder="now")
    assert standing.workers() == 1


def test_a_doubt_that_may_be_repeated_keeps_its_pauses(sandbox: WeComSandbox) -> None:
    """A card may be sent again at any time: WeCom says then whether it has it."""
    with ahead():
        with transaction.atomic():
            sent_cards.send(QUESTION, to=["lisi"])
        sandbox.fault("errcode", -1, path="message/send", count=50)
        outbox.drain()
    for _ in range(5):
        effects.watch_age()
        outbox.drain()
    assert Outgoing.objects.get().attempts == 2


@pytest.fixture
def set_back_by(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[timedelta], None]]:
    """A clock that is ahead until the next message has been answered."""
    clock: list[Any] = []
    real = Client.call

    def call(self: Client, path: str, *arguments: Any, **options: Any) -> Any:
        answer = real(self, path, *arguments, **options)
        if path == "message/send" and clock:
            clock.pop().stop()
        return answer

    def start(by: timedelta) -> None:
        clock.append(ahead(by))
        clock[0].start()

    monkeypatch.setattr(Client, "call", call)
    yield start
    for left in clock:
        left.stop()


def test_an_answer_that_was_read_while_the_clock_was_set_back_by_a_moment_is_kept(
    sandbox: WeComSandbox, set_back_by: Callable[[timedelta], None]
) -> None:
    with transaction.atomic():
        card = sent_cards.send(QUESTION, to=["lisi"])
    set_back_by(timedelta(seconds=2))
    outbox.drain()
    card.refresh_from_db()
    assert (card.state, bool(card.msgid), card.codes.count()) == ("shown", True, 1)
    assert Attempt.objects.get().ms == 0


@pytest.mark.parametrize("seconds", [0, 2, 60])
def test_a_web_host_that_is_a_little_ahead_lets_an_instant_answer_hold_the_card(
    sandbox: WeComSandbox, seconds: int
) -> None:
    card = a_card_on_the_phone()
    until = timezone.now() + timedelta(milliseconds=800)
    keep_tap(card, received_at=timezone.now() + timedelta(seconds=seconds), quiet_until=until)
    card.refresh_from_db()
    assert card.quiet_until == until


def test_a_text_that_was_shown_after_a_try_of_then_is_known_to_be_shown(sandbox: WeComSandbox) -> None:
    card = a_card_on_the_phone()
    update = "message/update_template_card"
    with ahead():
        sent_cards.close(card, "已完成")
        sandbox.fault("errcode", 45009, path=update)
        outbox.drain()
    effects.watch_age()
    Bucket.objects.all().delete()  # the API's rest is over
    sandbox.fault("lose", path=update)
    for _ in range(3):
        Outgoing.objects.filter(state="waiting").update(due_at=timezone.now())
        outbox.drain()
    card.refresh_from_db()
    assert (card.state, card.shows) == ("closed", "已完成")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one host, and no clock of its own to ask")
def test_a_host_that_is_behind_leaves_what_the_others_wrote_alone(
    sandbox: WeComSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    owe("k")
    (row,) = jobs.claim(Outgoing, order=("pk",), limit=1, worker="healthy")
    alerts.alert(alerts.PAUSED, "app:default", "x")
    alerts.tell_due()
    with ahead(-AHEAD):
        effects.watch_age()
        assert jobs.claim(Outgoing, order=("pk",), limit=1, worker="just awake") == []
    assert "the clock of this host and that of the database differ by 28800 s" in caplog.text
    outbox.deliver(row)
    assert (Outgoing.objects.get().state, seen(sandbox)) == ("done", 1)
    assert alerts.tell_due() == 0
