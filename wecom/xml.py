"""Facts: the XML of the wire. Bytes from outside become a tree here, or one of our errors, and nothing else.

Judged by the bytes: only UTF-8 is read, whatever a header or the XML declaration says. No DTD, no entity and no
reference to anything outside is ever followed.
Source: https://developer.work.weixin.qq.com/document/path/90968
"""

import html
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

from defusedxml import ElementTree as Defused

from .errors import EnvelopeMalformed, PayloadMalformed, WeComError

ROOT = "xml"
BLANKS = " \t\r\n"  # what XML calls white space; Python would strip more


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around a ciphertext. Only `encrypt` is signed; believe the other two from inside alone.

    to_user_name, agent_id  "" where absent
    """

    to_user_name: str
    agent_id: str
    encrypt: str


def parse_envelope(body: bytes) -> Envelope:
    """The body of a callback; raises EnvelopeMalformed. Elements we do not know are ignored."""
    root = _parse(body, EnvelopeMalformed)
    to_user_name, agent_id, encrypt = (
        _only_text(root, tag, EnvelopeMalformed).strip(BLANKS) for tag in ("ToUserName", "AgentID", "Encrypt")
    )
    if not encrypt:
        raise EnvelopeMalformed("no Encrypt")
    return Envelope(to_user_name=to_user_name, agent_id=agent_id, encrypt=encrypt)


def parse_message(plain: bytes) -> Element:
    """The decrypted text as a tree whose root is `xml`; raises PayloadMalformed."""
    return _parse(plain, PayloadMalformed)


def text_of(parent: Element, tag: str) -> str:
    """What stands in the one child called `tag`, as sent; "" where absent or empty.

    Two of them, or elements inside, could be read in two ways: raises PayloadMalformed.
    """
    return _only_text(parent, tag, PayloadMalformed)


def build_envelope(*, to_user_name: str, agent_id: str, encrypt: str) -> bytes:
    """The body WeCom would send, for tools and tests that play its part."""
    inside = element("ToUserName", to_user_name) + element("AgentID", agent_id) + element("Encrypt", encrypt)
    return f"<xml>{inside}</xml>".encode()


def build_reply_envelope(*, encrypt: str, signature: str, timestamp: str, nonce: str) -> bytes:
    """The body of an answer that says something."""
    lines = (
        "<xml>",
        element("Encrypt", encrypt),
        element("MsgSignature", signature),
        f"<TimeStamp>{html.escape(timestamp)}</TimeStamp>",
        element("Nonce", nonce),
        "</xml>",
    )
    return "\n".join(lines).encode()


def element(tag: str, text: str) -> str:
    """`<tag><![CDATA[text]]></tag>`, for any text that XML can carry at all."""
    return f"<{tag}><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></{tag}>"


def _parse(data: bytes, error: type[WeComError]) -> Element:
    if b"\0" in data:  # never legal, but from its place the parser would guess UTF-16
        raise error("a NUL is not XML")
    try:
        root = _tree(data.decode("utf-8"))  # as text: for bytes the parser would believe the declared encoding
    except (ParseError, ValueError) as exc:  # ValueError: not UTF-8, or refused by defusedxml
        raise error(f"not XML that we read: {type(exc).__name__}") from exc
    if root.tag != ROOT:
        raise error("the root element is not <xml>")
    return root


def _tree(text: str) -> Element:
    """The parser in C where no DTD can be: nothing can then declare or fetch an entity. Else defusedxml, which decides
    whether these letters are one, or words of a member; it is several times slower.
    """
    if "<!DOCTYPE" not in text:
        return fromstring(text)  # noqa: S314  # nosec B314
    root: Element = Defused.fromstring(text, forbid_dtd=True)
    return root


def _only_text(parent: Element, tag: str, error: type[WeComError]) -> str:
    found = parent.findall(tag)
    if not found:
        return ""
    if len(found) > 1 or len(found[0]):
        raise error(f"{tag} stands there twice, or is no plain text")
    return found[0].text or ""
