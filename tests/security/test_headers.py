"""What every answer tells the browser: load nothing from elsewhere, guess no types, sit in no frame."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.security import addresses
from tests.security.permissions import expected
from wecomsite.guards import PROXY, client_address

pytestmark = pytest.mark.django_db

SOURCES = re.compile(r"https?://|(?<![\w'])\*|//\w")
FOREIGN = re.compile(r"""(?:src|href|action|poster)\s*=\s*["'](?:https?:)?//(?!testserver)[^"']*""")
LOADED = re.compile(r"<(?:script|link|img|iframe|video|form)\b[^>]*>")
INLINE = re.compile(
    r"<script(?![^>]*(?:\bsrc=|type=\"application/json\"))[^>]*>|\son\w+\s*=|<style(?![^>]*nonce)|\sstyle="
)
RELAXED = ("/admin/", "/api/docs/")
IN_A_PHONE = "/sandbox/phone/"  # the sandbox frames these, and nobody else
OF_ITS_OWN = ("/sandbox/article/", "/sandbox/media/")  # what members send to each other: a stricter policy still


def policy_of(answer: Any) -> dict[str, list[str]]:
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def every_answer() -> list[tuple[str, str, Any]]:
    """Who asked, where, and the answer to a GET at every address: an administrator who may everything, and members."""
    addresses.build_world()
    root = Client(headers={"accept-language": "en"})
    root.force_login(User.objects.create_superuser("root"), backend="django.contrib.auth.backends.ModelBackend")
    browsers = {"root": root, **addresses.members()}
    asked = [address for address in _every_address() if address != "/admin/logout/"]
    return [(who, address, client.get(address)) for who, client in browsers.items() for address in asked]


def _every_address() -> Iterator[str]:
    """One of each kind; of the members' pages all, as they differ with what became of an item or a request."""
    for pattern in dict.fromkeys(pattern for pattern, method in expected() if method == "GET"):
        yield from addresses.examples(pattern) if "<int:pk>" in pattern else [addresses.example(pattern)]


def test_every_answer_carries_the_headers_and_asks_no_other_host() -> None:
    wrong, seen, asked = [], set(), set()
    for who, address, answer in every_answer():
        asked.add(address)
        if not answer.headers.get("Location", "").startswith("/login/"):
            seen.add(address)
        policy = policy_of(answer)
        strict = not address.startswith(RELAXED)
        framed = ("'self'", "SAMEORIGIN") if address.startswith(IN_A_PHONE) else ("'none'", "DENY")
        held = {
            "nosniff": answer.headers.get("X-Content-Type-Options") == "nosniff",
            "referrer": answer.headers.get("Referrer-Policy") == "same-origin",
            "frames": policy.get("frame-ancestors") == [framed[0]] or address.startswith(OF_ITS_OWN),
            "x-frame": answer.headers.get("X-Frame-Options") == framed[1],
            "default": policy["default-src"] == ["'none'"],
            "opener": answer.headers.get("Cross-Origin-Opener-Policy") == "same-origin",
            "no other host": not any(SOURCES.search(source) for sources in policy.values() for source in sources),
            "no cors": "Access-Control-Allow-Origin" not in answer.headers,
            "no eval": not strict or "'unsafe-eval'" not in policy.get("script-src", []),
            "no inline script": "'unsafe-inline'" not in policy.get("script-src", []),
            "no inline style": not strict or "'unsafe-inline'" not in policy.get("style-src", []),
        }
        body = answer.content.decode(errors="replace") if "html" in answer.headers.get("Content-Type", "") else ""
        held["loads from here alone"] = not any(FOREIGN.search(tag) for tag in LOADED.findall(body))
        held["nothing inline"] = not strict or not INLINE.search(body)
        wrong += [f"{address} as {who}: {name}" for name, holds in held.items() if not holds]
    assert wrong == []
    assert asked - seen == set(), "nobody saw more of these than the way to the login"


@pytest.mark.parametrize("proxy", PROXY)
@pytest.mark.parametrize(
    ("forwarded", "expected_address"),
    [("203.0.113.9", "203.0.113.9"), ("10.9.9.9, 203.0.113.9", "203.0.113.9"), ("", "{proxy}"), (",", "{proxy}")],
)
def test_the_client_is_who_the_proxy_saw(rf: Any, proxy: str, forwarded: str, expected_address: str) -> None:
    request = rf.get("/", REMOTE_ADDR=proxy, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected_address.format(proxy=proxy)


def test_a_proxy_on_another_host_is_believed_where_it_is_named(rf: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.7"]
    request = rf.get("/", REMOTE_ADDR="10.0.0.7", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert client_address(request) == "203.0.113.9"


def test_a_stranger_cannot_choose_the_address_that_is_counted(rf: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR="10.0.0.1")
    assert client_address(request) == "203.0.113.9"
