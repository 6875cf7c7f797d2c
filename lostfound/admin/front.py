"""Door: the first page of the admin, kept simple: what needs somebody now, and what is going on. Numbers are links."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lostfound.models import Card, ContactRequest, Item
from lostfound.states import Delivery, ItemKind, ItemState, RequestState
from wecom.models import Callback, Lease, Outgoing
from wecom.sent_cards import CardState

from .proxies import only_updates, without_updates

FAILED = (Outgoing.State.PARKED, Outgoing.State.DEAD)
UNREAD = (Callback.State.QUARANTINED, Callback.State.POISON)
UNSEEN = (CardState.UNDELIVERED, CardState.UNSURE, CardState.STUCK)


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """UNFOLD["DASHBOARD_CALLBACK"]: adds `needs`, `going` and `worker` to the context of the index page."""
    context["needs"] = [tile for tile in _needs() if _may(request, tile)]
    context["going"] = [tile for tile in _going() if _may(request, tile)]
    context["worker"] = Lease.objects.filter(name__startswith="worker:", until__gt=timezone.now()).exists()
    return context


def _needs() -> list[dict[str, Any]]:
    outgoing = Outgoing.objects.filter(state__in=FAILED)
    return [
        _tile("lostfound.cardupdate", _("Card updates that failed"), only_updates(outgoing).count(), state__in=FAILED),
        _tile("wecom.outgoing", _("Messages that failed"), without_updates(outgoing).count(), state__in=FAILED),
        _tile("lostfound.card", _("Cards not shown right"), _count(Card, UNSEEN), state__in=UNSEEN),
        _tile("wecom.callback", _("Callbacks nobody handled"), _count(Callback, UNREAD), state__in=UNREAD),
        _tile(
            "lostfound.contactrequest",
            _("Contacts not delivered"),
            ContactRequest.objects.filter(delivery__in=(Delivery.UNSURE, Delivery.FAILED)).count(),
            delivery__in=(Delivery.UNSURE, Delivery.FAILED),
        ),
    ]


def _going() -> list[dict[str, Any]]:
    requests = dict(ContactRequest.objects.order_by().values_list("state").annotate(Count("pk")))
    items = dict(Item.objects.filter(state=ItemState.OPEN).order_by().values_list("kind").annotate(Count("pk")))
    return [
        _tile(
            "lostfound.item",
            _("Open found items"),
            items.get(ItemKind.FOUND, 0),
            kind__exact="found",
            state__exact="open",
        ),
        _tile(
            "lostfound.item", _("Open lost items"), items.get(ItemKind.LOST, 0), kind__exact="lost", state__exact="open"
        ),
        *(
            _tile("lostfound.contactrequest", words, requests.get(state, 0), state__exact=state)
            for state, words in (
                (RequestState.PENDING, _("Requests waiting for the finder")),
                (RequestState.ACCEPTED, _("Requests accepted")),
                (RequestState.DECLINED, _("Requests declined")),
                (RequestState.EXPIRED, _("Requests expired")),
            )
        ),
    ]


def _count(model: Any, states: tuple[str, ...]) -> int:
    return int(model.objects.filter(state__in=states).count())


def _tile(label: str, words: Any, count: int, **query: Any) -> dict[str, Any]:
    chosen = "&".join(
        f"{name}={','.join(value) if isinstance(value, tuple) else value}" for name, value in query.items()
    )
    address = reverse(f"admin:{label.replace('.', '_')}_changelist")
    return {"label": label, "words": words, "count": count, "url": f"{address}?{chosen}"}


def _may(request: HttpRequest, tile: dict[str, Any]) -> bool:
    app, model = tile["label"].split(".")
    return any(request.user.has_perm(f"{app}.{right}_{model}") for right in ("view", "change"))
