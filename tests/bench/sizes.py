"""How much of everything: `full` for the report, `quick` to see in a minute that the program runs."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    opening: dict[str, Any]
    hot_path: dict[str, Any]
    upstream: dict[str, Any]
    start: dict[str, Any]
    jobs: dict[str, Any]
    final: dict[str, Any]
    drained: int
    drained_on_sqlite: int
    drain_seconds: int
    desk: dict[str, Any]
    big_tables: dict[str, Any]
    killed: bool

    def drain(self, database: str) -> dict[str, Any]:
        count = self.drained_on_sqlite if database.startswith("SQLite") else self.drained
        return {"count": count, "seconds": self.drain_seconds}


SIZES = {
    "full": Size(
        opening={"rounds": 5, "count": 2000},
        hot_path={"rounds": 5, "seconds": 1.2, "burst": 2000},
        upstream={"rounds": 2, "seconds": 5.0, "rate": 30.0, "latencies": (0, 200, 10_000)},
        start={"count": 150, "rate": 15.0},
        jobs={"count": 2000},
        final={"rates": {"idle": 2.0, "loaded": 20.0}, "seconds": 8.0},
        drained=10_000,
        drained_on_sqlite=3_000,
        drain_seconds=200,
        desk={"requests": 100_000, "repeats": 9},
        big_tables={"few": 1_000, "many": 1_000_000, "repeats": 15},
        killed=True,
    ),
    "quick": Size(
        opening={"rounds": 1, "count": 200},
        hot_path={"rounds": 1, "seconds": 0.2, "burst": 50},
        upstream={"rounds": 1, "seconds": 0.5, "rate": 20.0, "latencies": (0, 200)},
        start={"count": 10, "rate": 10.0},
        jobs={"count": 50},
        final={"rates": {"idle": 4.0}, "seconds": 1.0},
        drained=30,
        drained_on_sqlite=20,
        drain_seconds=60,
        desk={"requests": 500, "repeats": 2},
        big_tables={"few": 100, "many": 1_000, "repeats": 3},
        killed=False,
    ),
}
