"""Door: forget one person."""

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lostfound import erasure
from lostfound.errors import Invalid
from lostfound.management.base import ACTOR, BAD_ARGUMENTS, FAILED
from lostfound.services.items import userid


class Command(BaseCommand):
    help = (
        "Forget one member: what they reported and asked for ends, nothing is sent to them any more, and name, words,"
        " contacts, photos and messages are dropped. Numbers stay right. This cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("userid", help="the member's UserID; case does not matter")
        parser.add_argument("--dry-run", action="store_true", help="count what would be forgotten, change nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, dry_run: bool, yes: bool, **options: Any) -> None:
        try:
            member = userid(options["userid"], "userid")
        except Invalid as exc:
            raise CommandError(str(exc), returncode=BAD_ARGUMENTS) from exc
        counts = erasure.affected(member)
        if not dry_run and not (yes or _is_sure(counts)):
            raise CommandError("nothing was changed; --yes does not ask", returncode=BAD_ARGUMENTS)
        if not dry_run:
            try:
                counts = erasure.erase(member=member, by=ACTOR)
            except erasure.StillSending as exc:
                raise CommandError(f"{exc}: run it again in a minute", returncode=FAILED) from exc
        self.stdout.write(_line(counts) + (" dry_run=true" if dry_run else ""))
        if get_user_model().objects.filter(username__iexact=member).exists():
            self.stderr.write("There is a login of this name: delete it in the admin.")


def _is_sure(counts: dict[str, int]) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{_line(counts)}\nForget this member for good? yes/no: ").strip().lower() == "yes"


def _line(counts: dict[str, int]) -> str:
    return " ".join(f"{name}={counts[name]}" for name in erasure.COUNTED)
