"""Plumbing: the transactions of a worker."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

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
