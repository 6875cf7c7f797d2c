"""Door: a decrypted message as a table, for whoever must understand what came in.

Codes stay masked, and what members write to the application is nobody else's business: its length is shown.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from wecom.errors import PayloadMalformed
from wecom.fields import CannotOpen
from wecom.masking import hint
from wecom.models import Callback
from wecom.xml import parse_message

SECRET_TAGS = frozenset({"ResponseCode"})
WORDS_TAGS = frozenset({"Content", "Recognition"})
_BETWEEN_TAGS = re.compile(r"(<[^<>]{1,60}>)|[^<]+|<")
_SHOWN = 2000


def message_table(callback: Callback) -> SafeString:
    """Its fields in the order in which they came; the shape alone where it is no message."""
    try:
        plain = callback.plaintext
    except CannotOpen:
        return format_html("<p>{}</p>", _("None of the present keys opens this message."))
    if not plain:
        return format_html("<p>{}</p>", _("The message was purged."))
    try:
        root = parse_message(plain.encode("utf-8", "surrogateescape"))
    except PayloadMalformed:
        return format_html('<pre class="lf-raw">{}</pre>', _raw(plain))
    rows = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", list(_fields(root)))
    return format_html('<table class="lf-fields">{}</table>', rows)


def as_json(value: Any, summary: object) -> SafeString:
    """A JSON value to unfold and read; what must not be seen was masked when it was stored."""
    if not value:
        return SafeString("")
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return format_html(
        '<details class="lf-json"><summary>{}</summary><pre class="lf-raw">{}</pre></details>', summary, text
    )


def _raw(plain: str) -> str:
    """The shape of what could not be read: its tags, and how much stands between them."""
    shown = plain.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _BETWEEN_TAGS.sub(lambda found: found[1] or (_length(found[0]) if found[0].strip() else found[0]), shown)[
        :_SHOWN
    ]


def _length(text: str) -> str:
    return f"[{len(text)}]"


def _fields(element: Element, prefix: str = "") -> Iterator[tuple[str, str]]:
    for child in element:
        name = f"{prefix}{child.tag}"
        if len(child):
            yield from _fields(child, f"{name} › ")
        else:
            text = (child.text or "").strip()
            yield name, _shown(child.tag, text)


def _shown(tag: str, text: str) -> str:
    if tag in SECRET_TAGS:
        return hint(text)
    return _length(text) if tag in WORDS_TAGS else text[:_SHOWN]
