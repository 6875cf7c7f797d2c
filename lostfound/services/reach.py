"""Decisions: whether a message with errcode 0 reached the one it was for, and whether that one still exists."""

from collections.abc import Iterable, Mapping
from typing import Any

# The member left, was deleted, or is outside the application's range: nothing will reach them any more.
# Source: https://developer.work.weixin.qq.com/document/path/90313
GONE = frozenset({40003, 46004, 60111, 81013})

_NOT_REACHED = ("invaliduser", "unlicenseduser")


def is_unreached(answer: Mapping[str, Any], member: str) -> bool:
    """Whether an answer with errcode 0 names the member among those who got nothing.

    WeCom writes the lists as `a|b` or as an array, the ids in lower case.
    Source: https://developer.work.weixin.qq.com/document/path/90236
    """
    return any(member.lower() in _members(answer.get(field)) for field in _NOT_REACHED)


def _members(value: object) -> set[str]:
    names: Iterable[object] = ()
    if isinstance(value, str):
        names = value.split("|")
    elif isinstance(value, list | tuple):
        names = value
    return {str(name).strip().lower() for name in names}
