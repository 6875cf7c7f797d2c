"""What a person must be told: kept with what went wrong, told at least once, and not every minute."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.core import mail
from django.core.checks import run_checks
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from tests.wecom.wire import message, post
from wecom import alerts, inbox, watch
from wecom.models import Alert, Callback, Outgoing

pytestmark = pytest.mark.django_db

HOOK = "https://alerts.example.com/hook"
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=only-a-test"


@pytest.fixture
def hook(settings: Any) -> Any:
    settings.WECOM_ALERT_WEBHOOK = HOOK
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(HOOK, status=204)
        yield mock


def heard(hook: Any) -> list[dict]:
    return [json.loads(call.request.body) for call in hook.calls]


def pass_time(**ago: float) -> None:
    for row in Alert.objects.all():
        moved = {name: getattr(row, name) - timedelta(**ago) for name in ("raised_at", "told_at") if getattr(row, name)}
        Alert.objects.filter(pk=row.pk).update(**moved, telling_until=None)


class TestTelling:
    def test_what_was_raised_is_told_once(self, hook: Any) -> None:
        alerts.alert(alerts.PARKED, "outgoing 7", "kind=demo errcode=81013")
        assert (alerts.tell_due(), alerts.tell_due()) == (1, 0)
        (told,) = heard(hook)
        assert (told["what"], told["subject"], told["text"]) == ("parked", "outgoing 7", "kind=demo errcode=81013")

    def test_it_names_the_page_of_the_row(self, hook: Any) -> None:
        alerts.alert(alerts.POISON, "callback 7")
        alerts.tell_due()
        assert heard(hook)[0]["link"].endswith("/admin/wecom/callback/7/change/")

    def test_the_same_matter_is_told_again_after_an_hour_at_the_earliest(self, hook: Any) -> None:
        alerts.alert(alerts.PAUSED, "app:default")
        alerts.tell_due()
        pass_time(minutes=55)
        alerts.alert(alerts.PAUSED, "app:default")
        assert alerts.tell_due() == 0
        pass_time(minutes=6)
        assert alerts.tell_due() == 1
        assert [told["times"] for told in heard(hook)] == [1, 2]

    def test_what_is_over_is_not_told_again(self, hook: Any) -> None:
        alerts.alert(alerts.PAUSED, "app:default")
        alerts.tell_due()
        pass_time(hours=5)
        assert alerts.tell_due() == 0

    @pytest.mark.parametrize("what", [alerts.PAUSED, alerts.OLD, alerts.VERY_OLD])
    def test_nor_what_was_still_so_when_it_was_told_and_is_not_any_more(self, hook: Any, what: str) -> None:
        alerts.alert(what, "callbacks")
        alerts.tell_due()
        pass_time(minutes=3)
        alerts.alert(what, "callbacks")
        pass_time(minutes=58)
        assert alerts.tell_due() == 0
        alerts.alert(what, "callbacks")
        assert alerts.tell_due() == 1

    def test_what_a_row_came_to_since_it_was_told_is_told_again(self, hook: Any) -> None:
        alerts.alert(alerts.PARKED, "outgoing 7")
        alerts.tell_due()
        pass_time(minutes=3)
        alerts.alert(alerts.PARKED, "outgoing 7")
        pass_time(minutes=58)
        assert alerts.tell_due() == 1

    def test_a_hook_that_is_away_is_asked_again_a_minute_later(self, settings: Any) -> None:
        settings.WECOM_ALERT_WEBHOOK = HOOK
        with responses.RequestsMock() as mock:
            mock.post(HOOK, status=500)
            alerts.alert(alerts.DEAD, "outgoing 7")
            assert (alerts.tell_due(), alerts.tell_due(), len(mock.calls)) == (0, 0, 1)
            mock.replace("POST", HOOK, status=200)
            pass_time(minutes=1)
            assert alerts.tell_due() == 1

    def test_a_hook_that_takes_its_time_does_not_keep_other_work_waiting(
        self, hook: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            alerts.alert(alerts.PARKED, f"outgoing {number}")
        monkeypatch.setattr(alerts, "NOT_LONGER", -1.0)
        assert alerts.tell_due() == 0
        monkeypatch.undo()
        assert alerts.tell_due() == 3

    def test_who_dies_while_telling_leaves_it_to_be_told_under_the_same_id(self, hook: Any) -> None:
        alerts.alert(alerts.DEAD, "outgoing 7")
        alerts.tell_due()
        Alert.objects.update(told_at=None, telling_until=timezone.now() - timedelta(seconds=1))
        alerts.tell_due()
        first, second = heard(hook)
        assert first["id"] == second["id"]

    def test_the_robot_of_a_group_gets_a_text(self, settings: Any) -> None:
        settings.WECOM_ALERT_WEBHOOK = ROBOT
        with responses.RequestsMock() as mock:
            mock.post(ROBOT, json={"errcode": 0, "errmsg": "ok"})
            alerts.alert(alerts.DEAD, "outgoing 7", "kind=demo")
            assert alerts.tell_due() == 1
            (told,) = heard(mock)
        assert told["msgtype"] == "text"
        assert told["text"]["content"].startswith("dead: outgoing 7\nkind=demo")

    def test_a_robot_that_refuses_has_not_been_told(self, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
        settings.WECOM_ALERT_WEBHOOK = ROBOT
        with responses.RequestsMock() as mock:
            mock.post(ROBOT, json={"errcode": 93000, "errmsg": "invalid webhook url"})
            alerts.alert(alerts.DEAD, "outgoing 7")
            assert alerts.tell_due() == 0
        assert "only-a-test" not in caplog.text

    def test_it_is_mailed(self, settings: Any) -> None:
        settings.WECOM_ALERT_MAIL = ["ops@example.com"]
        alerts.alert(alerts.DEAD, "outgoing 7", "kind=demo")
        assert alerts.tell_due() == 1
        (sent,) = mail.outbox
        assert sent.to == ["ops@example.com"]
        assert "dead: outgoing 7" in sent.subject

    def test_without_hook_and_mail_the_log_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        alerts.alert(alerts.DEAD, "outgoing 7", "kind=demo")
        alerts.alert(alerts.DEAD, "outgoing 7", "kind=demo")
        assert alerts.tell_due() == 1
        alerts.alert(alerts.DEAD, "outgoing 7", "kind=demo")
        said = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
        assert said == ["dead: outgoing 7 kind=demo"] * 2

    def test_what_is_rolled_back_was_no_alert(self) -> None:
        with transaction.atomic():
            alerts.alert(alerts.DEAD, "outgoing 7")
            transaction.set_rollback(True)
        assert not Alert.objects.exists()


class TestCallbacks:
    def test_a_stale_callback_is_told_once_however_often_it_comes(self, client: Browser) -> None:
        for _ in range(3):
            assert post(client, message(), age=3600).status_code == 200
        row = Callback.objects.get()
        assert (row.state, row.repeats) == ("quarantined", 2)
        assert [(one.what, one.subject, one.times) for one in Alert.objects.all()] == [
            ("quarantined", f"callback {row.pk}", 1)
        ]

    def test_a_stale_repeat_of_what_was_handled_alarms_nobody(self, client: Browser) -> None:
        post(client, message())
        inbox.drain()
        post(client, message(), age=3600)
        assert not Alert.objects.exists()

    def test_what_is_no_message_is_told_once(self, client: Browser) -> None:
        for _ in range(2):
            post(client, b"<xml><broken>")
        assert [(one.what, one.times) for one in Alert.objects.all()] == [("poison", 1)]

    @pytest.mark.django_db(transaction=True)  # PostgreSQL lets nothing follow a broken rule in one transaction
    def test_another_message_under_the_same_number_is_set_aside(self, client: Browser) -> None:
        post(client, message(MsgType="text", Content="first", MsgId="7"))
        for _ in range(2):
            assert post(client, message(MsgType="text", Content="second", MsgId="7")).status_code == 200
        first, second = Callback.objects.order_by("pk")
        assert (first.state, first.repeats) == ("waiting", 0)
        assert (second.state, second.repeats, second.error) == (
            "quarantined",
            1,
            "another message came under its MsgId",
        )
        assert [(one.subject, one.times) for one in Alert.objects.all()] == [(f"callback {second.pk}", 1)]


class TestWatch:
    @pytest.fixture
    def waiting(self) -> Outgoing:
        return Outgoing.objects.create(kind="demo", subject="1", effect_key="1", deadline=timezone.now())

    @pytest.mark.parametrize(
        ("age", "expected"),
        [
            (timedelta(minutes=4), set()),
            (timedelta(minutes=6), {"old"}),
            (timedelta(hours=21), {"old", "very_old"}),
        ],
    )
    def test_what_waits_for_too_long_is_told(self, waiting: Outgoing, age: timedelta, expected: set[str]) -> None:
        then = timezone.now() - age
        Outgoing.objects.update(created_at=then, due_at=then)
        watch.look()
        assert {one.what for one in Alert.objects.all()} == expected

    def test_what_is_owed_for_a_later_day_is_not_old(self, waiting: Outgoing) -> None:
        then = timezone.now() - timedelta(days=2)
        Outgoing.objects.update(created_at=then, due_at=timezone.now() + timedelta(days=1))
        watch.look()
        assert not Alert.objects.exists()

    def test_what_is_held_back_grows_old_all_the_same(self, waiting: Outgoing) -> None:
        then = timezone.now() - timedelta(hours=1)
        Outgoing.objects.update(created_at=then, due_at=timezone.now() + timedelta(minutes=1), error="the limit")
        watch.look()
        assert [one.what for one in Alert.objects.all()] == ["old"]


def test_the_settings_are_checked_without_showing_them(settings: Any) -> None:
    settings.WECOM_ALERT_WEBHOOK = "not-an-address?key=secret"
    settings.WECOM_ALERT_MAIL = ["nobody"]
    found = {message.id: str(message) for message in run_checks(tags=["wecom"])}
    assert {"wecom.E017", "wecom.E018"} <= found.keys()
    assert "secret" not in found["wecom.E017"]
