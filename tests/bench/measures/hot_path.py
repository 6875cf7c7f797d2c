"""How quickly a callback is answered: the views to compare with and ours, in turns, behind one server."""

import itertools
from collections import defaultdict
from collections.abc import Callable

from tests.bench import databases, envelopes, load, people
from tests.bench.numbers import median_of_each, quantile
from tests.bench.processes import Web

CONNECTIONS = (1, 16, 64)
AT_MOST = 2500  # requests a second that are prepared; a load that has none left ends early
MISSED = 5.0  # seconds; WeCom gives up then

_numbers = itertools.count(1)
Numbers = dict[str, float]


def measure(server: Web, *, rounds: int, seconds: float, burst: int) -> dict[str, dict[str, Numbers]]:
    """view → load → medians of the rounds: answers a second, ms to the answer, ms of the server's CPU, …"""
    views = _views()
    for view in views.values():
        load.send("closed", server.port, view(100), connections=8, seconds=5)
    databases.analyze()
    found: dict[str, dict[str, list[Numbers]]] = defaultdict(lambda: defaultdict(list))
    loads = [("burst", 0), *(("closed", connections) for connections in CONNECTIONS)]
    for number in range(rounds):
        for mode, connections in loads:
            for name in _rotated(list(views), number):
                requests = views[name](burst if mode == "burst" else int(AT_MOST * seconds))
                options = {} if mode == "burst" else {"connections": connections, "seconds": seconds}
                before = server.cpu()
                heard = load.send(mode, server.port, requests, **options)
                found[name][str(connections or "burst")].append(_numbers_of(heard, server.cpu() - before))
    return {name: {key: median_of_each(many) for key, many in by.items()} for name, by in found.items()}


def _views() -> dict[str, Callable[[int], list[bytes]]]:
    """What makes so many requests for each view. `tap` is answered with 处理中, `message` with nothing."""
    cards = people.cards_for_everybody(1000)

    def taps(path: str, count: int) -> list[bytes]:
        numbers = itertools.islice(_numbers, count)
        return envelopes.requests(path, (envelopes.tap(cards[n % len(cards)], f"member{n}") for n in numbers))

    return {
        "empty": lambda count: taps(envelopes.EMPTY, count),
        "usual": lambda count: taps(envelopes.USUAL, count),
        "least": lambda count: taps(envelopes.LEAST, count),
        "tap": lambda count: taps(envelopes.CALLBACK, count),
        "message": lambda count: envelopes.requests(
            envelopes.CALLBACK, (envelopes.text("bench job") for _ in range(count))
        ),
    }


def _numbers_of(heard: load.Heard, cpu: float) -> Numbers:
    times = [one.seconds for one in heard.answered]
    return {
        "per_second": heard.per_second,
        "p50_ms": quantile(times, 0.5) * 1000,
        "p99_ms": quantile(times, 0.99) * 1000,
        "max_ms": max(times, default=0) * 1000,
        "cpu_ms": cpu / max(1, len(times)) * 1000,
        "generator_share": heard.cpu / heard.seconds if heard.seconds else 0,
        "missed": sum(one.status != 200 or one.seconds > MISSED for one in heard.sent),
    }


def _rotated(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]
