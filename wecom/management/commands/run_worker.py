"""Door: the worker process. SIGTERM and SIGINT let it finish the calls in hand and leave, within 10 seconds."""

import math
import os
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from wecom import conf
from wecom.checks import check_cache_table
from wecom.tasks import run_row
from wecom.worker import Worker

BESIDE = 4  # threads beside the slots that ask the database: claims, pulse, clock, listener


class Command(BaseCommand):
    help = "Handle callbacks and send what is owed, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slots", type=int, default=16, help="how many rows are worked on at once (16)")

    def handle(self, *, slots: int, **options: Any) -> None:
        if slots < 1:
            raise CommandError("--slots must be 1 or more", returncode=2)
        if slots + BESIDE > (most := _most_connections()):
            wrong = f"{slots} slots need {slots + BESIDE} connections; the pool of the database 'default' has {most}"
            raise CommandError(wrong, returncode=2)
        try:
            if _unmigrated():
                raise CommandError("the database is not migrated: run `manage.py migrate` first", returncode=3)
            if check_cache_table(databases=["default"]):
                raise CommandError("the cache table is missing: run `manage.py createcachetable` first", returncode=3)
        except OperationalError as exc:
            raise CommandError(f"the database cannot be reached: {exc}", returncode=4) from exc
        worker = Worker(slots=slots, hand_over=run_row.enqueue if conf.runner() == "tasks" else None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        self.stdout.write(f"worker {worker.name} with {slots} slots")
        if worker.run():
            self.stdout.write("worker stopped")
            return
        self.stdout.write("worker stopped; a call in hand did not end, its row is due again after its lease")
        self.stdout.flush()
        os._exit(0)  # the interpreter would wait for that call


def _most_connections() -> float:
    """How many connections the threads of this process may have at once. A pool of psycopg has 4, unless it says more.

    Source: https://www.psycopg.org/psycopg3/docs/api/pool.html
    """
    pool = connections["default"].settings_dict.get("OPTIONS", {}).get("pool")
    if not pool:
        return math.inf
    sizes = pool if isinstance(pool, dict) else {}
    return int(sizes.get("max_size") or sizes.get("min_size", 4))


def _unmigrated() -> bool:
    executor = MigrationExecutor(connections["default"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
