"""Handlers at work: what they are given, what they owe, and what becomes of a callback when they raise."""

import itertools
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from tests.support import in_threads
from tests.wecom.wire import Platform, card_on_the_phone, make_due, message, post, row
from wecom import dispatch, inbox, jobs, outbox
from wecom.client import Client
from wecom.errors import (
    CardInvalid,
    ChannelRefused,
    ConfigError,
    NotSent,
    Refused,
    TokenUnavailable,
    TransportError,
    TryLater,
)
from wecom.events import EnterAgent, TextMessage
from wecom.handlers import Ignored, on_card, on_event, on_message
from wecom.inbox import unhandled
from wecom.models import Callback, Lease, Outgoing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with dispatch.alone():
        yield


def write(client: Browser, content: str = "你好", number: int = 1) -> Any:
    return post(client, message(MsgType="text", Content=content, MsgId=str(number)))


def owed() -> list[str]:
    """The texts that are owed, in their order."""
    import json

    return [json.loads(one.content)["text"]["content"] for one in Outgoing.objects.order_by("pk")]


def mark(name: str) -> None:
    """A write of the handler's, to be seen or rolled back."""
    Lease.objects.create(pk=name)


def marks() -> int:
    return Lease.objects.filter(name__startswith="mark").count()


class TestWhatAHandlerIsGiven:
    def test_what_it_asks_for_by_name_and_nothing_else(self, client: Browser) -> None:
        seen: dict[str, Any] = {}

        @on_message(re.compile("(?P<what>伞)"))
        def handler(match: Any, user: Any, event: Any, received: Any) -> None:
            seen.update(match=match["what"], user=user.userid, event=event, received=received)

        write(client, "一把伞")
        inbox.drain()
        assert (seen["match"], seen["user"]) == ("伞", "lisi")
        assert isinstance(seen["event"], TextMessage)
        assert (seen["received"].callback_id, seen["received"].instant_reply) == (row().pk, False)
        assert row().state == "done"

    def test_it_runs_inside_a_transaction_unless_it_asks_for_the_client(self, client: Browser) -> None:
        inside: list[Any] = []
        on_message("a")(lambda: inside.append(connection.in_atomic_block))
        on_message("b")(lambda client: inside.append((connection.in_atomic_block, isinstance(client, Client))))
        write(client, "a", 1)
        write(client, "b", 2)
        inbox.drain()
        assert inside == [True, (False, True)]

    def test_a_name_is_looked_up_outside_of_the_transaction_and_the_handler_runs_anew(
        self, client: Browser, platform: Platform
    ) -> None:
        runs: list[str] = []

        @on_message()
        def greet(user: Any) -> str:
            mark(f"mark {len(runs)}")
            runs.append("run")
            return f"{user.name} {user.departments}"

        platform.knows("lisi", name="李四", department=[2, 5])
        write(client)
        inbox.drain()
        assert owed() == ["李四 (2, 5)"]
        assert (runs, marks(), row().state) == (["run", "run"], 1, "done")
        assert len(platform.calls("user/get")) == 1

    def test_a_name_that_the_app_may_not_see_is_the_userid(self, client: Browser, platform: Platform) -> None:
        on_message()(lambda user: user.name)
        platform.knows("lisi", errcode=60011, errmsg="no privilege")
        write(client)
        inbox.drain()
        assert (owed(), row().state) == (["lisi"], "done")

    def test_a_name_that_cannot_be_had_just_now_lets_the_callback_wait(
        self, client: Browser, platform: Platform
    ) -> None:
        on_message()(lambda user: user.name)
        write(client)
        inbox.drain()  # nobody answers
        assert (row().state, row().failures, owed()) == ("waiting", 1, [])
        platform.knows("lisi", name="李四")
        make_due()
        inbox.drain()
        assert (row().state, owed()) == ("done", ["李四"])

    def test_with_the_client_a_name_is_asked_for_where_it_is_read(self, client: Browser, platform: Platform) -> None:
        on_message()(lambda client, user: client.user("wangwu")["name"] + user.name)
        platform.knows("lisi", name="李四")
        platform.knows("wangwu", name="王五")
        write(client)
        inbox.drain()
        assert owed() == ["王五李四"]


class TestWhatAHandlerOwes:
    def test_replies_go_out_as_messages_to_whoever_acted(self, client: Browser, platform: Platform) -> None:
        @on_message()
        def answer(reply: Any) -> str:
            reply("一")
            reply({"msgtype": "image", "image": {"media_id": "MEDIA"}})
            return "三"

        platform.answers({"msgid": "1"}, {"msgid": "2"}, {"msgid": "3"})
        write(client)
        inbox.drain()
        outbox.drain()
        import json

        sent = [json.loads(call.body) for call in platform.calls()]
        assert [one["touser"] for one in sent] == ["lisi"] * 3
        assert [one[one["msgtype"]] for one in sent] == [{"content": "一"}, {"media_id": "MEDIA"}, {"content": "三"}]
        assert {one["enable_duplicate_check"] for one in sent} == {1}
        assert set(Outgoing.objects.values_list("state", flat=True)) == {"done"}

    def test_what_is_owed_lies_encrypted_and_is_masked_in_the_book_of_tries(
        self, client: Browser, platform: Platform
    ) -> None:
        on_message()(lambda: "李四的电话 13800138000")
        platform.answers({"msgid": "1"})
        write(client)
        inbox.drain()
        outbox.drain()
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM wecom_outgoing")
            (raw,) = cursor.fetchone()
        assert raw.startswith("v1:")
        assert "138001380" not in str(Outgoing.objects.get().tries.get().request)

    def test_a_reply_that_reached_nobody_is_parked(self, client: Browser, platform: Platform) -> None:
        on_message()(lambda: "你好")
        platform.answers({"msgid": "1", "invaliduser": "LiSi"})
        write(client)
        inbox.drain()
        outbox.drain()
        assert Outgoing.objects.get().state == "parked"

    def test_a_replayed_callback_owes_nothing_twice(self, client: Browser) -> None:
        @on_message()
        def answer(reply: Any) -> None:
            reply("一")
            reply("二")

        write(client)
        inbox.drain()
        assert inbox.replay(row().pk)
        inbox.drain()
        assert (owed(), row().attempts) == (["一", "二"], 2)

    @pytest.mark.parametrize("asks", ["alone", "with client"])
    def test_a_handler_that_fails_owes_nothing(self, client: Browser, asks: str) -> None:
        def fails(reply: Any) -> None:
            reply("一")
            raise ValueError("a mistake")

        on_message()(fails if asks == "alone" else lambda reply, client: fails(reply))
        write(client)
        inbox.drain()
        assert (owed(), row().state) == ([], "waiting")

    def test_a_text_that_wecom_would_cut_is_refused(self, client: Browser) -> None:
        on_message()(lambda: "长" * 683)
        write(client)
        inbox.drain()
        assert (row().state, owed()) == ("poison", [])
        assert "text.content" in row().error

    def test_nobody_can_be_answered_where_nobody_acted(self, client: Browser) -> None:
        on_event(EnterAgent)(lambda: "你好")
        post(client, message(MsgType="event", Event="enter_agent", FromUserName="sys"))
        inbox.drain()
        assert row().state == "poison"

    def test_ignored_is_kept_with_its_reason(self, client: Browser) -> None:
        on_message()(lambda: Ignored("none of ours"))
        write(client)
        inbox.drain()
        assert (row().state, row().error) == ("ignored", "none of ours")

    def test_an_answer_that_is_none_is_a_mistake(self, client: Browser) -> None:
        on_message()(lambda: 42)
        write(client)
        inbox.drain()
        assert "MessageInvalid" in row().error

    def test_an_update_of_a_card_that_is_not_ours_is_set_aside(self, client: Browser) -> None:
        on_card("confirm")(lambda update: update("好"))
        post(client)
        inbox.drain()
        assert (row().state, "sent_cards" in row().error) == ("poison", True)


class TestRunsOnce:
    def test_its_writes_and_what_it_owes_go_with_the_lease(self, client: Browser) -> None:
        """A worker that was frozen past its lease writes nothing, though its handler ran to the end."""

        @on_message()
        def slow(reply: Any) -> None:
            mark("mark")
            reply("一")
            Callback.objects.update(fence=99)  # somebody else has claimed the row meanwhile

        write(client)
        (claimed,) = jobs.claim(Callback, order=("pk",), limit=1, worker="w")
        inbox.process(claimed)
        assert (marks(), owed(), row().state) == (0, [], "running")

    def test_taken_by_many_at_once_it_runs_once(self, client: Browser) -> None:
        on_message()(lambda: mark("mark"))
        write(client)
        results = in_threads(6, inbox.drain)
        assert sum(results) == 1
        assert (marks(), row().state) == (1, "done")

    def test_a_double_tap_in_parallel_is_two_callbacks_of_which_one_wins(self, client: Browser) -> None:
        """The filtered UPDATE that the docs recommend: of two taps one decides, whoever handles them."""
        mark("mark undecided")

        @on_card("confirm")
        def decide(reply: Any) -> Ignored | None:
            won = Lease.objects.filter(pk="mark undecided", holder="").update(holder="decided")
            return None if won and reply("已决定") is None else Ignored("decided before")

        post(client)
        post(client, message(ResponseCode="RC_second"))
        in_threads(4, inbox.drain)
        assert owed() == ["已决定"]
        assert sorted(Callback.objects.values_list("state", flat=True)) == ["done", "ignored"]

    def test_with_the_client_what_is_owed_ends_with_the_row(self, client: Browser) -> None:
        @on_message()
        def slow(client: Any, reply: Any) -> None:
            mark("mark")
            reply("一")
            Callback.objects.update(fence=99)

        write(client)
        (claimed,) = jobs.claim(Callback, order=("pk",), limit=1, worker="w")
        inbox.process(claimed)
        assert (marks(), owed()) == (1, [])  # it ran outside of a transaction; what it owes was not owed


def test_an_answer_at_once_whose_query_fails_costs_the_answer_alone(client: Browser) -> None:
    def asks(event: Any) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        return "处理中"

    on_card("confirm", at_once=asks)(lambda: None)
    card_on_the_phone()
    answer = post(client)
    assert (answer.status_code, answer.content, row().state) == (200, b"", "waiting")


FOR_DAYS: list[Exception] = [
    NotSent("x"),
    TokenUnavailable("x"),
    TransportError("x"),
    TryLater("p", -1, "busy"),
    ChannelRefused("p", 48002, "no"),
    OperationalError("x"),
    InterfaceError("x"),
]
ONCE: list[Exception] = [Refused("p", 60111, "no such member"), CardInvalid("f", 1, 2), ConfigError("x")]
A_FEW: list[Exception] = [ValueError("x"), KeyError("x"), IntegrityError("x"), TypeError("x"), AssertionError()]


class TestWhenAHandlerRaises:
    def fail(self, client: Browser, exc: Exception, times: int) -> Callback:
        @on_message()
        def fails() -> None:
            raise exc

        write(client)
        for _ in range(times):
            make_due()
            inbox.drain()
        return row()

    @pytest.mark.parametrize("exc", FOR_DAYS, ids=lambda exc: type(exc).__name__)
    def test_bad_weather_is_waited_for(self, client: Browser, exc: Exception) -> None:
        before = timezone.now()
        kept = self.fail(client, exc, 12)
        assert (kept.state, kept.failures) == ("waiting", 12)
        pause = (kept.due_at - before).total_seconds()
        is_database = isinstance(exc, OperationalError | InterfaceError)  # members wait, and it is there again soon
        assert pause < (125 if is_database else 605)
        dispatch._routes.clear()
        on_message()(lambda: None)
        make_due()
        inbox.drain()
        assert row().state == "done"

    @pytest.mark.parametrize("exc", FOR_DAYS, ids=lambda exc: type(exc).__name__)
    def test_after_three_days_nobody_waits_any_more(self, client: Browser, exc: Exception) -> None:
        assert self.fail(client, exc, 9).state == "waiting"
        Callback.objects.update(received_at=timezone.now() - timedelta(days=3, minutes=1))
        make_due()
        inbox.drain()
        assert row().state == "poison"

    @pytest.mark.parametrize("days", [5, 30])
    def test_what_is_replayed_after_days_has_a_few_tries(self, client: Browser, days: int) -> None:
        kept = self.fail(client, NotSent("x"), 9)
        Callback.objects.update(received_at=timezone.now() - timedelta(days=days), state="poison")
        assert inbox.replay(kept.pk)
        inbox.drain()
        assert (row().state, row().failures) == ("waiting", 1)

    @pytest.mark.parametrize("exc", ONCE, ids=lambda exc: type(exc).__name__)
    def test_what_would_end_the_same_is_set_aside_at_once(
        self, client: Browser, exc: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        kept = self.fail(client, exc, 1)
        assert (kept.state, kept.failures) == ("poison", 1)
        assert kept.error.startswith(type(exc).__name__)
        alerts = [one.getMessage() for one in caplog.records if one.name == "wecom.alerts"]
        assert alerts == [f"poison: callback {kept.pk} event=text why={type(exc).__name__}"]

    @pytest.mark.parametrize("exc", A_FEW, ids=lambda exc: type(exc).__name__)
    def test_a_mistake_is_tried_a_few_times(self, client: Browser, exc: Exception) -> None:
        assert self.fail(client, exc, 7).state == "waiting"
        make_due()
        inbox.drain()
        assert (row().state, row().failures) == ("poison", 8)

    def test_a_mistake_is_not_the_worse_for_the_bad_weather_before_it(self, client: Browser) -> None:
        raised: list[Exception] = [*[OperationalError("locked")] * 9, *[TokenUnavailable("x")] * 2, IntegrityError("x")]

        @on_message()
        def fails() -> None:
            raise raised.pop(0)

        write(client)
        while raised:
            make_due()
            inbox.drain()
        assert (row().state, row().failures) == ("waiting", 1)

    def test_nothing_goes_on_for_ever(self, client: Browser) -> None:
        raised = itertools.cycle([OperationalError("locked"), ValueError("x")])

        @on_message()
        def fails() -> None:
            raise next(raised)

        write(client)
        Callback.objects.update(received_at=timezone.now() - timedelta(days=7))
        for _ in range(8):
            make_due()
            inbox.drain()
        assert row().state == "poison"

    def test_a_locked_table_is_waited_for_by_short_pauses_for_days(self, client: Browser) -> None:
        self.fail(client, OperationalError("locked"), 1)
        Callback.objects.update(failures=2000)
        before = timezone.now()
        make_due()
        inbox.drain()
        assert (row().state, row().due_at - before < timedelta(minutes=3)) == ("waiting", True)

    def test_once_mended_it_is_replayed(self, client: Browser) -> None:
        kept = self.fail(client, ConfigError("x"), 1)
        dispatch._routes.clear()
        on_message()(lambda: "好")
        assert inbox.replay(kept.pk)
        inbox.drain()
        assert (row().state, owed()) == ("done", ["好"])

    def test_a_query_that_failed_does_not_poison_the_connection(self, client: Browser) -> None:
        @on_message()
        def fails() -> None:
            Lease.objects.create(pk="mark")
            with transaction.atomic():
                Lease.objects.create(pk="mark")

        write(client)
        inbox.drain()
        assert (row().state, row().failures, marks()) == ("waiting", 1, 0)


class TestNobodyHandlesIt:
    @pytest.fixture(autouse=True)
    def nothing_told(self) -> None:
        unhandled._told.clear()

    def told(self, caplog: pytest.LogCaptureFixture) -> list[str]:
        return [one.getMessage() for one in caplog.records if one.name == "wecom.inbox.unhandled"]

    def test_the_handler_that_one_would_write_is_told_once(
        self, client: Browser, caplog: pytest.LogCaptureFixture
    ) -> None:
        for number in range(3):
            post(client, message(ResponseCode=f"RC_{number}", FromUserName="wangwu"))
        inbox.drain()
        (said,) = self.told(caplog)
        assert "@on_card('confirm')\ndef confirm(event, card, update):\n    ...\n    update(\"…\")\n" in said
        assert "wangwu" not in said
        assert "RC_" not in said
        assert set(Callback.objects.values_list("state", "error")) == {("ignored", "no handler")}

    @pytest.mark.parametrize(
        "key",
        [
            "confirm",
            "approve:4711",
            "确认",
            "1",
            "class",
            "a'b",
            'a"7',
            "x" * 900,
            "",
            "a\nimport os\n",
            "中 文",
            "a(b)1",
        ],
    )
    def test_what_is_told_can_be_pasted_and_then_handles_the_tap(
        self, client: Browser, caplog: pytest.LogCaptureFixture, key: str
    ) -> None:
        post(client, message(EventKey=key))
        inbox.drain()
        (said,) = self.told(caplog)
        exec(said.partition("handlers.py:\n\n")[2], {})  # noqa: S102
        (route,) = dispatch.routes()
        assert dispatch.find(parsed(row())) is route
        assert "4711" not in said

    def test_keys_with_numbers_are_told_once_for_all(self, client: Browser, caplog: pytest.LogCaptureFixture) -> None:
        for number in range(4):
            post(client, message(EventKey=f"approve:{number}"))
        inbox.drain()
        (said,) = self.told(caplog)
        assert r"@on_card(re.compile(r'approve:(\d+)'))" in said.replace('"', "'")

    def test_a_process_does_not_fill_its_log_with_them(self, client: Browser, caplog: pytest.LogCaptureFixture) -> None:
        from wecom.events import TemplateCardEvent

        keys = [f"{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}" for n in range(200)]
        for key in keys:
            unhandled.suggest(TemplateCardEvent(app="default", userid="lisi", task_id="t", event_key=key))
        assert len(self.told(caplog)) == 100

    def test_a_message_that_nobody_handles_is_ignored_quietly(
        self, client: Browser, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            write(client)
        assert (row().state, self.told(caplog)) == ("ignored", [])


def parsed(kept: Callback) -> Any:
    from wecom import events

    return events.parse(kept.plaintext.encode(), app=kept.app)
