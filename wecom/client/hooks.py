"""Plumbing: telling somebody else's server, by a POST of JSON to an address from the settings."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from wecom.errors import TransportError

from .sessions import session
from .wire import JSON, checked, encode, read_body

PATIENCE = (3.0, 5.0)  # seconds to connect, and between two bytes
TOTAL, MOST = 15.0, 64 * 1024  # seconds for all of it; bytes of an answer
ROBOT = "/cgi-bin/webhook/send"


def post(url: str, body: Mapping[str, Any], *, words: str) -> None:
    """Post `body`; to the robot of a WeCom group, whose address is known by its path, the `words` as a text.

    Raises TransportError or ApiError where it was not taken; the address, which may hold a key, is in neither.
    Source: https://developer.work.weixin.qq.com/document/path/99110
    """
    to_robot = urlsplit(url).path == ROBOT
    content = encode({"msgtype": "text", "text": {"content": words}} if to_robot else body)
    give_up = time.monotonic() + TOTAL
    try:
        with (
            session() as own,
            own.post(
                url, data=content, headers={"Content-Type": JSON}, timeout=PATIENCE, allow_redirects=False, stream=True
            ) as answer,
        ):
            said = read_body(answer, give_up, most=MOST) if to_robot else b""  # else the status says it all
    except (requests.RequestException, urllib3.exceptions.HTTPError) as exc:
        raise TransportError(f"webhook: {type(exc).__name__}") from None
    if not 200 <= answer.status_code < 300:
        raise TransportError(f"webhook: HTTP {answer.status_code}")
    if to_robot:
        checked("webhook/send", said)
