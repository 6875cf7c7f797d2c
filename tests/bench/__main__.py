"""Which databases are measured, and where the report goes."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support import ROOT

from . import databases, processes, report

POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    options = _options()
    start, load_before = time.monotonic(), os.getloadavg()
    found: dict[str, Any] = {}
    if "sqlite" in options.on:
        found["sqlite"] = _measured("sqlite", None, options)
    if "postgresql" in options.on:
        try:
            psycopg.connect(options.postgres, connect_timeout=3).close()
        except psycopg.OperationalError as exc:
            sys.stderr.write(f"PostgreSQL is not measured: {str(exc).strip()}\n")
        else:
            found["postgresql"] = _measured("postgresql", options.postgres, options)
    text = report.written(
        found,
        command=_command(options),
        quick=options.quick,
        seconds=time.monotonic() - start,
        load=load_before,
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    if options.output:
        options.output.write_text(text, encoding="utf-8")
        sys.stderr.write(f"written: {options.output}\n")
    else:
        sys.stdout.write(text)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="How fast we are, side by side.")
    parser.add_argument("--quick", action="store_true", help="a minute, to see that the program runs")
    parser.add_argument("--on", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--postgres", default=POSTGRES, help="a server where we may make a database (%(default)s)")
    parser.add_argument("--only", default="", help="some measurements, with commas: hot_path,drain")
    parser.add_argument("--output", type=Path, help="where the report goes; standard output without it")
    parser.add_argument("--json", type=Path, help="where the bare numbers go")
    return parser.parse_args()


def _command(options: argparse.Namespace) -> str:
    """What was run, without addresses, in which a password may stand."""
    chosen = ["--quick"] * options.quick + (["--only", options.only] if options.only else [])
    return " ".join(["python -m tests.bench", *chosen, "--on", *options.on])


def _measured(name: str, server: str | None, options: argparse.Namespace) -> dict[str, Any]:
    """All measurements on one database, in a process whose settings name it."""
    sys.stderr.write(f"{name}\n")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        fresh: AbstractContextManager[str] = databases.postgresql(server) if server else databases.sqlite(home)
        with fresh as url:
            result = home / "result.json"
            command = [sys.executable, "-m", "tests.bench.one", "quick" if options.quick else "full", str(result)]
            with _complaints(home):
                subprocess.run(
                    [*command, options.only],
                    cwd=ROOT,
                    env=processes.surroundings(database_url=url, home=home),
                    check=True,
                )
            return dict(json.loads(result.read_text()))


@contextmanager
def _complaints(home: Path) -> Iterator[None]:
    """What the processes said, where a measurement failed; the folder is gone afterwards."""
    try:
        yield
    except subprocess.CalledProcessError:
        for log in sorted(home.glob("*.log")):
            sys.stderr.write(f"--- {log.name}\n{log.read_text()[-4000:]}\n")
        raise


if __name__ == "__main__":
    sys.exit(main())
