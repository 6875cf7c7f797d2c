"""Door: the menu at the bottom of the app's chat."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from lostfound import conf
from lostfound.handlers import APP
from lostfound.management.base import FAILED
from wecom import clients
from wecom.errors import WeComError


def buttons() -> list[dict[str, Any]]:
    """What stands in it: each opens one of our pages."""
    pages: tuple[tuple[str, str, list[str]], ...] = (
        ("招领", "home", []),
        ("我丢了东西", "report_kind", ["lost"]),
        ("我捡到东西", "report_kind", ["found"]),
    )
    return [
        {"type": "view", "name": name, "url": conf.outside_address(reverse(page, args=args))}
        for name, page, args in pages
    ]


class Command(BaseCommand):
    help = "Put the pages into the menu of the app's chat, in place of the menu that is there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show the menu, change nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        menu = buttons()
        if not dry_run:
            try:
                clients.get(APP).menu.create(menu)
            except WeComError as exc:
                raise CommandError(str(exc), returncode=FAILED) from exc
        self.stdout.write(json.dumps(menu, ensure_ascii=False, indent=2))
        self.stdout.write(f"buttons={len(menu)}" + (" dry_run=true" if dry_run else ""))
