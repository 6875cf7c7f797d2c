"""Door: seal everything that lies encrypted in the database with the first of the data keys, so that the others may go.

Safe beside running workers and safe to run again: each value is replaced only if it is still the one that was read.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import F, Model, Q, TextField
from django.db.models.functions import Cast

from wecom.fields import CannotOpen, EncryptedTextField, is_current, unseal

FAILED = 1


class Command(BaseCommand):
    help = "Seal encrypted values anew with the first key of WECOM_DATA_KEYS (or SECRET_KEY)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what would be sealed anew, change nothing")
        parser.add_argument("--batch", type=_positive, default=500, metavar="N", help="rows read at once (500)")

    def handle(self, *, dry_run: bool, batch: int, **options: Any) -> None:
        counts = {"resealed": 0, "current": 0, "failed": 0}
        for model, field in _sealed_fields():
            for number, (pk, value) in enumerate(_values(model, field, batch), 1):
                counts[self._one(model, field, pk, value, dry_run)] += 1
                if number % batch == 0 and sys.stderr.isatty():
                    sys.stderr.write(f"\r{model._meta.label}.{field}: {number}")
        self.stdout.write(" ".join(f"{name}={count}" for name, count in counts.items()) + f" dry_run={dry_run}".lower())
        if counts["failed"]:
            raise CommandError("no configured key opens the failed values: put their key back", returncode=FAILED)
        if not dry_run:
            self.stdout.write("only the first key is needed now")

    def _one(self, model: type[Model], field: str, pk: Any, value: str, dry_run: bool) -> str:
        try:
            if is_current(value):
                return "current"
            plain = unseal(value)
        except CannotOpen:
            self.stderr.write(f"failed: {model._meta.label} {pk} {field}")
            return "failed"
        if not dry_run:
            _raw(model, field).filter(pk=pk, raw=value).update(**{field: plain})
        return "resealed"


def _sealed_fields() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field.name


def _values(model: type[Model], field: str, batch: int) -> Iterator[tuple[Any, str]]:
    """Key and sealed text of each row, in batches by key, so that neither memory nor a transaction grows."""
    rows = _raw(model, field).exclude(Q(raw="") | Q(raw=None)).order_by("pk").values_list("pk", "raw")
    chunk = list(rows[:batch])
    while chunk:
        yield from chunk
        chunk = list(rows.filter(pk__gt=chunk[-1][0])[:batch])


def _raw(model: type[Model], field: str) -> Any:
    """The rows with `raw`: the field as it lies in the database."""
    return model._base_manager.annotate(raw=Cast(F(field), TextField()))


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) <= 100_000:
        raise ArgumentTypeError(f"{text!r} is no number from 1 to 100000")
    return int(text)
