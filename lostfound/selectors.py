"""Decisions: reading. Nothing here changes a row."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from wecom.outbox import Outgoing, State
from wecom.sent_cards import CardState

from . import conf
from .models import Card, ContactRequest, Disposal, Item
from .services import owing
from .states import NOBODY, Category, Delivery, DisposalState, ItemKind, ItemState, RequestState

FAILED = (State.PARKED, State.DEAD)
_NOT_SEEN = (CardState.UNDELIVERED, CardState.UNSURE, CardState.CANCELLED, CardState.RECALLED)
_NOT_SHOWN = (*_NOT_SEEN, CardState.STUCK)


def outgoing_of(request: ContactRequest) -> "QuerySet[Outgoing]":
    """All that this request owed or owes the world, oldest first, each with its tries."""
    rows = Outgoing.objects.filter(topic=owing.topic_of(request.pk))
    return rows.order_by("pk").prefetch_related("tries")


def newest_card(request: ContactRequest) -> Card | None:
    return request.cards.order_by("-round").first()


def requests_to_expire(
    *, older_than: timedelta | None = None, now: datetime | None = None
) -> "QuerySet[ContactRequest]":
    """Pending requests whose newest card was sent longer ago than that; by default while its code still lives.

    One that was never sent counts from when it was owed.
    """
    before = (now or timezone.now()) - (conf.expire_after() if older_than is None else older_than)
    newest = Card.objects.filter(request=OuterRef("pk")).order_by("-round")
    since = newest.annotate(since=Coalesce("sent_at", "created_at")).values("since")[:1]
    return (
        ContactRequest.objects.filter(state=RequestState.PENDING)
        .annotate(asked_at=Coalesce(Subquery(since), "created_at"))
        .filter(asked_at__lte=before)
        .order_by("asked_at", "pk")
    )


def requests_to_resend(*, now: datetime | None = None) -> "QuerySet[ContactRequest]":
    """Pending requests whose newest card was not delivered, is stuck, or stands unanswered for long."""
    stale = Q(newest_state=CardState.SHOWN, newest_at__lte=(now or timezone.now()) - conf.stale_after())
    newest = Card.objects.filter(request=OuterRef("pk")).order_by("-round")
    return (
        ContactRequest.objects.filter(state=RequestState.PENDING)
        .annotate(
            newest_state=Subquery(newest.values("state")[:1]),
            newest_at=Subquery(newest.values("created_at")[:1]),
        )
        .filter(Q(newest_state__in=_NOT_SHOWN) | stale)
        .order_by("pk")
    )


def outgoing_to_retry(*, unsure: bool = False) -> "QuerySet[Outgoing]":
    """Effects that a person may put back to work, oldest first.

    A contact that was perhaps delivered is among them only with `unsure`: a repeat could be seen twice.
    """
    rows = Outgoing.objects.filter(topic__startswith="request:", state__in=FAILED).order_by("pk")
    if unsure:
        return rows
    doubtful = ContactRequest.objects.filter(delivery=Delivery.UNSURE).values_list("pk", flat=True)
    return rows.exclude(kind=owing.DELIVER_CONTACT, subject__in=[str(pk) for pk in doubtful])


def next_step(request: ContactRequest) -> str:
    """What this request waits for, in one sentence for a person."""
    if request.state == RequestState.PENDING:
        card = newest_card(request)
        return _ASKING.get(card.state if card else "", _asked)()
    if request.state == RequestState.ACCEPTED and request.delivery != Delivery.DELIVERED:
        if request.consent_withdrawn_at:
            return _("The finder withdrew the consent.")
        if request.owner_is_erased:
            return _("The owner was erased: nothing is sent any more.")
        if request.delivery in (Delivery.UNSURE, Delivery.FAILED) and owing.contact_was_settled(request):
            return _("A person has seen to the contact by hand.")
        if request.delivery in (Delivery.UNSURE, Delivery.FAILED) and request.item.state != ItemState.OPEN:
            return _("The item is over: the contact is not sent again.")
        return _DELIVERING.get(request.delivery, _done)()
    if request.cards.filter(state=CardState.STUCK).exists():
        if Outgoing.objects.filter(
            topic=owing.topic_of(request.pk), kind=owing.RECALL_CARD, state__in=Outgoing.OPEN
        ).exists():
            return _("A card could not show its final text: it is about to be taken back.")
        return _("A card does not show its final text; its update can be retried when a code is left.")
    if request.cards.filter(state=CardState.CLOSING).exists():
        return _("The card is about to get its final text.")
    return _done()


def next_due(request: ContactRequest) -> datetime | None:
    """When the next of this request's effects is tried, if one waits."""
    waiting = Outgoing.objects.filter(topic=owing.topic_of(request.pk), state=State.WAITING)
    first: datetime | None = waiting.aggregate(first=Min("due_at"))["first"]
    return first


def expires_at(request: ContactRequest) -> datetime | None:
    """When a pending request ends by itself, unless somebody answers; see `requests_to_expire`."""
    if request.state != RequestState.PENDING:
        return None
    card = newest_card(request)
    since = (card.sent_at or card.created_at) if card else request.created_at
    return since + conf.expire_after()


def _asked() -> str:
    return _("The finder has the card; we wait for an answer.")


def _done() -> str:
    return _("Nothing more is to be done.")


_ASKING: dict[str, Callable[[], str]] = {
    CardState.OWED: lambda: _("The card is on its way to the finder."),
    CardState.UNDELIVERED: lambda: _("The card did not reach the finder: send it again."),
    CardState.UNSURE: lambda: _("Nobody knows whether the card reached the finder: send it again, or wait for a tap."),
    CardState.CANCELLED: lambda: _("The card was not sent: send it again."),
    CardState.RECALLED: lambda: _("The card was taken back: send it again."),
}
_DELIVERING: dict[str, Callable[[], str]] = {
    Delivery.OWED: lambda: _("The contact is on its way to the owner."),
    Delivery.UNSURE: lambda: _("Nobody knows whether the owner got the contact: ask, then retry it or leave it."),
    Delivery.FAILED: lambda: _("The owner did not get the contact: see why, then retry it."),
}


def items_due(rows: "QuerySet[Item] | None" = None, *, now: datetime | None = None) -> "QuerySet[Item]":
    """Found things nobody came for while they were held: each category has its period, see `conf.holding`."""
    now = now or timezone.now()
    periods = {category: conf.holding(category) for category in Category.values}
    over = Q()
    for category, period in periods.items():
        over |= Q(category=category, happened_at__lt=now - period)
    found = (Item.objects.all() if rows is None else rows).filter(kind=ItemKind.FOUND, state=ItemState.OPEN)
    return found.filter(over, happened_at__lt=now - min(periods.values()))  # the last is what the index can use


def items_proposed(rows: "QuerySet[Item] | None" = None) -> "QuerySet[Item]":
    """Found things whose disposal waits for a second person."""
    proposed = Disposal.objects.filter(state=DisposalState.PROPOSED).values("item")
    return (Item.objects.all() if rows is None else rows).filter(pk__in=proposed)


def finders_to_thank(start: datetime, end: datetime) -> "QuerySet[Item, Any]":
    """Who found what went back to its owner from `start` to before `end`: reporter, things, last; the most first."""
    back = Item.objects.filter(kind=ItemKind.FOUND, state=ItemState.RETURNED, closed_at__gte=start, closed_at__lt=end)
    known = back.exclude(reporter__startswith=NOBODY).order_by()
    return known.values("reporter").annotate(things=Count("pk"), last=Max("closed_at")).order_by("-things", "reporter")


def requests_not_seen(rows: "QuerySet[ContactRequest] | None" = None) -> "QuerySet[ContactRequest]":
    """Requests whose finder perhaps has no question to answer: their newest card did not surely arrive, or is gone."""
    pending = (ContactRequest.objects.all() if rows is None else rows).filter(state=RequestState.PENDING)
    newest = Card.objects.filter(request=OuterRef("pk")).order_by("-round").values("state")[:1]
    return pending.annotate(newest=Subquery(newest)).filter(newest__in=_NOT_SEEN)
