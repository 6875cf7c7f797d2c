"""Door: send the question again where it did not arrive, or stands unanswered for long."""

from typing import Any

from django.db.models import QuerySet

from lostfound import selectors, services
from lostfound.management.base import ACTOR, BatchCommand, only
from lostfound.models import ContactRequest


class Command(BatchCommand):
    help = "Send a new card where the last one failed, was not delivered, or stands unanswered for long."
    verb = "resent"

    def choose(self, options: dict[str, Any]) -> "QuerySet[ContactRequest]":
        # Of a request that was named, one wants to hear why its card needs no successor.
        named = ContactRequest.objects.order_by("pk") if options["request"] else selectors.requests_to_resend()
        return only(named, options)

    def act(self, row: ContactRequest, options: dict[str, Any]) -> None:
        services.resend_card(request_id=row.pk, by=ACTOR)
