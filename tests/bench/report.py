"""The report: the machine, what is missed, and every number, as Markdown."""

import os
import platform
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import goals, processes

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
VIEWS = {
    "empty": "empty view",
    "usual": "usual view",
    "least": "least view",
    "tap": "ours: a tap, answered with 处理中",
    "message": "ours: a message, answered with nothing",
}
INTRODUCTION = """\
How fast the callback's door and the worker are, beside an empty Django view and beside the view that most projects
write (wechatpy 1.8.18 verifies, decrypts and parses, `objects.create`, a connection that persists). The least view
does what no callback that is kept as we promise can do without: verified, opened, sealed, one bare INSERT. All stand
behind the same gunicorn (`{web}`), middleware and database, and are measured in
turns; numbers are medians of the rounds. The load comes from one process on the same machine, with requests that were
sealed before. `make bench` writes this page anew.
"""


def written(
    found: dict[str, goals.Found], *, command: str, quick: bool, seconds: float, load: tuple[float, float, float]
) -> str:
    """The whole text."""
    reached = {name: list(goals.of(name, one)) for name, one in found.items()}
    return "\n".join(
        [
            "# Benchmarks",
            "",
            INTRODUCTION.format(web=processes.WEB),
            *(["**A quick run: it shows that the program runs, and its numbers mean nothing.**", ""] if quick else []),
            *_surroundings(found, command=command, seconds=seconds, load=load),
            *_missed(reached),
            *_goals(reached),
            *(line for name, one in found.items() for line in _numbers(NAMES[name], one)),
        ]
    )


def _surroundings(
    found: dict[str, goals.Found], *, command: str, seconds: float, load: tuple[float, float, float]
) -> Iterator[str]:
    rows = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds / 60:.0f} minutes",
        "command": f"`{command}`",
        "machine": f"{_processor()}, {os.cpu_count()} processors, {_memory()} GB, {platform.system()}",
        "load average before": ", ".join(f"{one:.1f}" for one in load),
        "Python": platform.python_version(),
        **{NAMES[name]: one["database"] for name, one in found.items()},
    }
    yield from _table(["", ""], rows.items())
    if load[0] > 0.5:
        yield "Something else ran on the machine when this began: read the ratios, not the times."
        yield ""


def _missed(reached: dict[str, list[goals.Goal]]) -> Iterator[str]:
    missed = [(name, goal) for name, many in reached.items() for goal in many if not goal.reached]
    yield "## What is missed"
    yield ""
    for name, goal in missed:
        yield f"- {NAMES[name]}: {goal.what}: {goal.measured}, wanted {goal.wanted}{goal.beside}"
    if not missed:
        yield "Nothing that was measured."
    yield ""


def _goals(reached: dict[str, list[goals.Goal]]) -> Iterator[str]:
    yield "## Goals"
    yield ""
    rows = [
        (NAMES[name], goal.what, goal.measured, goal.wanted, "yes" if goal.reached else "**no**")
        for name, many in reached.items()
        for goal in many
    ]
    yield from _table(["database", "goal", "measured", "wanted", "reached"], rows)


def _numbers(name: str, found: goals.Found) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    if "hot_path" in found:
        yield from _answers(found["hot_path"])
    if "upstream" in found:
        yield "Taps at a steady pace while a worker calls a platform that needs so long for each answer:"
        yield ""
        yield from _table(
            ["latency of the platform, ms", "p50, ms", "p99, ms", "without an answer"],
            [(ms, *_rounded(one, "p50_ms", "p99_ms", "failed")) for ms, one in found["upstream"].items()],
        )
    if "final" in found:
        yield "From the tap to the request that brings the final card, 50 ms upstream. 800 ms of it are meant: no"
        yield "update is sent for so long after 处理中 (`UPDATE_AFTER_REPLY_MS`)."
        yield ""
        rows = [(key, *_rounded(one, "rate", "p50_ms", "p99_ms", "failed")) for key, one in found["final"].items()]
        yield from _table(["", "taps a second", "p50, ms", "p99, ms", "without an answer"], rows)
    yield from _worker(found)
    if "big_tables" in found:
        yield "Milliseconds with so many finished rows in each of the two tables:"
        yield ""
        keys = next(iter(found["big_tables"].values()))
        rows = [
            (key.removesuffix("_ms").replace("_", " "), *(f"{one[key]:.1f}" for one in found["big_tables"].values()))
            for key in keys
        ]
        yield from _table(["", *(f"{int(count):,} rows" for count in found["big_tables"])], rows)


def _answers(views: goals.Found) -> Iterator[str]:
    for load in next(iter(views.values())):
        head = "A burst, every request on a new connection at once" if load == "burst" else f"{load} connections"
        yield f"{head}:"
        yield ""
        rows = []
        for view, words in VIEWS.items():
            one = views[view][load]
            ratio = one["per_second"] / views["empty"][load]["per_second"]
            numbers = _rounded(one, "per_second", "p50_ms", "p99_ms", "max_ms")
            rows.append((words, *numbers, f"{one['cpu_ms']:.2f}", f"{ratio:.2f}", f"{one['generator_share']:.0%}"))
        columns = ["", "answers/s", "p50, ms", "p99, ms", "max, ms", "server CPU, ms", "÷ empty", "load's own CPU"]
        yield from _table(columns, rows)


def _worker(found: goals.Found) -> Iterator[str]:
    rows: list[tuple[str, str]] = []
    if start := found.get("start"):
        rows.append(("enqueue to start, ms: p50, p99, max", ", ".join(_rounded(start, "p50_ms", "p99_ms", "max_ms"))))
    if jobs := found.get("jobs"):
        rows.append(("jobs of 20 ms a second, 16 slots", f"{jobs['per_second']:.0f}"))
        rows.append(("worker CPU for such a job, ms", f"{jobs['worker_cpu_ms']:.1f}"))
    if drain := found.get("drain"):
        told = (
            f"{drain['drained']:,} of {drain['taps']:,} in {drain['seconds']:.0f} s, {drain['per_second']:.1f} a second"
        )
        rows.append(("taps drained by one worker, 50 ms upstream", told))
        rows.append(("its CPU, of one processor", f"{drain['worker_cpu_share']:.0%}"))
        rows.append(("its memory at the most, MB", f"{drain['memory_mb']:.0f}"))
    if killed := found.get("killed"):
        rows.append(("a killed job begins again after, s", f"{killed['seconds']:.1f} (lease {killed['lease_s']:.0f})"))
    if opening := found.get("opening"):
        both = f"{opening['ours']:.0f} and {opening['wechatpy']:.0f}"
        rows.append(("verify, decrypt, parse, µs: ours and wechatpy", both))
    if desk := found.get("desk"):
        numbers = ", ".join(_rounded(desk, "median_ms", "max_ms"))
        rows.append((f"first page of the admin, {desk['requests']:,} requests, ms: median, max", numbers))
    if rows:
        yield from _table(["worker and wire", ""], rows)


def _table(head: list[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


def _rounded(numbers: dict[str, float], *names: str) -> list[str]:
    return [f"{numbers[name]:.1f}" if numbers[name] < 10 else f"{numbers[name]:,.0f}" for name in names]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
