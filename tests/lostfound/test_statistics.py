"""The numbers of the first page, counted by hand."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from lostfound import statistics
from lostfound.models import ContactRequest, Item

from .world import ask, found_item

pytestmark = pytest.mark.django_db


def request_of(moment: datetime, **values: Any) -> ContactRequest:
    row = ask(found_item())
    ContactRequest.objects.filter(pk=row.pk).update(created_at=moment, **values)
    row.refresh_from_db()
    return row


def test_a_day_is_one_of_the_sites_time_zone(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    request_of(midnight)
    request_of(midnight - timedelta(seconds=1), state="expired")
    request_of(midnight - timedelta(days=29), state="declined")
    request_of(midnight - timedelta(days=30))
    days = statistics.requests_by_day()
    assert [dict(day.states) for day in days if day.states] == [{"declined": 1}, {"expired": 1}, {"pending": 1}]
    assert [len(days), days[-1].day, days[0].states["declined"]] == [30, midnight.date(), 1]


def test_finders_answer_or_do_not(settings: Any) -> None:
    assert statistics.answer_rate(statistics.requests_by_day()) is None
    for state in ("accepted", "declined", "accepted", "expired", "withdrawn", "pending"):
        request_of(timezone.now(), state=state)
    assert statistics.answer_rate(statistics.requests_by_day()) == 0.75


def test_half_and_nine_of_ten_were_quicker() -> None:
    now = timezone.now()
    for seconds in range(1, 12):
        request_of(now, decided_at=now, delivered_at=now + timedelta(seconds=seconds), state="accepted")
    request_of(now, decided_at=now, state="declined")
    spread = statistics.tap_to_contact()
    assert (spread.count, spread.half) == (11, timedelta(seconds=6))
    assert timedelta(seconds=10) <= spread.most <= timedelta(seconds=11)


def test_what_came_back_by_category_and_place() -> None:
    now = timezone.now()
    for number in range(4):
        item = found_item(category="umbrella", place="食堂")
        if number < 2:
            Item.objects.filter(pk=item.pk).update(
                state="returned", happened_at=now - timedelta(days=number + 1), closed_at=now
            )
    found_item(category="keys", place="")
    found_item(kind="lost", category="keys", place="食堂")
    umbrella, keys = statistics.items().by_category
    assert (umbrella.name, umbrella.found, umbrella.returned, umbrella.rate, umbrella.days) == (
        "umbrella",
        4,
        2,
        0.5,
        1.5,
    )
    assert (keys.name, keys.found, keys.days) == ("keys", 1, None)
    assert [(one.name, one.found) for one in statistics.returned_by_place()] == [("食堂", 4)]
    assert ("found", "returned", 2) in statistics.items().by_state


def test_a_rare_category_has_its_days_however_many_others_came_back_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "LATEST_OF_ONE", 3)
    now = timezone.now()
    for number, category in enumerate(["keys", *["bag"] * 5]):
        item = found_item(category=category)
        closed = now - timedelta(days=10 - number)
        happened = closed - timedelta(days=number + 1)
        Item.objects.filter(pk=item.pk).update(state="returned", happened_at=happened, closed_at=closed)
    bag, keys = statistics.items().by_category
    assert (keys.name, keys.days) == ("keys", 1.0)
    assert (bag.name, bag.days) == ("bag", 5.0)  # of the latest three: 4, 5 and 6
