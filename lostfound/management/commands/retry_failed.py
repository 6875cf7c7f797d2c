"""Door: put failed effects of the lost and found back to work."""

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from lostfound import selectors, services
from lostfound.management.base import ACTOR, BatchCommand, only, refuse, row_id
from lostfound.models import ContactRequest
from lostfound.services import owing
from wecom.outbox import Outgoing


class Command(BatchCommand):
    help = "Retry messages and card updates that were refused or given up."
    verb = "retried"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--outgoing", type=row_id, action="append", metavar="ID", help="only this message")
        parser.add_argument("--kind", help="only this kind, such as lostfound.update_card")
        parser.add_argument(
            "--unsure",
            action="store_true",
            help="also contacts that were perhaps delivered: the owner may then see them twice",
        )

    def choose(self, options: dict[str, Any]) -> "QuerySet[Outgoing]":
        named = options["outgoing"] or []
        rows = selectors.outgoing_to_retry(unsure=options["unsure"] or bool(named))
        if named:
            _refuse_unfit(named)
            rows = rows.filter(pk__in=named)
        if options["kind"]:
            rows = rows.filter(kind=options["kind"])
        if options["since"]:
            rows = rows.filter(created_at__gte=options["since"])
        if options["request"] or options["item"]:
            chosen = only(ContactRequest.objects.all(), {**options, "since": None})
            rows = rows.filter(topic__in=[owing.topic_of(pk) for pk in chosen.values_list("pk", flat=True)])
        return rows

    def act(self, row: Outgoing, options: dict[str, Any]) -> None:
        services.retry_outgoing(outgoing_id=row.pk, by=ACTOR)


def _refuse_unfit(ids: list[int]) -> None:
    """Named rows must exist and have failed: a wrong id is more likely than a wish for nothing."""
    states = dict(Outgoing.objects.filter(pk__in=ids).values_list("pk", "state"))
    if unknown := [str(pk) for pk in ids if pk not in states]:
        refuse(f"there is no outgoing message {', '.join(unknown)}")
    if unfit := [f"{pk} ({state})" for pk, state in states.items() if state not in selectors.FAILED]:
        refuse(f"neither parked nor dead: {', '.join(unfit)}")
