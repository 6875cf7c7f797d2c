"""All measurements on one database; the environment says which. Writes JSON to the file that is named."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

HOME = Path(os.environ.get("BENCH_HOME", "."))


def run(size: str, only: str) -> dict[str, Any]:
    from . import databases, processes
    from .sizes import SIZES

    want = SIZES[size]
    found: dict[str, Any] = {"database": databases.described()}

    def take(name: str, measure: Callable[[], object]) -> None:
        if only and name not in only.split(","):
            return
        empty_books()
        start = time.monotonic()
        found[name] = measure()
        sys.stderr.write(f"  {name}: {time.monotonic() - start:.0f} s\n")

    from .measures import big_tables, desk, hot_path, opening, upstream_latency, working

    take("opening", lambda: opening.measure(**want.opening))
    with processes.web(HOME) as server:
        take("hot_path", lambda: hot_path.measure(server, **want.hot_path))
        take("upstream", lambda: upstream_latency.measure(server, HOME, **want.upstream))
        take("start", lambda: working.start_delay(server, HOME, **want.start))
        take("jobs", lambda: working.jobs_a_second(server, HOME, **want.jobs))
        take("final", lambda: working.tap_to_final(server, HOME, **want.final))
        take("drain", lambda: working.drain(server, HOME, **want.drain(found["database"])))
        if want.killed:
            take("killed", lambda: working.killed_job(server, HOME))
    take("desk", lambda: desk.front_page(**want.desk))
    take("big_tables", lambda: big_tables.measure(**want.big_tables))
    return found


def set_up() -> None:
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
    call_command("createcachetable", verbosity=0)


def empty_books() -> None:
    """Whatever an earlier measurement left."""
    from django.apps import apps
    from django.db import connection

    tables = [
        model._meta.db_table
        for label in ("wecom", "lostfound", "bench")
        for model in apps.get_app_config(label).get_models()
        if not model._meta.proxy
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
            return
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    set_up()
    result = run(sys.argv[1], sys.argv[3])
    Path(sys.argv[2]).write_text(json.dumps(result, indent=1))
