"""faults.md 4.1 and 4.2 at the door: each row is one bad request, and what the door must say.

A row is: its id, what is wrong, how a valid callback is changed to that, the status. What tests/wecom/test_xml.py and
test_crypto.py hold for the parser and the decryptor alone is sampled here from outside; rows that depend on the
server stand in test_server_rows.py.
"""

import base64
import time
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client

from tests.badinput.wire import (
    Change,
    Post,
    as_seen,
    body,
    ciphertext,
    ciphertext_of,
    frame,
    inside,
    kind,
    path,
    query,
    sealed,
    signed,
)
from tests.wecom.wire import URL
from wecom import crypto, views
from wecom.models import Callback

pytestmark = pytest.mark.django_db

OTHER = "wwsomebodyelse"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
CYCLE = b'<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]><xml><Encrypt>&a;</Encrypt></xml>'
FILE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'
ABROAD = b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://203.0.113.1/x">]><xml><Encrypt>&a;</Encrypt></xml>'
PARAMETER = b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://203.0.113.1/x.dtd"> %a;]><xml><Encrypt>x</Encrypt></xml>'
XINCLUDE = b'<xml xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></xml>'


def utf16(text: bytes) -> bytes:
    return text.decode().encode("utf-16")


def with_length(count: int) -> bytes:
    """A frame that claims `count` bytes of message."""
    rest = b"<xml></xml>" + b"wwcorp"
    inner = b"r" * 16 + count.to_bytes(4, "big") + rest
    pad = 32 - len(inner) % 32
    return inner + bytes([pad]) * pad


def padded(last: int, *, honest: int | None = None) -> bytes:
    """A frame of 64 bytes whose last byte is `last`; `honest`: so many bytes of padding really have that value."""
    inner = bytearray(b"r" * 16 + (10).to_bytes(4, "big") + b"x" * 44)
    if honest:
        inner[-honest:] = bytes([last]) * honest
    inner[-1] = last
    return bytes(inner)


ROWS: list[tuple[str, str, Change, int]] = [
    # --- parameters
    ("V2", "no signature", query(msg_signature=None), 400),
    ("V2", "no timestamp", query(timestamp=None), 400),
    ("V2", "no nonce", query(nonce=None), 400),
    ("V5", "signature empty", query(msg_signature=""), 403),
    ("V5", "signature of one character", query(msg_signature="0"), 403),
    ("V5", "signature not ASCII", query(msg_signature="é" * 40), 403),
    ("V5", "signature in capitals", lambda p: query(msg_signature=p.query["msg_signature"].upper())(p), 403),
    ("V5", "signature of 400 characters", query(msg_signature="0" * 400), 403),
    ("V7", "nonce of 65 characters", query(nonce="n" * 65), 400),
    ("V7", "nonce with NUL", query(nonce="a\0b"), 400),
    ("V7", "nonce with a line break", query(nonce="a\nb"), 400),
    ("V7", "timestamp with a sign", query(timestamp="-1"), 400),
    ("V7", "timestamp of Arabic digits", query(timestamp="١٢٣"), 400),
    ("V7", "timestamp of 13 digits", query(timestamp="1" * 13), 400),
    ("V7", "timestamp in words", query(timestamp="now"), 400),
    # --- the body
    ("P1", "no body", body(b""), 400),
    ("P1", "blanks", body(b"  \r\n\t "), 400),
    ("P2", "64 KiB and 1", body(lambda b: b + b" " * (64 * 1024 + 1 - len(b))), 413),
    ("P2", "64 KiB exactly", body(lambda b: b + b" " * (64 * 1024 - len(b))), 200),
    ("P2", "10 MB", body(b"x" * 10_000_000), 413),
    ("P4", "called JSON", kind("application/json"), 200),
    ("P4", "called a form", kind("application/x-www-form-urlencoded"), 200),
    ("P4", "called multipart", kind("multipart/form-data; boundary=x"), 200),
    ("P4", "called multipart without a boundary", kind("multipart/form-data"), 200),
    ("P4", "called GBK", kind("text/xml; charset=gbk"), 200),
    ("P4", "called nothing", kind(""), 200),
    ("P4", "called nonsense", kind("\\;;=,"), 200),
    ("P6", "UTF-8 with a byte order mark", body(lambda b: b"\xef\xbb\xbf" + b), 200),
    ("P6", "UTF-16", body(utf16), 400),
    ("P6", "UTF-16, declared", body(lambda b: utf16(b'<?xml version="1.0" encoding="utf-16"?>' + b)), 400),
    ("P6", "UTF-8 declared as UTF-16", body(lambda b: b'<?xml version="1.0" encoding="utf-16"?>' + b), 200),
    ("P6", "Latin-1", body(lambda b: b.replace(b"<xml>", "<xml><A>é</A>".encode("latin-1"))), 400),
    ("P6", "overlong UTF-8", body(lambda b: b.replace(b"<xml>", b"<xml><A>\xc0\xbc</A>")), 400),
    ("P6", "an encoded surrogate", body(lambda b: b.replace(b"<xml>", b"<xml><A>\xed\xa0\x80</A>")), 400),
    ("P8", "billion laughs", body(BOMB), 400),
    ("P8", "entities in a circle", body(CYCLE), 400),
    ("P8", "an entity from a file", body(FILE), 400),
    ("P8", "an entity from abroad", body(ABROAD), 400),
    ("P8", "a parameter entity", body(PARAMETER), 400),
    ("P8", "a DTD alone before a valid body", body(lambda b: b"<!DOCTYPE xml>" + b), 400),
    ("P8", "a DTD elsewhere", body(lambda b: b'<!DOCTYPE xml SYSTEM "http://203.0.113.1/x.dtd">' + b), 400),
    ("P9", "XInclude instead of Encrypt", body(XINCLUDE), 400),
    ("P9", "a stylesheet", body(lambda b: b'<?xml-stylesheet href="http://203.0.113.1/x.xsl"?>' + b), 200),
    ("P11", "JSON", body(b'{"Encrypt": "x"}'), 400),
    ("P11", "HTML", body(b"<!doctype html><html><body>x</body></html>"), 400),
    ("P11", "a PNG", body(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), 400),
    ("P11", "NUL bytes", body(b"\0" * 100), 400),
    ("P11", "NUL within", body(lambda b: b.replace(b"<Encrypt>", b"<Encrypt>\0")), 400),
    ("P11", "&#0;", body(b"<xml><Encrypt>&#0;</Encrypt></xml>"), 400),
    ("P11", "&#xD800;", body(b"<xml><Encrypt>&#xD800;</Encrypt></xml>"), 400),
    ("P11", "cut short", body(lambda b: b[:-3]), 400),
    ("P11", "something behind it", body(lambda b: b + b"<xml></xml>"), 400),
    ("P12", "another root", body(lambda b: b.replace(b"xml>", b"XML>")), 400),
    ("P12", "a namespace on the root", body(lambda b: b.replace(b"<xml>", b'<xml xmlns="urn:x">')), 400),
    ("P12", "no Encrypt", body(b"<xml><ToUserName>x</ToUserName></xml>"), 400),
    ("P12", "Encrypt empty", body(b"<xml><Encrypt></Encrypt></xml>"), 400),
    ("P12", "Encrypt deeper", body(lambda b: b.replace(b"<xml>", b"<xml><a>").replace(b"</xml>", b"</a></xml>")), 400),
    ("P12", "encrypt", body(lambda b: b.replace(b"Encrypt>", b"encrypt>")), 400),
    ("P13", "Encrypt twice", body(lambda b: b.replace(b"</xml>", b"<Encrypt>AAAA</Encrypt></xml>")), 400),
    # --- the ciphertext, signed right
    ("P15", "a blank", ciphertext(lambda t: t[:8] + " " + t[8:]), 403),
    ("P15", "a line break", ciphertext(lambda t: t[:8] + "\n" + t[8:]), 403),
    ("P15", "the alphabet for addresses", ciphertext(lambda t: "-_" + t[2:]), 403),
    ("P15", "!", ciphertext(lambda t: "!" + t[1:]), 403),
    ("P15", "no padding", lambda p: signed(frame(b"x" * 16).rstrip("=")), 403),
    ("P15", "padding in the middle", ciphertext(lambda t: t[:8] + "==" + t[10:]), 403),
    ("P15", "loose last bits", lambda p: signed(frame(b"x" * 16)[:-3] + "x=="), 403),
    ("P15", "not ASCII", ciphertext(lambda t: "é" + t[1:]), 403),
    *(
        ("P16", f"{n} bytes", lambda p, n=n: signed(base64.b64encode(b"x" * n).decode()), 403)
        for n in (1, 15, 16, 31, 33)
    ),
    *(("P19", f"padding byte {last}", inside(padded(last)), 403) for last in (0, 33, 64, 255)),
    ("P19", "only the last padding byte right", inside(padded(20)), 403),
    ("P19", "padding into the head", inside(padded(32, honest=32) + bytes([32]) * 32), 403),
    *(("P20", f"length {n}", inside(with_length(n)), 403) for n in (0, 12, 17, 18, 2**31, 2**32 - 1)),
    ("P21", "another company", sealed(receive_id=OTHER), 403),
    ("P21", "no company", sealed(receive_id=""), 403),
    # --- the signature
    ("P24", "the signature of a GET, the body swapped", lambda p: signed("echo", body=p.body), 403),
    ("P24", "a signature of other query values", query(nonce="other"), 403),
    ("P24", "a signature of another second", query(timestamp=str(int(time.time()) - 5)), 403),
    # --- the address
    ("P27", "no final slash", path("/wecom/callback"), 200),
    ("P27", "two slashes", path("/wecom//callback/"), 404),
    ("P27", "two final slashes", path("/wecom/callback//"), 404),
    ("P27", "capitals", path("/WECOM/callback/"), 404),
    ("P27", "up and down again", path("/wecom/x/../callback/"), 404),
    ("P27", "an app that is none", path("/wecom/callback/nobody/"), 404),
    ("P27", "something behind it", path("/wecom/callback/default/x"), 404),
]


def valid() -> Post:
    return signed(ciphertext_of())


def named(row: tuple) -> Any:
    return pytest.param(*row[2:], id=f"{row[0]}: {row[1]}")


@pytest.mark.parametrize(("change", "status"), [named(row) for row in ROWS])
def test_a_bad_callback_gets_its_status_and_leaves_nothing(client: Client, change: Change, status: int) -> None:
    post, started = change(valid()), time.monotonic()
    with patch.object(crypto, "decrypt", wraps=crypto.decrypt) as decrypt:
        answer = post.send(client)
    assert answer.status_code == status
    assert Callback.objects.count() == (status == 200)
    assert decrypt.call_count <= (status in (200, 403))
    assert status != 403 or answer.content == b"forbidden"
    assert "Location" not in answer.headers
    assert time.monotonic() - started < 2  # far above any honest time, far below a bomb


def test_every_403_is_the_same_to_the_byte(client: Client) -> None:
    answers = [change(valid()).send(client) for _, _, change, status in ROWS if status == 403]
    assert len(set(map(as_seen, answers))) == 1


@pytest.mark.parametrize("receive_id", ["prefix", "suffix", "capitals", "NUL"])
def test_p21_a_receiver_that_only_looks_like_ours(client: Client, receive_id: str) -> None:
    from wecom import conf

    corp = conf.app().corp_id
    looks = {"prefix": corp[:-1], "suffix": corp + "x", "capitals": corp.upper(), "NUL": corp + "\0"}
    assert sealed(receive_id=looks[receive_id])(valid()).send(client).status_code == 403


def test_p17_any_flipped_bit_of_the_ciphertext_is_refused_without_decrypting(client: Client) -> None:
    post = valid()
    start = post.body.index(b"CDATA[") + 6
    with patch.object(crypto, "decrypt", wraps=crypto.decrypt) as decrypt:
        for place in range(start, post.body.index(b"]]>"), 7):
            for bit in (0, 1, 5):
                damaged = bytearray(post.body)
                damaged[place] ^= 1 << bit
                answer = body(bytes(damaged))(post).send(client)
                assert answer.status_code in (400, 403), (place, bit)
    assert decrypt.call_count == 0
    assert not Callback.objects.exists()


def test_p17_a_flipped_bit_under_a_right_signature_is_refused_or_another_message(client: Client) -> None:
    """CBC has no seal of its own: what a holder of the token changes may still be a message, and is kept as that."""
    raw = base64.b64decode(ciphertext_of())
    for place in range(0, len(raw), 9):
        damaged = bytearray(raw)
        damaged[place] ^= 4
        assert signed(base64.b64encode(bytes(damaged)).decode()).send(client).status_code in (200, 403)


def test_p30_a_flood_of_bad_signatures_costs_no_query_and_few_log_lines(
    client: Client,
    caplog: pytest.LogCaptureFixture,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "_refusals", views._Refusals())  # other tests have caused their lines already
    bad = query(msg_signature="0" * 40)(valid())
    with django_assert_num_queries(0):
        assert {bad.send(client).status_code for _ in range(300)} == {403}
    assert valid().send(client).status_code == 200
    lines = [record for record in caplog.records if "rejected" in record.message]
    assert len(lines) == views.LINES


RAW_QUERIES = [
    ("V7", "%ff%fe as nonce", "msg_signature=0&timestamp=1&nonce=%ff%fe", 400),
    ("V7", "+ as nonce", "msg_signature=0&timestamp=1&nonce=+", 403),
    ("V2", "the names in capitals", "MSG_SIGNATURE=0&TIMESTAMP=1&NONCE=1", 400),
    ("V2", "brackets", "msg_signature[]=0&timestamp[]=1&nonce[]=1", 400),
    ("V2", "nothing but separators", "&&&;;;===", 400),
    ("V2", "1,001 parameters", "&".join(f"a{n}=1" for n in range(1001)), 400),
    ("V2", "64 KB of one", "nonce=" + "n" * 65_000, 400),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("raw", "status"), [named(row) for row in RAW_QUERIES])
def test_a_query_that_wecom_never_sends(client: Client, method: str, raw: str, status: int) -> None:
    data = b"" if method == "GET" else valid().body
    answer = client.generic(method, URL, data, "text/xml", QUERY_STRING=raw + ("&echostr=x" if method == "GET" else ""))
    assert answer.status_code == status
    assert not Callback.objects.exists()


@pytest.mark.parametrize(("raw", "status", "kept"), [("nonce=other&{}", 200, 1), ("{}&nonce=other", 403, 0)])
def test_of_a_parameter_twice_the_last_counts_and_must_fit(client: Client, raw: str, status: int, kept: int) -> None:
    post = valid()
    raw = raw.format("&".join(f"{name}={value}" for name, value in post.query.items()))
    assert client.generic("POST", URL, post.body, "text/xml", QUERY_STRING=raw).status_code == status
    assert Callback.objects.count() == kept


def test_nothing_is_written_by_any_refusal(client: Client) -> None:
    statements: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for _, _, change, status in ROWS:
            if status != 200:
                change(valid()).send(client)
    assert statements == []
    assert valid().send(client).status_code == 200
    assert Callback.objects.count() == 1  # and a valid one is kept
