"""Plumbing: how fast we may call, and when not at all; kept in the database, so that all workers share it.

A limit is a bucket that drains at a fixed pace: each call moves `busy_until` on by `cost`, and may pass while
`busy_until` is no further ahead than `burst` calls. In any window W at most burst + W / cost calls pass:

    per member  burst 10, then 890 an hour     24 in any minute, 900 in any hour    (WeCom drops above 30 and 1,000)
    per API     burst 1,000, one per 12 ms     6,000 in any minute             (WeCom refuses above 10,000)

Source: https://developer.work.weixin.qq.com/document/path/90454
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from . import leases
from .models import Bucket

BREAKER_AFTER = 5
BREAKER_REST = timedelta(seconds=60)
PROBE_EVERY = timedelta(minutes=10)
# No closed app, and no closed API or full bucket, lies further ahead, unless a clock was ahead that has been set back.
APP_CLOSED, FULL = PROBE_EVERY + leases.SKEW, BREAKER_REST + leases.SKEW


@dataclass(frozen=True, slots=True)
class Pace:
    burst: int
    cost: timedelta


MEMBER = Pace(burst=10, cost=timedelta(hours=1) / 890)
API = Pace(burst=1000, cost=timedelta(milliseconds=12))


class Held(Exception):
    """Not now: come back at `until`. Nothing was used up that matters."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(why)
        self.until, self.why = until, why


def app_name(app: str) -> str:
    return f"app:{app}"


def api_name(app: str, path: str) -> str:
    return f"api:{app}:{path}"


def member_name(app: str, userid: str) -> str:
    return f"member:{app}:{userid.lower()}"


def admit(app: str, path: str, members: Iterable[str]) -> None:
    """Let one call pass, or raise Held. Call it inside a transaction: a Held call then uses up nothing."""
    now = timezone.now()
    paces = {api_name(app, path): API} | {member_name(app, userid): MEMBER for userid in members}
    known = Bucket.objects.in_bulk([app_name(app), *paces])
    for name in (app_name(app), api_name(app, path)):
        if name in known:
            _admit_past_closure(known[name], now)
    _make(name for name in paces if name not in known)
    for name, pace in paces.items():
        _use(name, pace, now)


def close(name: str, rest: timedelta, why: str) -> None:
    """Let nothing pass for `rest`; after it one call goes ahead as a probe while the others go on waiting."""
    _make([name])
    Bucket.objects.filter(pk=name).update(closed_until=timezone.now() + rest, reason=why)


def answered(app: str, path: str) -> None:
    """WeCom answered, so app and API are in order: open again what a probe was sent through."""
    names = [app_name(app), api_name(app, path)]
    shut = Bucket.objects.filter(Q(closed_until__isnull=False) | Q(unknowns__gt=0), pk__in=names)
    if shut.exists():
        shut.update(closed_until=None, unknowns=0, reason="")


def unanswered(app: str, path: str) -> bool:
    """Count a call without an answer; True where this one opened the breaker: the API rests for a minute."""
    name = api_name(app, path)
    _make([name])
    Bucket.objects.filter(pk=name).update(unknowns=F("unknowns") + 1)
    if not Bucket.objects.filter(pk=name, unknowns__gte=BREAKER_AFTER).update(unknowns=0):
        return False
    close(name, BREAKER_REST, f"{BREAKER_AFTER} calls in a row without an answer")
    return True


def _admit_past_closure(bucket: Bucket, now: datetime) -> None:
    if bucket.closed_until is None:
        return
    most = APP_CLOSED if bucket.name.startswith("app:") else FULL
    over = Q(closed_until__lte=now) | Q(closed_until__gt=now + most)
    probing = Bucket.objects.filter(over, pk=bucket.pk, closed_until=bucket.closed_until)
    if not probing.update(closed_until=now + BREAKER_REST):
        raise Held(max(_sane(bucket.closed_until, now, most=most), now + timedelta(seconds=1)), bucket.reason)


def _use(name: str, pace: Pace, now: datetime) -> None:
    bucket, ahead = Bucket.objects.filter(pk=name), pace.cost * (pace.burst - 1)
    moved_on = Greatest("busy_until", Value(now)) + pace.cost
    if not bucket.filter(busy_until__lte=now + ahead).update(busy_until=moved_on):
        busy_until = bucket.get().busy_until
        if busy_until > now + FULL and bucket.filter(busy_until=busy_until).update(busy_until=now + pace.cost):
            return
        wait_until = _sane(busy_until, now, most=FULL) - ahead
        raise Held(max(wait_until, now + pace.cost / 4), f"the limit per {name.split(':')[0]}")


def _sane(until: datetime, now: datetime, *, most: timedelta) -> datetime:
    """What was written by a clock that was ahead, and has just been put right by another, holds nobody."""
    return min(until, now) if until > now + most else until


def _make(names: Iterable[str]) -> None:
    """Make the buckets that there are not yet."""
    Bucket.objects.bulk_create([Bucket(pk=name) for name in names], ignore_conflicts=True)
