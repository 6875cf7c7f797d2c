"""Plumbing: hearing that something is due. On PostgreSQL by LISTEN, with polling as the fallback; else by polling."""

import logging
import threading

from django.db import connection

from .masking import sort_of
from .wake import CHANNEL, own_parameters

logger = logging.getLogger(__name__)

POLL = 0.05  # seconds, where nobody tells us; a look is one indexed read
POLL_WHEN_TOLD = 0.5
RECONNECT = 2.0

_heard = threading.Event()


def poll_seconds() -> float:
    """How long a worker may sleep: rows become due by the clock, too, and no one announces that."""
    return POLL_WHEN_TOLD if _heard.is_set() else POLL


def start(wake: threading.Event, stopping: threading.Event) -> None:
    """Set `wake` whenever somebody calls wake.up(); does nothing where the database cannot tell us."""
    if connection.vendor == "postgresql":
        threading.Thread(target=_listen, args=(wake, stopping), name="listen", daemon=True).start()


def _listen(wake: threading.Event, stopping: threading.Event) -> None:
    import psycopg

    while not stopping.is_set():
        try:
            with psycopg.connect(**own_parameters(), autocommit=True) as own:
                own.execute(f"LISTEN {CHANNEL}")
                _heard.set()
                wake.set()
                while not stopping.is_set():
                    for _ in own.notifies(timeout=1.0, stop_after=1):
                        wake.set()
        except psycopg.Error as exc:
            _heard.clear()
            logger.warning("not listening, polling instead: %s", sort_of(exc))
            stopping.wait(RECONNECT)
