"""Transactions that are whole, and functions that are part of one."""

import threading
import time

import pytest
from django.db import connection, transaction

from tests.support import in_threads
from wecom import transactions
from wecom.models import Lease
from wecom.transactions import in_transaction, whole


@in_transaction
def write(name: str, *, then_fail: bool = False) -> None:
    Lease.objects.create(name=name)
    if then_fail:
        raise ValueError(name)


def names() -> list[str]:
    return sorted(Lease.objects.values_list("name", flat=True))


@pytest.mark.django_db(transaction=True)
class TestInTransaction:
    def test_alone_it_is_a_transaction_of_its_own(self) -> None:
        write("kept")
        with pytest.raises(ValueError, match="lost"):
            write("lost", then_fail=True)
        assert names() == ["kept"]

    def test_inside_another_it_ends_as_that_one_does(self) -> None:
        with transaction.atomic():
            write("lost too")
            transaction.set_rollback(True)
        assert names() == []

    def test_inside_another_it_sets_no_savepoint(self, django_assert_num_queries: object) -> None:
        with transaction.atomic(), django_assert_num_queries(1):  # type: ignore[operator]
            write("one statement")


@pytest.mark.django_db(transaction=True)
class TestWhole:
    def test_it_is_never_a_part_of_another(self) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), whole():
            pass

    def test_on_sqlite_the_threads_of_a_process_take_turns(self) -> None:
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

    def test_whoever_waits_too_long_for_a_turn_goes_without(self, monkeypatch: pytest.MonkeyPatch) -> None:
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
                write("without a turn")
        finally:
            done.set()
            thread.join()
        assert names() == ["without a turn"]

    def test_a_failure_gives_the_turn_back(self) -> None:
        def fail() -> None:
            with pytest.raises(ValueError, match="x"), whole():
                raise ValueError("x")

        start = time.monotonic()
        assert in_threads(4, fail) == [None] * 4
        assert time.monotonic() - start < transactions.TURN
