"""The site: how long, and how, a process waits for its database.

PostgreSQL that is connected and says nothing: a frozen server, or a network that swallows packets, raises no error by
itself: the thread would wait for hours, and with a few such threads no callback would be answered at all. WeCom waits
5 seconds and sends again, so a callback gives up much sooner; a page has more time. Commands and workers wait as long
as it takes.

SQLite that another one writes to: by itself it looks again after pauses that grow to 100 ms, and beside a worker, which
writes without a pause, some callback never finds it free. We look again every few milliseconds.
"""

import random
import select
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from psycopg_pool import ConnectionPool

CALLBACKS = "/wecom/callback"
CALLBACK, PAGE = 1.0, 10.0  # seconds without a word from the server
_PASSES = ("SQLITE_BUSY", "SQLITE_BUSY_RECOVERY")  # the second: somebody tidies up after a process that was killed
NAP = 0.002  # seconds, about, until SQLite is looked at again

_here = threading.local()


class Connection(psycopg.Connection[Any]):
    """Breaks where the server has said nothing for as long as this thread's request may wait."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout if timeout is not None else getattr(_here, "seconds", None))
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()  # its answer may still come, and would be taken for another question's
            raise

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """The pool asks by an empty statement whether we live, before each request: the socket knows without asking.

        A server that has gone has closed it, and then there is something to read. The pool's other connections have
        gone with it: found out one by one, they would cost a request a second each, and so its answer.
        """
        if query != "":
            return super().execute(query, *args, **kwargs)
        if not self.closed and not _something_to_read(self.fileno()):
            return self.cursor()
        try:
            return super().execute(query, *args, **kwargs)
        except psycopg.OperationalError:
            if isinstance(self._pool, ConnectionPool):
                self._pool.drain()
            raise


def _something_to_read(socket: int) -> bool:
    asked = select.poll()
    asked.register(socket, select.POLLIN)
    return bool(asked.poll(0))


class Patience:
    """Middleware, the first of all: sets the limit for what this request asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _here.seconds = CALLBACK if request.path_info.startswith(CALLBACKS) else PAGE
        try:
            return self.get_response(request)
        finally:
            _here.seconds = None


def look_often(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """For connection_created. In WAL mode, with transactions that ask for the lock at their BEGIN, nothing waits but
    a BEGIN and a statement outside of transactions. In another mode a COMMIT does: SQLite goes on waiting for itself.
    """
    if connection.vendor == "sqlite" and _waits_at_begin(connection):
        connection.connection.execute("PRAGMA busy_timeout = 0")
        if _until_free not in connection.execute_wrappers:
            connection.execute_wrappers.append(_until_free)


def _waits_at_begin(connection: BaseDatabaseWrapper) -> bool:
    mode = connection.connection.execute("PRAGMA journal_mode").fetchone()[0]
    return mode == "wal" and getattr(connection, "transaction_mode", None) == "IMMEDIATE"


def _until_free(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection: BaseDatabaseWrapper = context["connection"]
    if connection.in_atomic_block:
        return execute(sql, params, many, context)
    if many:  # all or none: a part that is written already must not be written again
        with transaction.atomic(using=connection.alias):
            return execute(sql, params, many, context)
    give_up = time.monotonic() + connection.settings_dict["OPTIONS"].get("timeout", 5.0)
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlite_errorname", "") not in _PASSES or time.monotonic() > give_up:
                raise
        time.sleep(NAP * random.uniform(0.5, 1.5))  # noqa: S311  so that two do not always meet
