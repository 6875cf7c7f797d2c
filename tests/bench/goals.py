"""What we want to reach, and whether the numbers do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

Found = dict[str, Any]  # what `one` measured on one database

# view over the empty view in a burst, over it with 64 connections, over the usual view in both
RATIOS = {"postgresql": (0.45, 0.35, 1.2), "sqlite": (0.42, 0.29, 1.15)}
START_MS = {"postgresql": 20, "sqlite": 100}
OURS = "tap"  # the dearer one of ours: with a read for the answer at once, and with the answer


@dataclass(frozen=True, slots=True)
class Goal:
    what: str
    measured: str
    wanted: str
    reached: bool
    beside: str = ""  # what has to be known where it is missed


def of(name: str, found: Found) -> Iterator[Goal]:
    """The goals for which there are numbers."""
    if "hot_path" in found:
        yield from _answers(name, found["hot_path"])
    if "start" in found:
        yield _most("enqueue to start, p50, ms", found["start"]["p50_ms"], START_MS[name])
    if "jobs" in found:
        yield _least("jobs of 20 ms a second, 16 slots", found["jobs"]["per_second"], 300, digits=0)
    if "drain" in found:
        yield from _drained(found["drain"])
    if "killed" in found:
        lease = found["killed"]["lease_s"]
        yield _most("a killed job begins again, s", found["killed"]["seconds"], lease + 5)
    if "opening" in found:
        ratio = found["opening"]["ours"] / found["opening"]["wechatpy"]
        yield _most("verify, decrypt and parse ÷ wechatpy", ratio, 0.65, digits=2)
    if "desk" in found:
        yield _most(
            f"first page of the admin, {found['desk']['requests']:,} requests, ms", found["desk"]["median_ms"], 300
        )
    if "big_tables" in found:
        few, many = found["big_tables"].values()
        for key, value in many.items():
            yield _most(f"{_words(key)}, many rows ÷ few", value / few[key], 1.5, digits=2)


def _answers(name: str, views: Found) -> Iterator[Goal]:
    burst, steady, usual = RATIOS[name]
    for load, wanted in (("burst", burst), ("64", steady)):
        ours, least = views[OURS][load]["per_second"], views["least"][load]["per_second"]
        where = "burst" if load == "burst" else "64 connections"
        for other, ratio in (("empty", wanted), ("usual", usual)):
            base = views[other][load]["per_second"]
            goal = _least(f"answers a second ÷ {other} view, {where}", ours / base, ratio)
            yield replace(goal, beside=f"; the least view has {least / base:.2f}")
    yield _most("burst: answers that miss 5 s", views[OURS]["burst"]["missed"], 0)


def _drained(drain: Found) -> Iterator[Goal]:
    seconds = 10_000 / drain["per_second"] if drain["per_second"] else float("inf")
    yield _most("10,000 taps drained by one worker at the pace measured, s", seconds, 180)
    yield _most(f"memory of that worker after {drain['drained']:,} taps, MB", drain["memory_mb"], 200)


def _least(what: str, value: float, wanted: float, *, digits: int = 2) -> Goal:
    return Goal(what, f"{value:.{digits}f}", f"≥ {wanted}", value >= wanted)


def _most(what: str, value: float, wanted: float, *, digits: int = 0) -> Goal:
    return Goal(what, f"{value:.{digits}f}", f"≤ {wanted:g}", value <= wanted)


def _words(key: str) -> str:
    return key.removesuffix("_ms").replace("_", " ")
