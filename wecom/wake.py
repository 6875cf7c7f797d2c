"""Plumbing: telling workers that something is due. A hint only: a worker that misses it polls anyway."""

import logging
import threading
import time
from typing import Any

from django.db import connection, transaction

from .masking import sort_of

logger = logging.getLogger(__name__)

CHANNEL = "wecom_due"
PAUSE = 0.02  # seconds between two notifications of one process


def up() -> None:
    """PostgreSQL passes it on once the transaction at hand holds; on SQLite the workers poll so often that no hint is
    needed.
    """
    if connection.vendor == "postgresql":
        transaction.on_commit(_teller.ask, robust=True)


def own_parameters() -> dict[str, Any]:
    """How to connect outside Django's pool, for a connection that lives as long as its process."""
    parameters = connection.get_connection_params()
    return {key: value for key, value in parameters.items() if key not in ("pool", "cursor_factory", "context")}


class _Teller:
    """One thread of the process that says NOTIFY, once for all that was committed since the last time.

    Those that notify commit one after the other, in the whole server: a NOTIFY of each callback's own would let every
    one wait for all the others, and cost as much as keeping it. So many that come at once are told of together.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._thread = threading.Thread()
        self._starting = threading.Lock()

    def ask(self) -> None:
        self._asked.set()
        if not self._thread.is_alive():  # not yet, or it stayed behind in the parent at a fork
            with self._starting:
                if not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._tell, name="tell", daemon=True)
                    self._thread.start()

    def _tell(self) -> None:
        import psycopg

        own: psycopg.Connection[Any] | None = None
        while True:
            self._asked.wait()
            self._asked.clear()
            try:
                own = own or psycopg.connect(**own_parameters(), autocommit=True)
                own.execute(f"NOTIFY {CHANNEL}")
                time.sleep(PAUSE)
            except psycopg.Error as exc:
                logger.warning("workers are not told, they find it by themselves: %s", sort_of(exc))
                own = None


_teller = _Teller()
