"""Plumbing: one HTTP exchange with WeCom, and what its end says about whether WeCom may have acted.

The errors of `requests` hold the whole address, secret, token and key included: raised `from None`, they appear in no
traceback, and the part of their text that is shown is masked.
"""

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
import urllib3

from wecom import crash
from wecom.errcodes import error_for
from wecom.errors import TransportError, Unreachable
from wecom.masking import mask, mask_text

from . import sessions

LONGEST_WAIT = timedelta(hours=1)
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Payload:
    """The body of a request, ready to go out as often as it must."""

    content: bytes
    content_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how much: seconds to connect, between two bytes and for all of it; bytes of an answer."""

    connect: float
    read: float
    total: float
    most: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer with HTTP 200."""

    content: bytes
    headers: Mapping[str, str]


def encode(body: Mapping[str, Any]) -> bytes:
    """JSON as raw UTF-8: WeCom refuses escapes of the form backslash-u in some APIs (errcode 40033)."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def multipart(name: str, filename: str, content: bytes) -> Payload:
    """One file in a form, its name in raw UTF-8."""
    body, content_type = urllib3.encode_multipart_formdata({name: (filename, content, "application/octet-stream")})
    return Payload(body, content_type)


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    path: str,
    params: Mapping[str, str],
    payload: Payload | None,
    patience: Patience,
) -> Heard:
    """Ask once. Unreachable: surely not arrived; TransportError: nobody knows. `path` names the call in errors."""
    give_up = time.monotonic() + patience.total
    # As a stream: the time to connect is also the time for one piece to leave, and a file has many.
    body = None if payload is None else io.BytesIO(payload.content)
    try:
        response = session.request(
            method,
            url,
            params=params,
            data=body,
            headers={"Content-Type": payload.content_type if payload else JSON},
            timeout=(patience.connect, patience.read),
            allow_redirects=False,
            stream=True,
        )
        crash.point("out.request_sent")  # and answered: of a stream the head has come, the body has not
        with response:
            content = read_body(response, give_up, most=patience.most)
    except requests.exceptions.ConnectTimeout:
        raise Unreachable(f"{path}: no connection in {patience.connect:g} s") from None
    except requests.exceptions.SSLError as exc:
        if body and body.tell():
            raise TransportError(f"{path}: TLS broke: {mask_text(str(exc))}") from None
        raise Unreachable(f"{path}: TLS could not be agreed: {mask_text(str(exc))}") from None
    except requests.exceptions.ConnectionError as exc:
        if _never_connected(exc):
            raise Unreachable(f"{path}: no connection: {mask_text(str(exc))}") from None
        raise TransportError(f"{path}: the connection broke: {mask_text(str(exc))}") from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as exc:
        raise TransportError(f"{path}: {type(exc).__name__}: {mask_text(str(exc))}") from None
    if response.status_code != requests.codes.ok:
        retry_after = _retry_after(response.headers.get("Retry-After", ""))
        raise TransportError(f"{path}: HTTP {response.status_code}", retry_after=retry_after)
    return Heard(content, response.headers)


def checked(path: str, content: bytes) -> dict[str, Any]:
    """The answer in `content`, errcode 0; raises the ApiError of any other, TransportError where it is no answer."""
    answer = _parse(path, content)
    if answer["errcode"] != 0:
        raise error_for(path, answer["errcode"], mask_text(str(answer.get("errmsg", ""))))
    return answer


def read_body(response: requests.Response, give_up: float, *, most: int) -> bytes:
    """The body, up to so many bytes; a server that drips holds us no longer than until then (time.monotonic)."""
    parts: list[bytes] = []
    size = 0
    with sessions.in_time(response, give_up - time.monotonic()):
        while chunk := response.raw.read1(16 * 1024, decode_content=True):
            parts.append(chunk)
            size += len(chunk)
            if size > most:
                raise requests.exceptions.ContentDecodingError(f"answer over {most} bytes")
    return b"".join(parts)


def _retry_after(seconds: str) -> timedelta | None:
    """What the header asks for, an hour at most; None where it holds no number."""
    if not (seconds.isascii() and seconds.isdecimal()):
        return None
    return min(timedelta(seconds=int(seconds[:9])), LONGEST_WAIT)


def _parse(path: str, content: bytes) -> dict[str, Any]:
    """A JSON object with an integer errcode; anything else is no answer."""
    try:
        answer = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise TransportError(f"{path}: the answer is not JSON") from exc
    if not isinstance(answer, dict):
        raise TransportError(f"{path}: the answer is no JSON object")
    if not _can_be_stored(answer):
        raise TransportError(f"{path}: the answer holds what is no text")
    errcode = answer.get("errcode")
    if isinstance(errcode, str) and errcode.removeprefix("-").isdecimal() and errcode.isascii():
        errcode = int(errcode[:12])
    if isinstance(errcode, bool) or not isinstance(errcode, int) or abs(errcode) >= 2**31:
        raise TransportError(f"{path}: the answer has no errcode")
    return {**answer, "errcode": errcode}


def _can_be_stored(answer: dict[str, Any]) -> bool:
    """Whether our books take it: Python also reads a NUL, one half of a pair, Infinity, and what is nested too deep."""
    try:
        mask(answer)
        return b"\\u0000" not in json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False


def _never_connected(exc: requests.exceptions.ConnectionError) -> bool:
    """Whether the error arose before a connection stood: refused, no route, no such host."""
    cause = exc.args[0] if exc.args else None
    reason = cause.reason if isinstance(cause, urllib3.exceptions.MaxRetryError) else cause
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
