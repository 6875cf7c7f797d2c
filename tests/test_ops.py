"""What a supervisor asks: is the process alive, is the whole ready."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from wecom.models import Lease, Outgoing
from wecomsite import ops


def beat(*, seconds: int = 30, name: str = "worker:host:1") -> None:
    Lease.objects.create(name=name, holder="host:1", until=timezone.now() + timedelta(seconds=seconds))


def test_a_living_process_says_ok_without_the_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_with_database_migrations_and_a_beating_worker(client: Client) -> None:
    beat()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "reasons": [],
        "database": "ok",
        "migrations": "ok",
        "worker": "ok",
        "oldest_waiting_seconds": 0,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("lease", [None, {"seconds": -1}, {"name": "token:corp"}])
def test_without_a_worker_it_is_not_ready_and_says_so(client: Client, lease: dict[str, Any] | None) -> None:
    if lease is not None:
        beat(**lease)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "missing"
    assert "run_worker" in answer.json()["reasons"][0]


@pytest.mark.django_db
def test_what_a_view_chose_to_answer_is_not_logged_as_a_failure(client: Client, caplog: Any) -> None:
    assert client.get("/readyz").status_code == 503
    assert caplog.records == []


def test_a_refused_callback_is_logged_once_and_an_unknown_page_still_is(client: Client, caplog: Any) -> None:
    query = "?msg_signature=0&timestamp=0&nonce=0"
    assert client.post(f"/wecom/callback/{query}", "<xml><Encrypt>eA==</Encrypt></xml>", "text/xml").status_code == 403
    assert client.get("/wecom/callback/").status_code == 400
    assert client.get("/nowhere").status_code == 404
    assert [record.name for record in caplog.records] == ["wecom.views", "wecom.views", "django.request"]


def test_a_crash_is_logged_with_its_traceback(client: Client, caplog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("somewhere inside")

    monkeypatch.setattr("wecomsite.ops._look_closely", crash)
    client.raise_request_exception = False
    assert client.get("/readyz").status_code == 500
    assert "somewhere inside" in caplog.text


@pytest.mark.django_db
def test_the_age_of_the_oldest_waiting_row_is_told(client: Client) -> None:
    beat()
    now = timezone.now()
    for age, state in ((90, "waiting"), (500, "done"), (-600, "waiting")):
        Outgoing.objects.create(
            kind="x", subject="1", effect_key=f"x:{age}", deadline=now, due_at=now - timedelta(seconds=age), state=state
        )
    assert client.get("/readyz").json()["oldest_waiting_seconds"] in (90, 91, 92)


@pytest.mark.django_db
@pytest.mark.parametrize(("begun", "age"), [({"attempts": 3}, 7200), ({"error": "CannotOpen"}, 7200), ({}, 0)])
def test_what_was_tried_is_as_old_as_itself_while_it_waits_for_its_next_try(
    client: Client, begun: dict[str, Any], age: int
) -> None:
    beat()
    later = timezone.now() + timedelta(minutes=10)
    row = Outgoing.objects.create(kind="x", subject="1", effect_key="x", deadline=later, due_at=later, **begun)
    Outgoing.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(hours=2))
    assert client.get("/readyz").json()["oldest_waiting_seconds"] in (age, age + 1, age + 2)


@pytest.mark.django_db
def test_missing_migrations_are_named_with_the_remedy(client: Client) -> None:
    beat()
    newest = MigrationRecorder.Migration.objects.filter(app="wecom").order_by("name").last()
    assert newest
    newest.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "missing"
    assert answer.json()["reasons"] == ["1 migrations are not applied: run manage.py migrate"]


def test_a_database_that_is_away_is_told_without_its_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        raise OperationalError("connection to server at 10.0.0.5 failed: password")

    monkeypatch.setattr(ops, "_migrations_missing", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"
    assert b"10.0.0.5" not in answer.content


@pytest.mark.django_db
def test_metrics_tell_how_things_stand_and_nothing_of_people(client: Client) -> None:
    beat()
    now = timezone.now()
    late = {"due_at": now - timedelta(seconds=90), "subject": "1", "deadline": now, "kind": "x"}
    Outgoing.objects.create(effect_key="a", **late)
    Outgoing.objects.create(effect_key="b", state="parked", topic="request:1", **late)
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    lines = dict(line.rsplit(" ", 1) for line in answer.content.decode().splitlines() if not line.startswith("#"))
    assert lines["wecom_workers"] == "1.0"
    assert lines['wecom_open_rows{table="outgoing"}'] == "1.0"
    assert 90 <= float(lines['wecom_oldest_seconds{table="outgoing"}']) < 95
    assert lines['wecom_needing_person{state="parked",table="outgoing"}'] == "1.0"
    assert set(re.findall(r'(\w+)="', answer.content.decode())) == {"table", "state"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
