"""Plumbing: what may be shown of a request, an answer or an error. Used for stored attempts and for log lines."""

import re
from collections.abc import Iterable
from typing import Any

_SECRET_KEYS = frozenset({"access_token", "corpsecret", "response_code", "code", "user_ticket", "ticket"})
_IN_URL = re.compile(r"(?i)\b(access_token|corpsecret|code|key)=[^&\s\"']+")


def mask(value: Any, *, private: Iterable[str] = ()) -> Any:
    """A copy of a JSON value in which secrets and the given private strings are unreadable.

    `private` holds what only the caller knows to be private: a phone number inside a text, a code.
    """
    return _mask(value, list(private))


def mask_text(text: str, *, private: Iterable[str] = ()) -> str:
    """The same for one line of text, such as an exception's message with a URL in it."""
    for hidden in sorted(filter(None, private), key=len, reverse=True):  # one may be a part of another
        text = text.replace(hidden, hint(hidden))
    return _IN_URL.sub(r"\1=***", text)


def hint(secret: str) -> str:
    """Enough of a secret to tell two apart, never enough to use one: at most its last two characters."""
    return "***" + secret[-2:] if len(secret) > 6 else "***"


def _mask(value: Any, private: list[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: hint(item) if key in _SECRET_KEYS and isinstance(item, str) else _mask(item, private)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_mask(item, private) for item in value]
    return mask_text(value, private=private) if isinstance(value, str) else value


def sort_of(exc: BaseException) -> str:
    """What sort of error it is, and what it comes from: classes alone, its words may hold values."""
    cause = exc.__cause__
    return f"{type(exc).__name__} ({type(cause).__name__})" if cause else type(exc).__name__
