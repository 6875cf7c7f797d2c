"""Facts: cutting a text to a number of bytes so that what is left can be read."""

import unicodedata

ELLIPSIS = "…"
JOINER = "\u200d"


def cut_bytes(text: str, most: int = 2048) -> str:
    """At most so many bytes of UTF-8, ending with a whole character and, where something was cut, with `…`.

    Whole for the eye: accents, emoji of several parts and flags stay together or go together.
    """
    raw = text.encode()
    if len(raw) <= most:
        return text
    end = ELLIPSIS if most >= len(ELLIPSIS.encode()) else ""
    length = len(raw[: max(most - len(end.encode()), 0)].decode("utf-8", "ignore"))
    while length and _belongs_together(text, length):
        length -= 1
    return text[:length] + end


def _belongs_together(text: str, at: int) -> bool:
    """Whether the character at a place continues the one before it."""
    before, after = text[at - 1], text[at]
    if before == JOINER or after == JOINER or _is_mark(after):
        return True
    flags = at
    while flags and _is_half_a_flag(text[flags - 1]):
        flags -= 1
    return _is_half_a_flag(after) and (at - flags) % 2 == 1


def _is_mark(character: str) -> bool:
    """An accent, a variation selector, an enclosing sign, a colour of skin."""
    return unicodedata.category(character) in ("Mn", "Me") or "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_half_a_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
