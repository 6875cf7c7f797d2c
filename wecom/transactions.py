"""Plumbing: transactions that are whole, and functions that are part of one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

TURN = 1.0  # seconds that a thread waits for its turn

_turn = threading.RLock()


@contextmanager
def whole() -> Iterator[None]:
    """A transaction that is durable when it ends, and never a part of another.

    SQLite lets one connection write at a time; whoever else wants to looks again after pauses that grow. So the threads
    of a worker take turns: the next one begins at once. A turn is no lock: who waits for long goes without. A request
    takes none, for it has to answer in three seconds even where the database is locked.
    """
    mine = connection.vendor == "sqlite" and _turn.acquire(timeout=TURN)
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        if mine:
            _turn.release()


def in_transaction(function: Callable[P, T]) -> Callable[P, T]:
    """Run it inside the transaction at hand, or else in one of its own.

    As `transaction.atomic`, but without a savepoint, which costs two ways to the database: a function that raises
    errors of ours may do so before its first write alone, or its caller must not go on after them.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        with transaction.atomic():
            return function(*args, **kwargs)

    return run
