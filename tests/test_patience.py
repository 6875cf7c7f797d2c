"""A database that says nothing is given up in time, and the next question gets its own answer."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from wecom.wake import own_parameters
from wecomsite import patience
from wecomsite.patience import Patience

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server that could hang")
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL lets many write at once")


@pytest.fixture(autouse=True)
def request_finished(transactional_db: None) -> Iterator[None]:
    """As at the end of a request: a broken connection is given back."""
    yield
    connection.close()


def ask(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def through(path: str, sql: str) -> object:
    """What a request to this path is told by the database."""
    heard: list[object] = []

    def view(request: HttpRequest) -> HttpResponse:
        heard.append(ask(sql))
        return HttpResponse()

    Patience(view)(RequestFactory().get(path))
    return heard[0]


@on_postgresql
def test_a_callback_gives_up_after_a_second() -> None:
    started = time.monotonic()
    with pytest.raises(DatabaseError):
        through("/wecom/callback/", "SELECT 1 FROM pg_sleep(5)")
    assert time.monotonic() - started < 2


@on_postgresql
def test_the_question_after_it_gets_its_own_answer() -> None:
    with pytest.raises(DatabaseError):
        through("/wecom/callback/", "SELECT 1 FROM pg_sleep(2)")
    connection.close()
    assert through("/wecom/callback/", "SELECT 2") == 2


@on_postgresql
def test_a_page_has_more_time_and_a_command_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert through("/admin/", "SELECT 3 FROM pg_sleep(1.3)") == 3
    monkeypatch.setattr(patience, "PAGE", 0.2)
    assert ask("SELECT 4 FROM pg_sleep(0.5)") == 4


@on_postgresql
def test_a_lock_is_waited_for_no_longer_than_the_settings_say() -> None:
    assert ask("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'") == 8000


@on_postgresql
def test_a_server_that_was_restarted_meanwhile_costs_no_request_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = getattr(connection, "pool")  # noqa: B009  only PostgreSQL has one
    monkeypatch.setattr(pool, "timeout", 0.8)  # less than it rests after a second dead connection
    _let_idle(4)
    _end_all_sessions()
    assert through("/wecom/callback/", "SELECT 5") == 5


@on_sqlite
@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_moment_in_which_sqlite_is_free_is_enough_to_write(in_transaction: bool) -> None:
    """SQLite itself would look after about 230 and 330 ms, and miss the moment between."""
    ask("SELECT 1")
    with _written_to_by_another(but_between=(0.25, 0.32), until=0.9) as held:
        if in_transaction:
            with transaction.atomic():
                _write()
        else:
            _write()
        assert held.locked(), "it was written only once the other one had ended"


@on_sqlite
def test_sqlite_is_given_up_after_the_time_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    ask("SELECT 1")
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.3)
    with _written_to_by_another(but_between=(0.9, 0.91), until=0.95) as held:
        started = time.monotonic()
        with pytest.raises(DatabaseError, match="locked"):
            _write()
        assert 0.3 <= time.monotonic() - started < 0.8
        assert held.locked()


@on_sqlite
def test_many_rows_are_written_once_or_not_at_all() -> None:
    """One by one they would be good one by one: what meets another writer half-way must not begin again."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS many (number INTEGER)")
        try:
            busy = threading.Event()
            writer = threading.Thread(target=_write_again_and_again, args=(busy,))
            writer.start()
            cursor.executemany("INSERT INTO many VALUES (%s)", [(number,) for number in range(2000)])
            busy.set()
            writer.join()
            assert ask("SELECT COUNT(*) FROM many") == 2000
        finally:
            cursor.execute("DROP TABLE many")


@on_sqlite
def test_where_a_commit_may_have_to_wait_sqlite_waits_for_itself(tmp_path: Path) -> None:
    """Without WAL a COMMIT waits for readers, and no BEGIN of ours has asked for that."""
    other = connection.copy("other")
    other.settings_dict["NAME"] = str(tmp_path / "other.sqlite3")
    other.settings_dict["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 7}
    with other.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (7000,)
    other.close()


def _write_again_and_again(enough: threading.Event) -> None:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=5, uri=True)
    while not enough.is_set():
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.001)
        other.execute("COMMIT")
    other.close()


def _write() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = app WHERE id = 0")


@contextmanager
def _written_to_by_another(*, but_between: tuple[float, float], until: float) -> Iterator[threading.Lock]:
    """Another connection writes from now until then, but for a moment; the lock is held for as long as it is there."""
    here, begun = threading.Lock(), threading.Event()

    def write() -> None:
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=5, uri=True)
        with here:
            other.execute("BEGIN IMMEDIATE")
            start = time.monotonic()
            begun.set()
            _sleep_until(start + but_between[0])
            other.execute("COMMIT")
            _sleep_until(start + but_between[1])
            other.execute("BEGIN IMMEDIATE")
            _sleep_until(start + until)
            other.execute("COMMIT")
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(10)
    yield here
    writer.join()


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _let_idle(count: int) -> None:
    """As many connections in the pool, each of which was used at the same time as the others."""
    together = threading.Barrier(count)

    def request() -> None:
        ask("SELECT 1")
        together.wait(10)
        connection.close()

    threads = [threading.Thread(target=request) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _end_all_sessions() -> None:
    connection.close()
    with psycopg.connect(**own_parameters(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
