"""Bytes become an envelope or a message, or are refused; nothing outside is ever touched."""

import builtins
import os
import socket
import time
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wecom import xml
from wecom.errors import EnvelopeMalformed, PayloadMalformed

from .vectors import each

GOOD = (
    b"<xml><ToUserName><![CDATA[ww5a6f0c1d2e3b4a59]]></ToUserName>"
    b"<AgentID><![CDATA[1000042]]></AgentID><Encrypt><![CDATA[c2VhbGVk]]></Encrypt></xml>"
)
EXPECTED = xml.Envelope(to_user_name="ww5a6f0c1d2e3b4a59", agent_id="1000042", encrypt="c2VhbGVk")
ENCRYPT = "<Encrypt>c2VhbGVk</Encrypt>"


def body(inside: str, prolog: str = "") -> bytes:
    return f"{prolog}<xml>{inside}</xml>".encode()


def laughs(levels: int) -> str:
    lines = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels)]
    return '<!DOCTYPE xml [<!ENTITY a0 "ha">' + "".join(lines) + "]>"


BOMBS = {
    "billion laughs": body(f"<A>&a9;</A>{ENCRYPT}", laughs(10)),
    "laughs inside Encrypt": body("<Encrypt>&a9;</Encrypt>", laughs(10)),
    "quadratic blowup": body(f"<A>{'&a;' * 1000}</A>{ENCRYPT}", f'<!DOCTYPE xml [<!ENTITY a "{"x" * 30_000}">]>'),
    "cyclic": body(f"<A>&a;</A>{ENCRYPT}", '<!DOCTYPE xml [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'),
    "external file": body(f"<A>&a;</A>{ENCRYPT}", '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    "external URL": body(f"<A>&a;</A>{ENCRYPT}", '<!DOCTYPE xml [<!ENTITY a SYSTEM "http://127.0.0.1:9/a">]>'),
    "public entity": body(f"<A>&a;</A>{ENCRYPT}", '<!DOCTYPE xml [<!ENTITY a PUBLIC "p" "http://127.0.0.1:9/a">]>'),
    "unparsed entity": body(
        ENCRYPT, '<!DOCTYPE xml [<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "file:///etc/passwd" NDATA n>]>'
    ),
    "parameter entity": body(ENCRYPT, '<!DOCTYPE xml [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a"> %a;]>'),
    "DTD only": body(ENCRYPT, "<!DOCTYPE xml []>"),
    "DTD with nothing in it": body(ENCRYPT, "<!DOCTYPE xml>"),
    "SYSTEM DTD": body(ENCRYPT, '<!DOCTYPE xml SYSTEM "file:///etc/passwd">'),
    "PUBLIC DTD": body(ENCRYPT, '<!DOCTYPE xml PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/x.dtd">'),
    "default attribute": body(ENCRYPT, '<!DOCTYPE xml [<!ATTLIST Encrypt a CDATA "x">]>'),
}

NOT_UTF_8 = {
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-16 declared": ('<?xml version="1.0" encoding="utf-16"?>' + GOOD.decode()).encode("utf-16"),
    "UTF-16 little endian without mark": GOOD.decode().encode("utf-16-le"),
    "UTF-16 big endian declared, without mark": ('<?xml version="1.0" encoding="utf-16"?>' + GOOD.decode()).encode(
        "utf-16-be"
    ),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "Latin-1": body(f"<A>é</A>{ENCRYPT}").decode().encode("latin-1"),
    "Latin-1 declared": ('<?xml version="1.0" encoding="iso-8859-1"?>' + body(f"<A>é</A>{ENCRYPT}").decode()).encode(
        "latin-1"
    ),
    "GBK declared": ('<?xml version="1.0" encoding="gbk"?>' + body(f"<A>雨伞</A>{ENCRYPT}").decode()).encode("gbk"),
    "overlong slash": body(f"<A>@</A>{ENCRYPT}").replace(b"@", b"\xc0\xaf"),
    "overlong NUL": body(f"<A>@</A>{ENCRYPT}").replace(b"@", b"\xc0\x80"),
    "encoded surrogate": body(f"<A>@</A>{ENCRYPT}").replace(b"@", b"\xed\xa0\x80"),
    "surrogate pair": body(f"<A>@</A>{ENCRYPT}").replace(b"@", b"\xed\xa0\xbd\xed\xb8\x80"),
    "beyond Unicode": body(f"<A>@</A>{ENCRYPT}").replace(b"@", b"\xf4\x90\x80\x80"),
    "cut in a character": body("<A>伞")[:-7],
    "two marks": b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD,
}

NO_XML = {
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "only a mark": b"\xef\xbb\xbf",
    "text": b"hello",
    "JSON": b'{"tousername": "ww", "encrypt": "c2VhbGVk"}',
    "HTML": b"<!doctype html><html><body><p>hi<br></body></html>",
    "form": b"Encrypt=c2VhbGVk",
    "PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "NUL after the root": GOOD + b"\x00",
    "NUL inside": GOOD.replace(b"c2Vh", b"c2\x00Vh"),
    "NUL before": b"\x00" + GOOD,
    "reference to NUL": body("<Encrypt>&#0;</Encrypt>"),
    "reference to a surrogate": body("<Encrypt>&#xD800;</Encrypt>"),
    "reference beyond Unicode": body("<Encrypt>&#x110000;</Encrypt>"),
    "control character": body("<Encrypt>\x01</Encrypt>"),
    "unknown entity": body(f"<A>&nbsp;</A>{ENCRYPT}"),
    "cut": GOOD[:-3],
    "two roots": GOOD + GOOD,
    "text after the root": GOOD + b"x",
    "declaration not first": b" <?xml version='1.0'?>" + GOOD,
    "same attribute twice": b"<xml a='1' a='2'><Encrypt>c2VhbGVk</Encrypt></xml>",
    "prefix out of nowhere": body(f"<a:b/>{ENCRYPT}"),
}

WRONG_SHAPE = {
    "another root": b"<root><Encrypt>c2VhbGVk</Encrypt></root>",
    "root in capitals": b"<XML><Encrypt>c2VhbGVk</Encrypt></XML>",
    "namespace on the root": b"<xml xmlns='urn:x'><Encrypt>c2VhbGVk</Encrypt></xml>",
    "prefixed root": b"<a:xml xmlns:a='urn:x'><Encrypt>c2VhbGVk</Encrypt></a:xml>",
    "Encrypt is the root": b"<Encrypt>c2VhbGVk</Encrypt>",
    "no Encrypt": body("<ToUserName>ww</ToUserName>"),
    "empty Encrypt": body("<Encrypt/>"),
    "empty CDATA": body("<Encrypt><![CDATA[]]></Encrypt>"),
    "blank Encrypt": body("<Encrypt> \n </Encrypt>"),
    "lower case": body("<encrypt>c2VhbGVk</encrypt>"),
    "upper case": body("<ENCRYPT>c2VhbGVk</ENCRYPT>"),
    "nested deeper": body(f"<A>{ENCRYPT}</A>"),
    "in another namespace": body("<Encrypt xmlns='urn:x'>c2VhbGVk</Encrypt>"),
    "as an attribute": b"<xml Encrypt='c2VhbGVk'/>",
    "twice": body(ENCRYPT + ENCRYPT),
    "twice, one empty": body(ENCRYPT + "<Encrypt/>"),
    "with elements inside": body("<Encrypt>c2Vh<b/>bGVk</Encrypt>"),
    "ToUserName twice": body(f"<ToUserName>a</ToUserName><ToUserName>b</ToUserName>{ENCRYPT}"),
    "AgentID twice": body(f"<AgentID>1</AgentID>{ENCRYPT}<AgentID>2</AgentID>"),
}


PIECES = [
    *("<xml>", "</xml>", "<Encrypt>", "</Encrypt>", "<ToUserName/>", "<a:b>", "</a:b>", "<![CDATA[", "]]>"),
    *("<!DOCTYPE x>", "<!--", "-->", "<?x", "?>", "&amp;", "&#0;", "text", " ", "\ufeff", "\x00", "\ud800"),
]


def cases(*groups: dict[str, bytes]) -> pytest.MarkDecorator:
    params = [pytest.param(data, id=name) for group in groups for name, data in group.items()]
    return pytest.mark.parametrize("data", params)


@pytest.fixture
def _nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and the network are out of reach."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError(f"touched something outside: {args}")

    for owner, name in [(builtins, "open"), (os, "open"), (socket, "socket"), (socket, "getaddrinfo")]:
        monkeypatch.setattr(owner, name, refuse)


@cases(NOT_UTF_8, NO_XML, WRONG_SHAPE)
def test_a_body_that_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeMalformed):
        xml.parse_envelope(data)


@cases(NOT_UTF_8, NO_XML, {name: WRONG_SHAPE[name] for name in list(WRONG_SHAPE)[:4]})
def test_a_plaintext_that_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(PayloadMalformed):
        xml.parse_message(data)


@pytest.mark.usefixtures("_nothing_outside")
@cases(BOMBS)
def test_a_bomb_is_refused_at_once_and_touches_nothing(data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(EnvelopeMalformed):
        xml.parse_envelope(data)
    with pytest.raises(PayloadMalformed):
        xml.parse_message(data)
    assert time.process_time() - started < 0.05


@each("envelope_negative")
def test_the_shared_broken_bodies_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeMalformed) as caught:
        xml.parse_envelope(vector["body"].encode())
    assert caught.value.official_code == vector["official_code"]


@cases(
    {
        "as documented": GOOD,
        "UTF-8 mark": b"\xef\xbb\xbf" + GOOD,
        "declared": b'<?xml version="1.0" encoding="UTF-8"?>\n' + GOOD,
        "declared as GBK, which it is not": b'<?xml version="1.0" encoding="gbk"?>' + GOOD,
        "declared as something unheard of": b'<?xml version="1.0" encoding="x-none"?>' + GOOD,
        "blanks around the text": GOOD.replace(b"<![CDATA[c2VhbGVk]]>", b"\r\n\t <![CDATA[c2VhbGVk]]> \n"),
        "no CDATA": GOOD.replace(b"<![CDATA[", b"").replace(b"]]>", b""),
        "pretty": GOOD.replace(b"><", b">\n  <"),
        "comment": GOOD.replace(b"<xml>", b"<!-- a --><xml><!-- <Encrypt>x</Encrypt> -->"),
        "instruction": GOOD.replace(b"<xml>", b'<?xml-stylesheet href="file:///etc/passwd"?><xml><?php x ?>'),
        "XInclude": GOOD.replace(
            b"<xml>", b'<xml xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/passwd"/>'
        ),
        "foreign Encrypt": GOOD.replace(b"<xml>", b"<xml><encrypt>x</encrypt><a:Encrypt xmlns:a='urn:x'>y</a:Encrypt>"),
        "attributes": GOOD.replace(b"<xml>", b"<xml a='1'>").replace(b"<Encrypt>", b"<Encrypt b='2'>"),
        "500 unknown elements": GOOD.replace(b"<xml>", b"<xml>" + b"<New>1<a/></New>" * 500),
    }
)
@pytest.mark.usefixtures("_nothing_outside")
def test_an_envelope_is_read_in_every_honest_spelling(data: bytes) -> None:
    assert xml.parse_envelope(data) == EXPECTED


def test_only_encrypt_is_compulsory() -> None:
    assert xml.parse_envelope(body(ENCRYPT)) == xml.Envelope(to_user_name="", agent_id="", encrypt="c2VhbGVk")


def test_blanks_that_xml_does_not_know_are_left_to_the_decoder() -> None:
    assert xml.parse_envelope(body("<Encrypt>\u3000c2Vh bGVk\u00a0</Encrypt>")).encrypt == "\u3000c2Vh bGVk\u00a0"


@pytest.mark.parametrize("depth", [1000, 9000])
def test_depth_does_no_harm(depth: int) -> None:
    deep = "<a>" * depth + "</a>" * depth
    assert xml.parse_envelope(body(deep + ENCRYPT)).encrypt == "c2VhbGVk"
    with pytest.raises(EnvelopeMalformed):
        xml.parse_envelope(b"<xml>" + b"<a>" * depth)


def test_an_element_of_a_message_is_read_as_sent() -> None:
    root = xml.parse_message(body("<A> 伞 &lt;b&gt; </A><B/><C><![CDATA[ <x> ]]></C>"))
    assert [xml.text_of(root, tag) for tag in "ABCD"] == [" 伞 <b> ", "", " <x> ", ""]


def test_an_element_that_can_be_read_in_two_ways_is_refused() -> None:
    root = xml.parse_message(body("<A>1</A><A>2</A><B>3<c/>4</B>"))
    for tag in "AB":
        with pytest.raises(PayloadMalformed):
            xml.text_of(root, tag)


def test_the_envelope_we_build_is_the_one_wecom_sends() -> None:
    assert xml.build_envelope(to_user_name="ww5a6f0c1d2e3b4a59", agent_id="1000042", encrypt="c2VhbGVk") == GOOD


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff")))
def test_any_printable_text_survives_an_element(text: str) -> None:
    root = xml.parse_message(body(xml.element("A", text)))
    assert xml.text_of(root, "A") == text


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_refused(data: bytes) -> None:
    assert envelope_or_refused(data)


@given(st.integers(0, len(GOOD)), st.integers(0, 20), st.binary(max_size=20))
def test_any_damage_to_an_envelope_is_survived(start: int, length: int, patch: bytes) -> None:
    assert envelope_or_refused(GOOD[:start] + patch + GOOD[start + length :])


@given(st.lists(st.sampled_from(PIECES)))
def test_any_heap_of_xml_pieces_is_survived(pieces: list[str]) -> None:
    assert envelope_or_refused("".join(pieces).encode("utf-8", "surrogatepass"))


def envelope_or_refused(data: bytes) -> bool:
    """True if it ended in one of the two ways; anything else that is raised fails the test."""
    try:
        return bool(xml.parse_envelope(data).encrypt)
    except EnvelopeMalformed:
        return True
