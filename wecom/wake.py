"""Plumbing: telling workers that something is due. A hint only: a worker that misses it polls anyway."""

from django.db import connection, transaction

CHANNEL = "wecom_due"


def up() -> None:
    """PostgreSQL passes it on once the transaction at hand holds; on SQLite the workers poll so often that no hint is
    needed.

    In a transaction of its own, which waits for no disk: those that notify commit one after the other, in the whole
    server, so a NOTIFY beside what is written would let every callback wait for the disk of all the others.
    """
    if connection.vendor == "postgresql":
        transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
