"""Door: what the commands that work through many rows have in common.

Exit codes: 0 all done · 1 some failed · 2 bad arguments or ids that do not exist.
"""

import argparse
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from lostfound.errors import LostFoundError, NothingToDo, RequestClosed
from lostfound.models import ContactRequest, Item

FAILED, BAD_ARGUMENTS = 1, 2
ACTOR = "command"
LARGEST_ID = 2**63 - 1


class BatchCommand(BaseCommand):
    """One act on each of the chosen rows, each in a transaction of its own; killed midway, the rest is left as it was.

    A subclass names its `verb`, chooses rows in `choose()` and acts in `act()`.
    """

    verb = "done"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show what would be done, change nothing")
        parser.add_argument("--request", type=row_id, action="append", metavar="ID", help="only this contact request")
        parser.add_argument("--item", type=row_id, action="append", metavar="ID", help="only requests for this item")
        parser.add_argument("--since", type=moment, metavar="DATE", help="only what was asked since (ISO date or time)")
        parser.add_argument("--limit", type=positive, metavar="N", help="at most so many")

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_unknown(ContactRequest, options["request"], "contact request")
        _refuse_unknown(Item, options["item"], "item")
        rows = list(self.choose(options)[: options["limit"]])
        counts = {self.verb: 0, "skipped": 0, "failed": 0}
        for number, row in enumerate(rows, 1):
            counts[self._one(row, options)] += 1
            self._progress(number, len(rows))
        self.stdout.write(" ".join(f"{name}={count}" for name, count in counts.items()) + self._tail(options))
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} of {len(rows)} failed", returncode=FAILED)

    def choose(self, options: dict[str, Any]) -> "QuerySet[Any]":
        """The rows to act on, filters applied, in the order of the work."""
        raise NotImplementedError

    def act(self, row: Any, options: dict[str, Any]) -> None:
        """Do it, in the database alone; NothingToDo and RequestClosed count as skipped."""
        raise NotImplementedError

    def _one(self, row: Any, options: dict[str, Any]) -> str:
        try:
            if options["dry_run"]:
                self._try_out(row, options)
            else:
                self.act(row, options)
        except (NothingToDo, RequestClosed) as exc:
            self.stdout.write(f"skipped {describe(row)}: {exc}")
            return "skipped"
        except LostFoundError as exc:
            self.stderr.write(f"failed {describe(row)}: {exc}")
            return "failed"
        except Exception as exc:  # noqa: BLE001  one broken row must not stop the others
            self.stderr.write(f"failed {describe(row)}: {type(exc).__name__}: {exc}")
            return "failed"
        return self.verb

    def _try_out(self, row: Any, options: dict[str, Any]) -> None:
        """Do it and take it back: so a dry run knows what would be skipped, and why."""
        with transaction.atomic():
            self.act(row, options)
            transaction.set_rollback(True)
        self.stdout.write(f"would be {self.verb}: {describe(row)}")

    def _progress(self, number: int, total: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{number}/{total}" + ("\n" if number == total else ""))
            sys.stderr.flush()

    def _tail(self, options: dict[str, Any]) -> str:
        return " dry_run=true" if options["dry_run"] else ""


def only(requests: "QuerySet[ContactRequest]", options: dict[str, Any]) -> "QuerySet[ContactRequest]":
    """The shared filters, over contact requests."""
    if options["request"]:
        requests = requests.filter(pk__in=options["request"])
    if options["item"]:
        requests = requests.filter(item__in=options["item"])
    if options["since"]:
        requests = requests.filter(created_at__gte=options["since"])
    return requests


def describe(row: Model) -> str:
    """A row by kind and id; nothing of what people wrote."""
    return f"{row._meta.model_name} {row.pk}"


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=BAD_ARGUMENTS)


def row_id(text: str) -> int:
    number = positive(text)
    if number > LARGEST_ID:
        raise argparse.ArgumentTypeError(f"{text} is no id")
    return number


def positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def hours(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 24 * 3650:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours")
    return number


def moment(text: str) -> datetime:
    """An ISO date or time; without a zone it is meant in the time zone of the site."""
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime(day.year, day.month, day.day)  # noqa: DTZ001  made aware below
    except ValueError:
        found = None
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO date or time")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _refuse_unknown(model: type[Model], ids: Iterable[int] | None, what: str) -> None:
    if not ids:
        return
    known = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
    if unknown := [str(number) for number in ids if number not in known]:
        refuse(f"there is no {what} {', '.join(unknown)}")
