"""What becomes of a callback after its answer: how soon it is begun, how many are done, how soon the phone shows it."""

import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from tests.bench import databases, envelopes, load, people, processes
from tests.bench.numbers import quantile
from wecom import jobs
from wecom.models import Callback, Outgoing


def start_delay(server: processes.Web, home: Path, *, count: int, rate: float) -> dict[str, float]:
    """Milliseconds from before a callback is kept until its handler runs, with a worker that has nothing else to do."""
    notes = _fresh_notes(home)
    with processes.worker(home):
        _post(server, ["bench start"])
        _until(lambda: len(_lines(notes)) == 1, seconds=60, what="the worker")
        requests = envelopes.requests(envelopes.CALLBACK, (envelopes.text("bench start") for _ in range(count)))
        load.send("paced", server.port, requests, rate=rate)
        _until(lambda: len(_lines(notes)) > count, seconds=30, what="the last handler")
    delays = [seconds * 1000 for _, seconds in _lines(notes)[1:]]
    return {"p50_ms": quantile(delays, 0.5), "p99_ms": quantile(delays, 0.99), "max_ms": max(delays)}


def jobs_a_second(server: processes.Web, home: Path, *, count: int) -> dict[str, float]:
    """Jobs of 20 ms that one worker with 16 slots does in a second, from the end of the first to that of the last."""
    notes = _fresh_notes(home)
    _post(server, ["bench job"] * count)
    with processes.worker(home) as worker:
        _until(lambda: len(_lines(notes)) == count, seconds=120, what="all jobs")
        cpu = worker.cpu()
    ends = sorted(at for at, _ in _lines(notes))
    return {"per_second": (count - 1) / (ends[-1] - ends[0]), "worker_cpu_ms": cpu / count * 1000}


def tap_to_final(
    server: processes.Web, home: Path, *, rates: dict[str, float], seconds: float
) -> dict[str, dict[str, float]]:
    """Milliseconds from the tap's request to the request that updates the card, with 50 ms upstream."""
    found = {}
    with processes.upstream(home, ms=50) as updates, processes.worker(home):
        _until_settled(people.waiting(1), server)  # the worker is up, and has a token
        for name, rate in rates.items():
            updates.write_text("")
            finders = people.waiting(max(4, int(rate * seconds)))
            databases.analyze()
            requests = envelopes.requests(envelopes.CALLBACK, (finder.tap() for finder in finders))
            heard = load.send("paced", server.port, requests, rate=rate)
            times = _times_to_update(finders, heard, updates, rate=rate)
            found[name] = {"rate": rate, "p50_ms": quantile(times, 0.5), "p99_ms": quantile(times, 0.99)}
            found[name]["failed"] = len(heard.sent) - len(times)
    return found


def _times_to_update(finders: list[people.Finder], heard: load.Heard, updates: Path, *, rate: float) -> list[float]:
    """Milliseconds from the moment of each tap that was answered, and so kept."""
    _until(lambda: updates.read_text().count("\n") >= len(heard.answered), seconds=60, what="the last card")
    start = min(one.at for one in heard.sent)
    tapped = {finder.userid: start + number / rate for number, finder in enumerate(finders)}
    updated = (line.split() for line in updates.read_text().splitlines())
    return [(float(at) - tapped[userid]) * 1000 for at, userid in updated]


def drain(server: processes.Web, home: Path, *, count: int, seconds: int) -> dict[str, float]:
    """Taps that wait when the only worker starts, with 50 ms upstream: the time until nothing is open any more."""
    finders = people.waiting(count)
    requests = envelopes.requests(envelopes.CALLBACK, (finder.tap() for finder in finders))
    heard = load.send("closed", server.port, requests, connections=16, seconds=120)
    kept = len(heard.answered)
    databases.analyze()
    with processes.upstream(home, ms=50), processes.worker(home) as worker:
        start = time.monotonic()
        while _open_rows() and time.monotonic() - start < seconds:
            time.sleep(0.5)
        took, memory, cpu = time.monotonic() - start, worker.memory("VmHWM"), worker.cpu()
    done = Outgoing.objects.filter(kind="lostfound.update_card", state=Outgoing.State.DONE).count()
    return {
        "taps": kept,
        "drained": done,
        "seconds": took,
        "per_second": done / took,
        "memory_mb": memory,
        "worker_cpu_share": cpu / took,
    }


def killed_job(server: processes.Web, home: Path) -> dict[str, float]:
    """Seconds from the SIGKILL of a worker in the middle of a job until another worker begins it again."""
    notes = _fresh_notes(home)
    with processes.worker(home) as victim:
        _post(server, ["bench hang"])
        _until(lambda: len(_lines(notes)) == 1, seconds=60, what="the job")
        victim.kill()
        killed = time.monotonic()
    with processes.worker(home):
        _until(lambda: len(_lines(notes)) == 2, seconds=120, what="its second run")
    return {"lease_s": jobs.LEASE.total_seconds(), "seconds": max(at for at, _ in _lines(notes)) - killed}


def _post(server: processes.Web, words: list[str]) -> None:
    requests = envelopes.requests(envelopes.CALLBACK, map(envelopes.text, words))
    heard = load.send("closed", server.port, requests, connections=16, seconds=120)
    assert len(heard.answered) == len(words), "not all callbacks were answered with 200"


def _until_settled(finders: list[people.Finder], server: processes.Web) -> None:
    load.send("paced", server.port, envelopes.requests(envelopes.CALLBACK, (f.tap() for f in finders)), rate=10)
    _until(lambda: not _open_rows(), seconds=60, what="the first card")


def _open_rows() -> int:
    connection.close_if_unusable_or_obsolete()
    return sum(model._default_manager.filter(state__in=model.OPEN).exists() for model in (Callback, Outgoing))


def _fresh_notes(home: Path) -> Path:
    notes = home / "notes"
    notes.write_text("")
    return notes


def _lines(notes: Path) -> list[tuple[float, float]]:
    return [(float(at), float(what)) for at, what in (line.split() for line in notes.read_text().splitlines())]


def _until(there: Callable[[], bool], *, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what} in vain")
        time.sleep(0.05)
