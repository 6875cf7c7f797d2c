"""Plumbing: the head of an answer comes in time, or the connection is cut.

The time-outs of `requests` count from byte to byte: a server that drips would hold a thread for ever. Of the body
`wire` takes care.
"""

import contextlib
import socket
import threading
from typing import Any

import requests
import urllib3.connection
from requests.adapters import HTTPAdapter

HEAD = 15.0  # seconds from the end of the request to the end of the answer's head


class _Cut:
    """Goes before a connection of urllib3."""

    sock: Any

    def getresponse(self) -> Any:
        too_late = threading.Event()
        timer = threading.Timer(HEAD, _cut, [self.sock, too_late])
        timer.daemon = True
        timer.start()
        try:
            answer = super().getresponse()  # type: ignore[misc]
        finally:
            timer.cancel()
        if too_late.is_set():  # what ends in the middle of a head passes for a whole one
            answer.close()
            raise TimeoutError("no whole head of an answer in time")
        return answer


def _cut(connection: socket.socket, too_late: threading.Event) -> None:
    too_late.set()
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


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def session() -> requests.Session:
    """One whose answers begin in time; else it raises requests.ReadTimeout or ConnectionError."""
    new = requests.Session()
    new.mount("http://", _Adapter())
    new.mount("https://", _Adapter())
    return new
