"""Door: the books as JSON lines, for an audit."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from lostfound import audit


class Command(BaseCommand):
    help = (
        "Write callbacks, requests with their timelines, cards with the states of their codes, outgoing messages"
        " with every try, and alerts as JSON lines. No contact, no code and nobody's words are among them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        types = "callback, request, card, outgoing or alert"
        parser.add_argument("--type", action="append", metavar="TYPE", help=f"only {types}")

    def handle(self, *, type: list[str] | None, **options: Any) -> None:
        number = 0
        for row in audit.rows():
            if type and row["type"] not in type:
                continue
            self.stdout.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False))
            number += 1
        if sys.stderr.isatty():
            self.stderr.write(f"{number} rows")
