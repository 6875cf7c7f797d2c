"""Door: the first page of the admin: what needs somebody now, how we are doing, what is there. Numbers are links."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lostfound import selectors, statistics
from lostfound.states import Category, ItemKind, ItemState, RequestState
from lostfound.statistics import Day, Returned
from wecom import standing
from wecom.admin.labels import duration
from wecom.models import Callback, Job, Outgoing

from .proxies import only_updates, without_updates

LATE = timedelta(minutes=5)
# The same colour for the same state everywhere: unfold's green, red, orange and greys.
COLOURS = (
    (RequestState.ACCEPTED, "#16a34a"),
    (RequestState.DECLINED, "#dc2626"),
    (RequestState.EXPIRED, "#f97316"),
    (RequestState.WITHDRAWN, "#9ca3af"),
    (RequestState.PENDING, "#60a5fa"),
)
CHART = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "plugins": {"legend": {"display": False}},
    "maxBarThickness": 18,
    "datasets": {"bar": {"borderRadius": 2}},
    "scales": {
        "x": {"stacked": True, "grid": {"display": False}},
        "y": {"stacked": True, "beginAtZero": True, "display": True, "ticks": {"precision": 0}},
    },
}

Tile = dict[str, Any]


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """UNFOLD["DASHBOARD_CALLBACK"]: adds what this person may see to the context of the index page."""
    context["worker"] = standing.workers() > 0
    context["paused"] = [(row.name, row.reason, row.closed_until) for row in standing.paused()]
    context["needs"] = [tile for tile in _needs() if _may(request, tile["label"])]
    context["doing"] = _doing() if _may(request, "lostfound.contactrequest") else None
    context["there"] = _there() if _may(request, "lostfound.item") else None
    return context


def _needs() -> list[Tile]:
    outgoing, unseen = standing.needing(Outgoing), selectors.requests_not_seen().count()
    failed = {"state__in": Outgoing.NEEDS_PERSON}
    unread = {"state__in": Callback.NEEDS_PERSON}
    dying = standing.dying_codes().filter(card__lostfound_card__isnull=False).count()
    return [
        _tile("wecom.outgoing", _("Messages that failed"), without_updates(outgoing).count(), **failed),
        _tile("lostfound.cardupdate", _("Card updates that failed"), only_updates(outgoing).count(), **failed),
        _tile("wecom.callback", _("Callbacks nobody handled"), standing.needing(Callback).count(), **unread),
        _tile("lostfound.contactrequest", _("Questions that did not arrive"), unseen, question="unseen"),
        _tile("lostfound.responsecode", _("Codes that die within two hours"), dying, dying="yes"),
        _tile("lostfound.item", _("Things held long enough"), selectors.items_due().count(), holding="due"),
        _tile("lostfound.item", _("Disposals to agree to"), selectors.items_proposed().count(), holding="proposed"),
        _oldest("wecom.callback", _("Oldest callback waiting"), Callback),
        _oldest("wecom.outgoing", _("Oldest message waiting"), Outgoing),
    ]


def _oldest(label: str, words: str, model: type[Job]) -> Tile:
    """Waiting is no trouble until it is long."""
    age = standing.oldest(model)
    tile = _tile(label, words, 0, state__in=Job.OPEN)
    return {**tile, "shown": duration(age) if age else "–", "needs": bool(age and age > LATE)}


def _doing() -> dict[str, Any]:
    days = statistics.requests_by_day()
    rate, spread = statistics.answer_rate(days), statistics.tap_to_contact()
    return {
        "asked": sum(day.states.total() for day in days),
        "rate": f"{rate:.0%}" if rate is not None else "–",
        "half": duration(spread.half) if spread.count else "–",
        "most": duration(spread.most) if spread.count else "–",
        "url": reverse("admin:lostfound_contactrequest_changelist"),
        "by_day": _drawn(days),
        "options": json.dumps(CHART),
        "legend": [(RequestState(state).label, colour) for state, colour in COLOURS],
    }


def _drawn(days: list[Day]) -> str:
    """What Chart.js draws; every day has its place, one without requests too."""
    sets = [
        {
            "label": str(RequestState(state).label),
            "data": [day.states[state] for day in days],
            "backgroundColor": colour,
            "stack": "requests",
        }
        for state, colour in COLOURS
    ]
    return json.dumps({"labels": [date_format(day.day, "MONTH_DAY_FORMAT") for day in days], "datasets": sets})


def _there() -> dict[str, Any]:
    items = statistics.items()
    tiles = [
        _tile(
            "lostfound.item",
            f"{ItemKind(kind).label} · {ItemState(state).label}",
            number,
            kind__exact=kind,
            state__exact=state,
        )
        for kind, state, number in items.by_state
    ]
    by_category = [_line(one, Category(one.name).label, "category__exact") for one in items.by_category]
    by_place = [_line(one, one.name, "place__exact") for one in statistics.returned_by_place()]
    tables = [(_("By category"), by_category), (_("By place"), by_place)]
    return {"tiles": tiles, "tables": [(title, lines) for title, lines in tables if lines]}


def _line(one: Returned, words: object, field: str) -> dict[str, Any]:
    return {
        "words": words,
        "url": _address("lostfound.item", {"kind__exact": ItemKind.FOUND.value, field: one.name}),
        "found": one.found,
        "rate": f"{one.rate:.0%}",
        "share": round(one.rate * 100),
        "took": duration(timedelta(days=one.days)) if one.days is not None else "–",
    }


def _tile(label: str, words: Any, count: int, **query: Any) -> Tile:
    return {"label": label, "words": words, "shown": str(count), "needs": count > 0, "url": _address(label, query)}


def _address(label: str, query: dict[str, Any]) -> str:
    chosen = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in query.items()}
    page = reverse(f"admin:{label.replace('.', '_')}_changelist")
    return f"{page}?{urlencode(chosen, safe=',')}"


def _may(request: HttpRequest, label: str) -> bool:
    app, model = label.split(".")
    return any(request.user.has_perm(f"{app}.{right}_{model}") for right in ("view", "change"))
