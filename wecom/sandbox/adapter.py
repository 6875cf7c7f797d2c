"""Door: the platform's API for `requests`, without a socket.

    session.mount("https://qyapi.weixin.qq.com/", SandboxAdapter())

From then on every call of this session is answered by the sandbox in this process; `instead_of_wecom()` does so for all
sessions of the process, so that any SDK made on `requests` can be tried as it is. Faults come as they do over HTTP: a
caller whose time-out is shorter than the fault's wait gets requests.ReadTimeout, and what the platform does, it does.
"""

import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from django.utils.http import http_date
from requests.adapters import BaseAdapter

from . import platform

__all__ = ["SandboxAdapter", "instead_of_wecom"]

WECOM = "https://qyapi.weixin.qq.com/"
_ROOT = "/cgi-bin/"


class SandboxAdapter(BaseAdapter):
    """Answers what is below …/cgi-bin/, and 404 for the rest.

    sleep  how a caller waits; `lambda seconds: None` lets faults take no time, and time-outs come all the same
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__()
        self.sleep = sleep

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        address = urlsplit(str(request.url))
        waits: list[float] = []
        status, headers, body = platform.handle(
            str(request.method),
            address.path.partition(_ROOT)[2],
            dict(parse_qsl(address.query, keep_blank_values=True)),
            _bytes(request.body),
            str(request.headers.get("Content-Type", "")),
            wait=waits.append,
        )
        dripping = headers.pop(platform.DRIP, "")
        self._wait(max(sum(waits), 1.0 if dripping else 0.0), timeout, request)
        return _response(self, request, status, headers, _Drops(body, self.sleep) if dripping else io.BytesIO(body))

    def close(self) -> None:
        """There is nothing to close."""

    def _wait(self, seconds: float, timeout: object, request: requests.PreparedRequest) -> None:
        """As long as the caller has patience."""
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        if isinstance(patience, int | float) and seconds > patience:
            self.sleep(patience)
            raise requests.ReadTimeout(f"no answer within {patience:g} s", request=request)
        if seconds:
            self.sleep(seconds)


@contextmanager
def instead_of_wecom(*addresses: str, adapter: BaseAdapter | None = None) -> Iterator[BaseAdapter]:
    """Inside the block every session of `requests` in this process meets the sandbox at these addresses.

    addresses  beginnings of URLs; WeCom's own where none is given
    """
    ours, beginnings, usual = adapter or SandboxAdapter(), addresses or (WECOM,), requests.Session.get_adapter

    def get_adapter(session: requests.Session, url: str | bytes) -> BaseAdapter:
        text = url.decode() if isinstance(url, bytes) else url
        return ours if text.startswith(beginnings) else usual(session, text)

    with patch.object(requests.Session, "get_adapter", get_adapter):
        yield ours


class _Drops(io.BytesIO):
    """One byte a second: a read time-out, which counts from byte to byte, never ends it."""

    def __init__(self, body: bytes, sleep: Callable[[float], None]) -> None:
        super().__init__(body)
        self._sleep = sleep

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        most = len(self.getbuffer()) if whole else size
        heard = b""
        while len(heard) < (most or 0) and (byte := super().read(1)):
            self._sleep(1)
            heard += byte
        return heard


def _bytes(body: Any) -> bytes:
    """The body of a prepared request: text, bytes, a file or pieces."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    return bytes(body.read()) if hasattr(body, "read") else b"".join(body)


def _response(
    adapter: BaseAdapter, request: requests.PreparedRequest, status: int, headers: Mapping[str, str], body: io.BytesIO
) -> requests.Response:
    """As HTTPAdapter makes one: read at once or in pieces, by `content`, `iter_content` or `raw`."""
    response = requests.Response()
    response.status_code = status
    own = {"Content-Length": str(len(body.getbuffer())), "Date": http_date(time.time())}
    response.headers.update({**headers, **own})
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.raw = urllib3.HTTPResponse(body=body, headers=response.headers, status=status, preload_content=False)
    response.reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    response.url = str(request.url)
    response.request = request
    response.connection = adapter  # type: ignore[assignment]  # as HTTPAdapter does, for authentication
    return response
