"""Decisions: how things stand, in reads that stay cheap whatever has piled up.

The dashboard, /readyz, /metrics and wecom_doctor ask here, so that they never disagree.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from . import leases, limits
from .fields import Literal
from .models import Bucket, Callback, Job, Lease, Outgoing, ResponseCode, SentCard

__all__ = ["dying_codes", "needing", "oldest", "paused", "waiting", "workers"]

WORKER = "worker:"  # the workers' leases are named so; each is renewed while its worker lives
BEAT = timedelta(minutes=1)  # for which a sign of life is believed, and some more
DYING = timedelta(hours=2)
BORN: dict[type[Job], str] = {Callback: "received_at", Outgoing: "created_at"}
BEGUN = ~Q(error="") | Q(attempts__gt=0)  # tried, held or refused; what is owed for a later day is not, before that day
ON_A_PHONE = (SentCard.State.SHOWN, SentCard.State.CLOSING, SentCard.State.STUCK)


def needing(model: type[Callback] | type[Outgoing]) -> "QuerySet[Any]":
    """The rows that wait for a person, by the index that holds them alone."""
    return model._default_manager.filter(state__in=[Literal(state) for state in model.NEEDS_PERSON])


def waiting(model: type[Job]) -> "QuerySet[Any]":
    """Rows that are open: waiting, or being worked on."""
    return model._default_manager.filter(Job.IS_OPEN)


def oldest(model: type[Job], *, now: datetime | None = None) -> timedelta | None:
    """For how long the longest waiting row has been due, or there where it was begun; None where nothing is."""
    now = now or timezone.now()
    since = waiting(model).aggregate(due=Min("due_at", filter=Q(due_at__lte=now)), begun=Min(BORN[model], filter=BEGUN))
    first = min(filter(None, since.values()), default=None)
    return now - first if first else None


def workers() -> int:
    """How many workers are alive. What a clock wrote that was ahead is no sign of life."""
    now = timezone.now()
    beating = Lease.objects.filter(name__startswith=WORKER, until__gt=now, until__lte=now + leases.SKEW + BEAT)
    return beating.count()


def paused() -> "QuerySet[Bucket]":
    """Apps and APIs that nothing is sent through at the moment, each with its reason."""
    now = timezone.now()
    apps = Q(name__startswith="app:", closed_until__lte=now + limits.APP_CLOSED)
    apis = Q(name__startswith="api:", closed_until__lte=now + limits.FULL)
    return Bucket.objects.filter(apps | apis, closed_until__gt=now)


def dying_codes(rows: "QuerySet[ResponseCode] | None" = None) -> "QuerySet[ResponseCode]":
    """Codes of cards on a phone that die within two hours: what is still to be shown there must be shown by then."""
    now = timezone.now()
    codes = ResponseCode.objects.all() if rows is None else rows
    alive = codes.filter(state=Literal("live"), expires_at__gt=now, expires_at__lte=now + DYING)
    return alive.filter(card__state__in=ON_A_PHONE)
