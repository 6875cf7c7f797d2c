"""Door: close the requests that nobody answered, while the code kept from the send can still close their cards."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from lostfound import conf, selectors, services
from lostfound.management.base import ACTOR, BatchCommand, hours, only
from lostfound.models import ContactRequest


class Command(BatchCommand):
    help = "Close the cards nobody answered in time, and tell the owners."
    verb = "expired"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        usual = conf.expire_after() / timedelta(hours=1)
        parser.add_argument(
            "--older-than", type=hours, default=usual, metavar="HOURS", help=f"asked longer ago (default {usual:g})"
        )

    def choose(self, options: dict[str, Any]) -> "QuerySet[ContactRequest]":
        overdue = selectors.requests_to_expire(older_than=timedelta(hours=options["older_than"]))
        return only(overdue, options)

    def act(self, row: ContactRequest, options: dict[str, Any]) -> None:
        services.expire_request(request_id=row.pk, by=ACTOR)
