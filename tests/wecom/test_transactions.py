"""The transactions of a worker, and who is let in first."""

import threading
import time

import pytest
from django.db import connection, transaction

from tests.support import in_threads
from wecom import transactions
from wecom.models import Lease
from wecom.transactions import whole

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_never_a_part_of_another() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), whole():
        pass


def test_on_sqlite_the_threads_of_a_process_take_turns() -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with whole():
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1

    assert in_threads(8, work) == [None] * 8
    assert (most == 1) is (connection.vendor == "sqlite")


def test_whoever_waits_too_long_for_a_turn_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "TURN", 0.05)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transactions._turn:
            taken.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert taken.wait(10)
        with whole():
            Lease.objects.create(name="without a turn")
    finally:
        done.set()
        thread.join()
    assert Lease.objects.filter(name="without a turn").exists()


def test_a_failure_gives_the_turn_back() -> None:
    def fail() -> None:
        with pytest.raises(ValueError, match="x"), whole():
            raise ValueError("x")

    start = time.monotonic()
    assert in_threads(4, fail) == [None] * 4
    assert time.monotonic() - start < transactions.TURN
