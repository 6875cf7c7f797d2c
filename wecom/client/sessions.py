"""Plumbing: sessions whose answers come in time, head and body, or the connection is cut.

The time-outs of `requests` count from byte to byte: a server that drips would hold a thread for ever, in the head of
its answer, in the size of a piece, or with packed bytes that stand for none. So a clock runs beside it.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
import urllib3.connection
from requests.adapters import HTTPAdapter

HEAD = 15.0  # seconds from the end of the request to the end of the answer's head


@contextmanager
def in_time(response: requests.Response, seconds: float) -> Iterator[None]:
    """Read the body inside the block; raises requests.ReadTimeout where it took longer."""
    sent_over = getattr(response.raw, "sent_over", None)
    if sent_over is None:  # another adapter's, which plays the other side
        yield
        return
    with _cut_after(seconds, sent_over) as too_late:
        try:
            yield
        finally:
            if too_late.is_set():  # what ends in the middle may pass for a whole one
                raise requests.exceptions.ReadTimeout("no whole answer in time") from None


class _Cut:
    """Goes before a connection of urllib3."""

    sock: Any

    def getresponse(self) -> Any:
        sent_over = self.sock
        with _cut_after(HEAD, sent_over) as too_late:
            answer = super().getresponse()  # type: ignore[misc]
        if too_late.is_set():
            answer.close()
            raise TimeoutError("no whole head of an answer in time")
        answer.sent_over = sent_over
        return answer


@contextmanager
def _cut_after(seconds: float, connection: socket.socket) -> Iterator[threading.Event]:
    """The event is set where it was cut."""
    too_late = threading.Event()
    timer = threading.Timer(max(seconds, 0), _cut, [connection, too_late])
    timer.daemon = True
    timer.start()
    try:
        yield too_late
    finally:
        timer.cancel()


def _cut(connection: socket.socket, too_late: threading.Event) -> None:
    too_late.set()
    connection = getattr(connection, "socket", connection)  # of TLS within TLS, behind an https proxy
    with contextlib.suppress(OSError):  # it is closed already
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # below TLS, which would talk to the other side first


class _Plain(_Cut, urllib3.connection.HTTPConnection):
    pass


class _Secure(_Cut, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def session() -> requests.Session:
    """One whose answers begin in time; else it raises requests.ReadTimeout or ConnectionError."""
    new = requests.Session()
    new.mount("http://", _Adapter())
    new.mount("https://", _Adapter())
    return new
