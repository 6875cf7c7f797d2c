"""Callbacks that were damaged at random: nothing crashes, nothing unauthentic is kept, opened, or told apart.

FUZZ_CALLBACKS=100000 FUZZ_SEED=7 .venv/bin/pytest tests/badinput/test_fuzz.py       2,000 without; the seed is printed
"""

import os
import random
import re
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, quote

import pytest
from django.db import connection
from django.test import Client

from tests.badinput.wire import as_seen, ciphertext_of, signed
from tests.wecom.wire import URL, message
from wecom import crypto
from wecom.models import Callback

pytestmark = pytest.mark.django_db

COUNT = int(os.environ.get("FUZZ_CALLBACKS", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)

PIECES = (
    b"<!DOCTYPE x>",
    b"]]>",
    b"<![CDATA[",
    b"&#0;",
    b"&amp;",
    b"<Encrypt>",
    b"</Encrypt>",
    b"</xml>",
    b"<xml>",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<!--",
    b"-->",
    b"<?x?>",
    b"=",
    b"A" * 40,
    "字".encode(),
)
# What may stand within a text and is not of it: the parser passes it over, and so does the signature.
NO_TEXT = re.compile(rb"\]\]>|<!\[CDATA\[|<!--.*?-->|<\?x\?>", re.DOTALL)
SIGNS = ("&", "=", "%00", "%ff", "+", "%0a", "nonce=x", "timestamp=1", "msg_signature=", "[]", "é", "9" * 30)
KINDS = ("text/xml", "", "application/json", "multipart/form-data; boundary=x", "text/xml; charset=nonsense", "a/b; c")


@dataclass(frozen=True)
class Recorded:
    """One valid callback, as it went over the wire."""

    query: str
    body: bytes
    ciphertext: bytes

    @classmethod
    def of(cls, plain: bytes) -> "Recorded":
        ciphertext = ciphertext_of(plain)
        post = signed(ciphertext)
        query = "&".join(f"{name}={quote(value)}" for name, value in post.query.items())
        return cls(query, post.body, ciphertext.encode())

    def is_this(self, query: str, body: bytes) -> bool:
        """Whether everything that the signature covers is still there."""
        said = dict(parse_qsl(query))
        return said == said | dict(parse_qsl(self.query)) and self.ciphertext in NO_TEXT.sub(b"", body)


def damage(body: bytes, chance: random.Random, others: list[Recorded]) -> bytes:
    """The body with one to four accidents."""
    for _ in range(chance.randint(1, 4)):
        body = _accident(body, chance, chance.choice(others).body)
    return body


def _accident(body: bytes, chance: random.Random, other: bytes) -> bytes:
    start = chance.randrange(len(body) + 1)
    end = start + chance.choice((1, 1, 2, 8, 64, 700))
    match chance.choice(("replace", "cut", "insert", "repeat", "splice", "end", "nothing")):
        case "replace":
            return body[:start] + bytes([chance.randrange(256)]) + body[start + 1 :]
        case "cut":
            return body[:start] + body[end:]
        case "insert":
            return body[:start] + chance.choice(PIECES) + body[start:]
        case "repeat":
            return body[:end] + body[start:]
        case "splice":
            return body[:start] + other[start:]
        case "end":
            return body[:start]
    return body


def disturb(query: str, chance: random.Random, others: list[Recorded]) -> str:
    """The query as it is, in most cases; else damaged, or somebody else's."""
    if chance.random() < 0.6:
        return query
    place = chance.randrange(len(query))
    return chance.choice(
        (
            query[:place] + chance.choice("0123456789abcdef") + query[place + 1 :],
            query[:place] + chance.choice(SIGNS) + query[place:],
            query[:place] + query[place + 1 :],
            query[:place],
            "&".join(chance.sample(query.split("&"), 2)),
            query + "&" + chance.choice(SIGNS),
            chance.choice(others).query,
        )
    )


def test_damaged_callbacks_are_refused_alike_and_leave_nothing(client: Client) -> None:
    print(f"FUZZ_SEED={SEED} FUZZ_CALLBACKS={COUNT}")
    chance = random.Random(SEED)
    texts = [message(), message(TaskId="t-2"), message(MsgType="text", Content="你好" * 100, MsgId="1"), b"no xml"]
    recorded = [Recorded.of(text) for text in texts]
    refusals, kept, written = set(), set(), list[str]()

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        written.append(sql)
        return execute(sql, *rest)

    with patch.object(crypto, "decrypt", wraps=crypto.decrypt) as decrypt, connection.execute_wrapper(watch):
        for number in range(COUNT):
            origin = chance.choice(recorded)
            body, query = damage(origin.body, chance, recorded), disturb(origin.query, chance, recorded)
            method, kind = chance.choice(("POST",) * 9 + ("GET",)), chance.choice(KINDS)
            opened, statements = decrypt.call_count, len(written)
            answer = client.generic(method, URL, body, kind, QUERY_STRING=query)
            where = f"FUZZ_SEED={SEED}, callback {number}: {method} {query!r} {body!r} as {kind!r}"
            authentic = next((one for one in recorded if one.is_this(query, body)), None)
            assert answer.status_code in (200, 400, 403, 413), where
            if answer.status_code == 200:
                assert authentic, where
                kept.add(authentic)
            else:
                assert len(written) == statements, where
            assert decrypt.call_count == opened or authentic, where
            if answer.status_code == 403:
                refusals.add(as_seen(answer))
    assert len(refusals) == 1, f"FUZZ_SEED={SEED}"
    assert Callback.objects.count() == len(kept), f"FUZZ_SEED={SEED}"
    assert kept, "the damage left none whole: the test would see nothing"
