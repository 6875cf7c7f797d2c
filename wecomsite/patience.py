"""The site: how long a web request waits for a PostgreSQL that is connected and says nothing.

A frozen server, or a network that swallows packets, raises no error by itself: the thread would wait for hours, and
with a few such threads no callback would be answered at all. WeCom waits 5 seconds and sends again, so a callback
gives up much sooner; a page has more time. Commands and workers wait as long as it takes.
"""

import select
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse
from psycopg_pool import ConnectionPool

CALLBACKS = "/wecom/callback"
CALLBACK, PAGE = 1.0, 10.0  # seconds without a word from the server

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
