"""Decisions: what goes wrong next. A fault is a row with a count that runs down, so all processes share it exactly.

API, in the order in which they act on one call (at most one of each line):
    revoke                       all tokens of the moment stop being valid
    delay ms                     wait, then do the work
    errcode n | status n | hang_before s     no work: answer n, answer HTTP n, or hold the line for s and answer 504
    delay_after ms | hang s      the work is done, the answer comes late, or after s as 504
    lose | body text | drip      the work is done; the answer is a 502 page, is `text`, or comes one byte a second
Callback:
    delay ms, copies n (in parallel), late_reply ms (how late the passive reply takes effect), stale s (old timestamp)

`skip` lets so many pass unharmed before. `path` narrows a fault to one API ("message/send"), to a branch of it
("message/") or to one event; empty means any.
"""

from dataclasses import dataclass

from django.db.models import F

from . import clock
from .models import Fault

API_STAGES: tuple[tuple[str, ...], ...] = (
    ("revoke",),
    ("delay",),
    ("errcode", "status", "hang_before"),
    ("delay_after", "hang"),
    ("lose", "body", "drip"),
)
CALLBACK_STAGES: tuple[tuple[str, ...], ...] = (("delay",), ("copies",), ("late_reply",), ("stale",))
_INSTEAD_OF_WORK = 2
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of fault: its default value, and the range a number must lie in (None: no number)."""

    default: str = ""
    least: int | None = None
    most: int | None = None


SORTS: dict[tuple[str, str], Sort] = {
    ("api", "revoke"): Sort(),
    ("api", "delay"): Sort("6000", 0, 600_000),
    ("api", "errcode"): Sort("45009", -100_000, 10_000_000),
    ("api", "status"): Sort("503", 400, 599),
    ("api", "hang_before"): Sort("20", 0, 600),
    ("api", "delay_after"): Sort("6000", 0, 600_000),
    ("api", "hang"): Sort("20", 0, 600),
    ("api", "lose"): Sort(),
    ("api", "body"): Sort("null"),
    ("api", "drip"): Sort(),
    ("callback", "delay"): Sort("6000", 0, 600_000),
    ("callback", "copies"): Sort("2", 1, 100),
    ("callback", "late_reply"): Sort("2000", 0, 600_000),
    ("callback", "stale"): Sort("900", -1_000_000, 1_000_000),
}


class UnknownFault(ValueError):
    """There is no such fault, or its value makes no sense; the text says which."""


class Plan(dict[str, str]):
    """The faults of one call or delivery: kind to value."""

    def number(self, kind: str) -> int:
        return int(self.get(kind, 0))

    def seconds(self, kind: str) -> float:
        return self.number(kind) / 1000

    def __str__(self) -> str:
        return ", ".join(f"{kind} {value}".strip() for kind, value in self.items())


def add(*, scope: str, kind: str, value: object = None, count: int = 1, path: str = "", skip: int = 0) -> Fault:
    """Set a fault for the next `count` times, after `skip` that pass unharmed; raises UnknownFault."""
    text = check(scope=scope, kind=kind, value=value, count=count, skip=skip)
    with clock.change(chats=False):
        return Fault.objects.create(
            scope=scope, kind=kind, value=text, left=count, skip=skip, path=path.strip().lstrip("/")
        )


def check(*, scope: str, kind: str, value: object = None, count: int = 1, skip: int = 0) -> str:
    """The value such a fault would have; raises UnknownFault."""
    sort = SORTS.get((scope, kind))
    if sort is None:
        raise UnknownFault(f"no fault {kind!r} for {scope!r}; known: {sorted(SORTS)}")
    text = sort.default if value in (None, "") else str(value)
    if sort.least is not None and sort.most is not None:
        _check_number(kind, text, sort.least, sort.most)
    if not 1 <= count <= MOST or not 0 <= skip <= MOST:
        raise UnknownFault(f"count must be 1 to {MOST}, skip 0 to {MOST}")
    return text


def remove(*, scope: str = "", kind: str = "", pk: int | None = None) -> int:
    """Forget faults: one by its id, some by scope and kind, or all; returns how many."""
    chosen = {key: value for key, value in {"scope": scope, "kind": kind, "pk": pk}.items() if value}
    with clock.change(chats=False):
        return Fault.objects.filter(**chosen).delete()[0]


def for_call(path: str) -> Plan:
    """Take what this API call shall suffer; each fault taken counts down by one."""
    stages = API_STAGES if path != "gettoken" else API_STAGES[1:]
    return _take("api", path, stages)


def for_delivery(event: str) -> Plan:
    return _take("callback", event, CALLBACK_STAGES)


def _take(scope: str, path: str, stages: tuple[tuple[str, ...], ...]) -> Plan:
    concerned = [f for f in Fault.objects.filter(scope=scope, left__gt=0).order_by("id") if _concerns(f, path)]
    waiting = [fault for fault in concerned if not _let_pass(fault)]
    plan = Plan()
    for stage in stages if waiting else ():
        if not plan.keys().isdisjoint(API_STAGES[_INSTEAD_OF_WORK]):
            break
        taken = next((fault for fault in waiting if fault.kind in stage and _spend(fault)), None)
        if taken:
            plan[taken.kind] = taken.value
    return plan


def _let_pass(fault: Fault) -> bool:
    """Whether this call is one of those that pass before the fault begins."""
    return fault.skip > 0 and Fault.objects.filter(pk=fault.pk, skip__gt=0).update(skip=F("skip") - 1) == 1


def _spend(fault: Fault) -> bool:
    """Whether this call got one of the remaining times."""
    return Fault.objects.filter(pk=fault.pk, left__gt=0).update(left=F("left") - 1) == 1


def _concerns(fault: Fault, path: str) -> bool:
    return fault.path in ("", path) or (fault.path.endswith("/") and path.startswith(fault.path))


def _check_number(kind: str, text: str, least: int, most: int) -> None:
    try:
        number = int(text)
    except ValueError:
        raise UnknownFault(f"{kind} needs a whole number") from None
    if not least <= number <= most:
        raise UnknownFault(f"{kind} must be {least} to {most}")
