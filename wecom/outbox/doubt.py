"""Decisions: what is not known of tries, and whom an answer with errcode 0 leaves out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from wecom.models import Attempt, Outgoing

_PERHAPS = (Attempt.Outcome.OPEN, Attempt.Outcome.UNKNOWN)
_NOT_REACHED = ("invaliduser", "unlicenseduser")


def is_in_doubt(row: Outgoing, *, since: datetime | None = None) -> bool:
    """Whether a try of this row (from that moment on) may have arrived without our knowing."""
    if not row.attempts:
        return False
    tries = row.tries.filter(outcome__in=_PERHAPS)
    return (tries.filter(started_at__gte=since) if since else tries).exists()


def may_have_worked(kind: str, subject: object) -> bool:
    """Whether a try of such an effect was applied, may have been, or is under way."""
    return Attempt.objects.filter(
        outgoing__kind=kind, outgoing__subject=str(subject), outcome__in=(*_PERHAPS, Attempt.Outcome.APPLIED)
    ).exists()


def is_under_way(kind: str, subject: object) -> bool:
    """Whether a worker is at such an effect right now, or died at it and nobody has looked yet."""
    return Attempt.objects.filter(
        outgoing__kind=kind, outgoing__subject=str(subject), outcome=Attempt.Outcome.OPEN
    ).exists()


def unreached(answer: Mapping[str, Any]) -> frozenset[str]:
    """The members, in lower case, whom an answer names among those who got nothing.

    WeCom writes the lists as `a|b` or as an array, the ids in lower case.
    Source: https://developer.work.weixin.qq.com/document/path/90236
    """
    return frozenset(name for field in _NOT_REACHED for name in _members(answer.get(field)))


def _members(value: object) -> set[str]:
    names: Iterable[object] = ()
    if isinstance(value, str):
        names = value.split("|")
    elif isinstance(value, list | tuple):
        names = value
    return {str(name).strip().lower() for name in names} - {""}
