"""Worlds side by side, each in a process of its own; every scenario on every database; and the table of it all."""

import shutil
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from .checker import DOUBLED, LOST, STUCK, UNTRUE, judge
from .databases import KINDS
from .registry import SCENARIOS
from .world import Unrest, World

LOG_LINES = 40  # of a scenario that failed

_world: World | None = None


@dataclass(slots=True)
class Outcome:
    """What came of one scenario on one database; `wrong` holds a line for everything that is not as it must be."""

    name: str
    what: str
    database: str
    runs: int = 1
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    log: str = ""


def run_all(jobs: list[tuple[str, str]], *, lanes: int, seed: int, kills: int, long: bool) -> list[Outcome]:
    """Every (scenario, database); `lanes` worlds a database."""
    outcomes: list[Outcome] = []
    homes: list[Path] = []
    pools: list[ProcessPoolExecutor] = []
    futures: list[Future[Outcome]] = []
    try:
        for database in dict.fromkeys(database for _, database in jobs):
            home = Path(tempfile.mkdtemp(prefix=f"faults-{database}-"))
            home.chmod(0o755)  # PostgreSQL runs as somebody else and must find its part
            homes.append(home)
            arguments = (database, str(home), seed, kills, long)
            pool = ProcessPoolExecutor(lanes, get_context("spawn"), _open_lane, arguments)
            pools.append(pool)
            futures += [pool.submit(run_one, name) for name, where in jobs if where == database]
        for future in as_completed(futures):
            outcomes.append(future.result())
            print(_line(outcomes[-1]), flush=True)
            for text in outcomes[-1].wrong:
                print(f"    {text}", flush=True)
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)
        if not any(outcome.wrong for outcome in outcomes):
            for home in homes:
                shutil.rmtree(home, ignore_errors=True)
    return outcomes


def run_one(name: str) -> Outcome:
    """One scenario in this process's world; whatever it raises is an outcome too."""
    world = _lane()
    chosen = SCENARIOS[name]
    outcome = Outcome(name, chosen.what, world.database.name)
    started = time.monotonic()
    world.runs, world.failures = 1, []
    log = world.home / "log"
    before = log.stat().st_size if log.exists() else 0
    try:
        world.fresh(chosen.settings)
        chosen.act(world)
        close(world, outcome)
    except Exception as exc:  # noqa: BLE001  a scenario that breaks has failed
        outcome.counts["else"] += 1
        outcome.wrong += world.describe_open()
        outcome.wrong.append(f"else: {exc}" if isinstance(exc, Unrest) else f"else: {traceback.format_exc()}")
    outcome.runs, outcome.seconds = world.runs, time.monotonic() - started
    if outcome.wrong:
        _keep_log(world, outcome, before)
        _start_anew(world)
    return outcome


def close(world: World, outcome: Outcome) -> None:
    """Let it come to rest and judge it."""
    world.rest()
    for finding in judge(world.evidence()):
        outcome.counts[finding.sort] += 1
        outcome.wrong.append(f"{finding.sort}: {finding.text}")
    for failure in world.failures:
        outcome.counts["else"] += 1
        outcome.wrong.append(f"else: {failure}")


def table(outcomes: list[Outcome]) -> str:
    """scenario, runs, lost, doubled, stuck, else, seconds; the databases below each other."""
    lines = [_HEAD, *(_line(outcome) for outcome in sorted(outcomes, key=_order))]
    return "\n".join(lines)


def failures(outcomes: list[Outcome]) -> str:
    """What was not as it must be, with the end of the log: a CI keeps the end of what is printed, and no files."""
    lines: list[str] = []
    for outcome in outcomes:
        if outcome.wrong:
            said = Path(outcome.log).read_text(errors="replace").splitlines()[-LOG_LINES:]
            lines += ["", f"{outcome.name} on {outcome.database}: {outcome.what}", *outcome.wrong, *said]
    return "\n".join(["", *lines])


_HEAD = f"{'scenario':<34} {'database':<11} " + "{:>5} {:>5} {:>8} {:>6} {:>5} {:>8}".format(
    "runs", "lost", "doubled", "stuck", "else", "seconds"
)


def _order(outcome: Outcome) -> tuple[int, str]:
    return list(SCENARIOS).index(outcome.name), outcome.database


def _line(outcome: Outcome) -> str:
    counts = outcome.counts
    other = counts["else"] + counts[UNTRUE]
    numbers = f"{outcome.runs:>5} {counts[LOST]:>5} {counts[DOUBLED]:>8} {counts[STUCK]:>6} {other:>5}"
    return f"{outcome.name:<34} {outcome.database:<11} {numbers} {outcome.seconds:>8.1f}"


def _open_lane(database: str, home: str, seed: int, kills: int, long: bool) -> None:
    """In a new process of the pool: a world of its own, kept for all scenarios that come to this process."""
    import atexit

    from . import scenarios  # noqa: F401  fills the registry

    global _world
    own = Path(tempfile.mkdtemp(prefix="lane-", dir=home))
    own.chmod(0o755)
    _world = World(KINDS[database](own), own)
    _world.seed, _world.kills, _world.long = seed, kills, long
    atexit.register(_world.stop)
    _world.prepare()
    _world.start()


def _lane() -> World:
    assert _world is not None, "this process has no world"
    return _world


def _start_anew(world: World) -> None:
    """After a failure nothing of its processes is believed any more."""
    for process in world.processes.values():
        process.kill()
    world.start(world.settings)


def _keep_log(world: World, outcome: Outcome, before: int) -> None:
    """The lines that the processes have written during this scenario, beside the table."""
    with (world.home / "log").open("rb") as log:
        log.seek(before)
        said = log.read()
    name = "".join(char if char.isalnum() else "-" for char in outcome.name)
    kept = world.home / f"{name}.log"
    kept.write_bytes(said)
    outcome.log = str(kept)
    outcome.wrong.append(f"log: {kept}")
