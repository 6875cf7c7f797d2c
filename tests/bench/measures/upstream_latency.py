"""Whether a slow WeCom slows the answers to its callbacks: the same pace of taps, with a worker that calls it.

At a fixed pace, because the worker shares the processors: the quicker the platform, the more the worker would do.
"""

from collections import defaultdict
from pathlib import Path

from tests.bench import envelopes, load, people, processes
from tests.bench.numbers import median_of_each, quantile


def measure(
    server: processes.Web, home: Path, *, rounds: int, seconds: float, rate: float, latencies: tuple[int, ...]
) -> dict[str, dict[str, float]]:
    """Latency in ms → ms to the answers of taps."""
    found: dict[int, list[dict[str, float]]] = defaultdict(list)
    for number in range(rounds):
        for ms in latencies if number % 2 == 0 else reversed(latencies):
            finders = people.waiting(int(rate * (seconds + 1)))
            with processes.upstream(home, ms=ms), processes.worker(home):
                requests = envelopes.requests(envelopes.CALLBACK, (finder.tap() for finder in finders))
                load.send("paced", server.port, requests[: int(rate)], rate=rate / 2)  # the worker comes up meanwhile
                heard = load.send("paced", server.port, requests[int(rate) :], rate=rate)
            times = [one.seconds * 1000 for one in heard.answered]
            failed = len(heard.sent) - len(times)
            found[ms].append({"p50_ms": quantile(times, 0.5), "p99_ms": quantile(times, 0.99), "failed": failed})
    return {str(ms): median_of_each(many) for ms, many in found.items()}
