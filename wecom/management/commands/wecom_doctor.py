"""Door: is everything there that this needs? What is missing is said with its remedy."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wecom import conf, doctor
from wecom.doctor import Finding, State

SIGNS = {State.FINE: "ok", State.WRONG: "WRONG", State.UNKNOWN: "?"}


class Command(BaseCommand):
    help = (
        "Examine settings, database, token cache, workers, access token, trusted address, visible range, clock and the"
        " callback address. Exit code 1 where something is wrong. Nothing is changed, and nothing is sent to members."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app", default=conf.DEFAULT, help="alias in settings.WECOM (default)")
        parser.add_argument("--user", default="", metavar="USERID", help="a member whom the app should see")

    def handle(self, *, app: str, user: str, **options: Any) -> None:
        if app not in conf.aliases():
            raise CommandError(f"settings.WECOM has no app {app!r}", returncode=2)
        wrong = 0
        for finding in doctor.examine(app, userid=user):
            self._tell(finding)
            wrong += finding.state is State.WRONG
        if wrong:
            raise CommandError(f"{wrong} wrong", returncode=1)

    def _tell(self, finding: Finding) -> None:
        sign = {State.FINE: self.style.SUCCESS, State.WRONG: self.style.ERROR, State.UNKNOWN: self.style.WARNING}
        self.stdout.write(f"{sign[finding.state](SIGNS[finding.state].ljust(6))} {finding.name}: {finding.said}")
        if finding.remedy:
            self.stdout.write(f"       → {finding.remedy}")
