"""Plumbing: one exchange with the application's callback URL, over real HTTP."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import requests

ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: a status and a body, or an error in words."""

    status: int | None
    body: bytes
    error: str
    ms: int


Carrier = Callable[[str, str, Mapping[str, str], bytes, float], Heard]
"""method, url, query, body, seconds of patience → what came back; raises nothing."""


def over_http(method: str, url: str, query: Mapping[str, str], body: bytes, patience: float) -> Heard:
    started = time.perf_counter()
    status, answer, error = None, b"", ""
    try:
        status, answer = _talk(method, url, query, body, patience)
    except requests.Timeout:
        error = f"no answer within {patience:g} s"
    except (requests.RequestException, ValueError) as exc:
        error = f"{type(exc).__name__}: {exc}"[:300]
    return Heard(status, answer, error, round((time.perf_counter() - started) * 1000))


def _talk(method: str, url: str, query: Mapping[str, str], body: bytes, patience: float) -> tuple[int, bytes]:
    """One HTTP exchange under a total deadline; redirects and proxies are not followed."""
    ends = time.monotonic() + patience
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Content-Type": "text/xml"} if body else {}
        answer = session.request(
            method,
            f"{url}?{urlencode(query)}",
            data=body or None,
            headers=headers,
            timeout=patience,
            allow_redirects=False,
            stream=True,
        )
        heard = b""
        for chunk in answer.iter_content(1024):
            heard += chunk
            if time.monotonic() > ends:
                raise requests.Timeout
            if len(heard) > ANSWER_BYTES:
                raise requests.exceptions.ContentDecodingError("the answer is larger than 64 KiB")
        return answer.status_code, heard
