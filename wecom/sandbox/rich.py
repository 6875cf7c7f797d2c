"""Facts: the little markup that messages may carry, drawn as safe HTML: links in texts, markdown, a card's description.

Whatever is not known to be markup is text.
"""

import re
from collections.abc import Callable, Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r'<a\s+href="(?P<to>https?://[^"<>]*)"\s*>(?P<words>[^<]*)</a>|(?P<bare>https?://[^\s<>"]+)')
_INLINE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`"
    r"|\[(?P<words>[^\]\n]+)\]\((?P<to>https?://[^)\s]+)\)"
    r'|<font color="(?P<colour>info|comment|warning)">(?P<coloured>[^<]*)</font>|<@(?P<who>[^<>\s]+)>'
)
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_DIV = re.compile(r'<div class="(?P<manner>gray|normal|highlight)">(?P<words>.*?)</div>|(?P<line><br\s*/?>)', re.DOTALL)


def with_links(text: str) -> SafeString:
    """A text as the client shows it: anchors and addresses can be clicked, everything else is plain."""
    return _replaced(_LINK, text, lambda found: _anchor(found["to"] or found["bare"], found["words"]))


def markdown(text: str) -> SafeString:
    """What the client knows of markdown: headings, bold, links, inline code, quotes, three colours, mentions."""
    return format_html_join("", "{}", ((block,) for block in _blocks(text)))


def described(text: str) -> SafeString:
    """The description of a textcard: divs of three manners and line breaks."""
    return _replaced(_DIV, text, _div)


def _blocks(text: str) -> Iterator[SafeString]:
    for line in text.split("\n"):
        heading = _HEADING.fullmatch(line)
        if heading:
            yield format_html('<div class="md-h md-h{}">{}</div>', len(heading[1]), _inline(heading[2]))
        elif line.startswith(">"):
            yield format_html('<div class="md-quote">{}</div>', _inline(line[1:].strip()))
        elif line.strip():
            yield format_html('<div class="md-line">{}</div>', _inline(line))
        else:
            yield mark_safe('<div class="md-gap"></div>')


def _inline(text: str) -> SafeString:
    return _replaced(_INLINE, text, _span)


def _span(found: re.Match[str]) -> SafeString:
    if found["bold"]:
        return format_html("<b>{}</b>", found["bold"])
    if found["code"]:
        return format_html("<code>{}</code>", found["code"])
    if found["who"]:
        return format_html('<span class="md-who">@{}</span>', found["who"])
    if found["colour"]:
        return format_html('<span class="md-{}">{}</span>', found["colour"], found["coloured"])
    return _anchor(found["to"], found["words"])


def _div(found: re.Match[str]) -> SafeString:
    if found["line"]:
        return mark_safe("<br>")
    return format_html('<div class="tc-{}">{}</div>', found["manner"], described(found["words"]))


def _anchor(url: str, words: str | None) -> SafeString:
    return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', url, words or url)


def _replaced(pattern: re.Pattern[str], text: str, draw: Callable[[re.Match[str]], SafeString]) -> SafeString:
    """`text` escaped, except for what `draw` makes of each match."""
    parts: list[SafeString] = []
    last = 0
    for found in pattern.finditer(text):
        parts += [format_html("{}", text[last : found.start()]), draw(found)]
        last = found.end()
    parts.append(format_html("{}", text[last:]))
    return format_html_join("", "{}", ((part,) for part in parts))
