"""Plumbing: telling workers that something is due. A hint only: a worker that misses it polls anyway."""

from django.db import connection

CHANNEL = "wecom_due"


def up() -> None:
    """PostgreSQL passes it on at commit; on SQLite the workers poll so often that no hint is needed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
