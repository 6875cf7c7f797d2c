"""Door: drop what has been kept for long enough."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wecom import conf, retention

LONGEST = 36_500


class Command(BaseCommand):
    help = "Drop what has been kept for long enough (RETENTION_…_DAYS). What is still under way is never touched."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = sorted({holding.kind for holding in retention.holdings()})
        usual = ", ".join(f"{kind} {conf.retention(kind)}" for kind in kinds)
        parser.add_argument("--dry-run", action="store_true", help="count what would be dropped, change nothing")
        parser.add_argument("--only", action="append", choices=kinds, help="only what is kept as this")
        parser.add_argument(
            "--days", type=_days, metavar="N", help=f"what has been kept for longer than N days (usual: {usual})"
        )

    def handle(self, *, dry_run: bool, only: list[str] | None, days: int | None, **options: Any) -> None:
        total = 0
        for holding in retention.holdings():
            if only and holding.kind not in only:
                continue
            count = holding.due(days).count() if dry_run else self._purge(holding, days)
            total += count
            self.stdout.write(f"{holding.kind} {holding.name}: {count}")
        self.stdout.write(f"purged={total}" if not dry_run else f"would be purged={total} dry_run=true")

    def _purge(self, holding: retention.Holding, days: int | None) -> int:
        done = 0
        for number in retention.purge(holding, days=days):
            done += number
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{holding.kind} {holding.name}: {done} …")
        if done and sys.stderr.isatty():
            sys.stderr.write("\r")
        return done


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LONGEST):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to {LONGEST}")
    return int(text)
