"""Decisions: how the lost and found is doing, counted from the rows. Each read is by an index that holds all it needs.

Days are those of the site's time zone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.db.models import Count, DateField, Value
from django.utils import timezone

from .models import ContactRequest, Item
from .states import ItemKind, ItemState, RequestState

DAYS = 30
LATEST = 1_000  # so many of the newest are enough for a median
LATEST_OF_ONE = 100  # and so many of one category, or of one place
MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    states: Counter[str]


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of the found items of one category, or of one place."""

    name: str
    found: int
    returned: int
    days: float | None

    @property
    def rate(self) -> float:
        return self.returned / self.found


@dataclass(frozen=True, slots=True)
class Items:
    """All items by kind and state, and what became of the found ones by category: one read for both."""

    by_state: list[tuple[str, str, int]]
    by_category: list[Returned]


@dataclass(frozen=True, slots=True)
class Spread:
    """Of a number of durations: half of them were shorter than `half`, nine of ten shorter than `most`."""

    count: int = 0
    half: timedelta = field(default=timedelta())
    most: timedelta = field(default=timedelta())


def requests_by_day(days: int = DAYS) -> list[Day]:
    """The requests asked on each of the last days, by what has become of them."""
    today = timezone.localdate()
    wanted = [today - timedelta(days=back) for back in reversed(range(days))]
    first, *others = (_asked_on(day) for day in wanted)
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for row in first.union(*others, all=True):
        found[row["day"]][row["state"]] += row["number"]
    return [Day(day, found[day]) for day in wanted]


def answer_rate(days: Iterable[Day]) -> float | None:
    """The share of requests that finders answered, of those that are over; None where none is."""
    states: Counter[str] = sum((day.states for day in days), Counter())
    answered = states[RequestState.ACCEPTED] + states[RequestState.DECLINED]
    over = answered + states[RequestState.EXPIRED]
    return answered / over if over else None


def tap_to_contact() -> Spread:
    """From the finder's answer to the contact at the owner's phone, of the latest deliveries."""
    latest = ContactRequest.objects.filter(delivered_at__isnull=False).order_by("-delivered_at")[:LATEST]
    moments = latest.values_list("decided_at", "delivered_at")
    took = sorted((delivered - decided).total_seconds() for decided, delivered in moments if decided and delivered)
    if not took:
        return Spread()
    most = quantiles(took, n=10)[-1] if len(took) > 1 else took[0]
    return Spread(len(took), timedelta(seconds=median(took)), timedelta(seconds=most))


def items() -> Items:
    rows = Item.objects.order_by().values_list("kind", "category", "state").annotate(number=Count("state"))
    by_state: Counter[tuple[str, str]] = Counter()
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, category, state, number in rows:
        by_state[kind, state] += number
        if kind == ItemKind.FOUND:
            found[category][state] += number
    return Items([(*which, number) for which, number in sorted(by_state.items())], _returned(found, "category"))


def returned_by_place() -> list[Returned]:
    rows = Item.objects.filter(kind=ItemKind.FOUND).exclude(place="").order_by().values_list("place", "state")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for place, state, number in rows.annotate(number=Count("state")):
        found[place][state] += number
    return _returned(found, "place")


def _asked_on(day: date) -> Any:
    """By a range and not by a function of the moment: the index is used, and a day is as long as its zone has it."""
    start, end = _midnight(day), _midnight(day + timedelta(days=1))
    of_day = ContactRequest.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    which = Value(day, output_field=DateField())
    return of_day.annotate(day=which).values("day", "state").annotate(number=Count("state"))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  made aware here


def _returned(found: dict[str, Counter[str]], by: str) -> list[Returned]:
    """The largest first, and as many as are shown. The days are those of the latest returned."""
    largest = sorted(found.items(), key=lambda one: (-one[1].total(), one[0]))[:MOST_LINES]
    return [
        Returned(name, states.total(), states[ItemState.RETURNED], _days_until_returned(**{by: name}))
        for name, states in largest
    ]


def _days_until_returned(**of: str) -> float | None:
    returned: Any = Item.objects.filter(kind=ItemKind.FOUND, state=ItemState.RETURNED, closed_at__isnull=False, **of)
    moments = returned.order_by("-closed_at").values_list("happened_at", "closed_at")[:LATEST_OF_ONE]
    took = [max(0.0, (closed - happened) / timedelta(days=1)) for happened, closed in moments]
    return median(took) if took else None
