"""How soon the first page of the admin is there, with a few years of requests in the books."""

import itertools
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from lostfound.models import ContactRequest, Item
from lostfound.states import Category, Delivery, ItemKind, ItemState, RequestState

AT_ONCE = 5_000
PLACES = [
    f"{building}号楼{where}" for building in range(1, 9) for where in ("食堂", "大堂", "会议室", "停车场", "前台")
]
OVER_DAYS = 3 * 365


def front_page(*, requests: int, repeats: int) -> dict[str, float]:
    """Milliseconds from the request to the whole page, as an administrator sees it."""
    _fill(requests)
    browser = Client(SERVER_NAME="localhost")
    desk, _ = get_user_model().objects.get_or_create(username="desk", is_staff=True, is_superuser=True)
    browser.force_login(desk)
    times = []
    for _ in range(repeats + 1):  # the first one compiles the templates
        start = time.perf_counter()
        answer = browser.get("/admin/")
        times.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, answer.status_code
    assert f"{ItemKind.FOUND.label} · {ItemState.RETURNED.label}" in answer.content.decode()
    return {"requests": requests, "median_ms": median(times[1:]), "max_ms": max(times[1:])}


def _fill(count: int) -> None:
    """So many items and requests, spread over three years; most are over."""
    chance, now = random.Random(1), timezone.now()
    for _ in range(0, count, AT_ONCE):
        items = Item.objects.bulk_create(itertools.islice(_items(chance, now), AT_ONCE))
        ContactRequest.objects.bulk_create(_request(item, chance) for item in items)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # autovacuum would do so within a minute
            for model in (Item, ContactRequest):
                cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def _items(chance: random.Random, now: datetime) -> Iterator[Item]:
    while True:
        happened = now - timedelta(days=chance.uniform(0, OVER_DAYS))
        over = chance.random() < 0.95
        closed: dict[str, Any] = {"state": ItemState.OPEN}
        if over:
            state = chance.choice([ItemState.RETURNED, ItemState.RETURNED, ItemState.CLOSED])
            closed = {"state": state, "closed_at": min(now, happened + timedelta(days=chance.expovariate(0.2)))}
        yield Item(
            kind=chance.choice(ItemKind.values),
            title="黑色雨伞",
            category=chance.choice(Category.values),
            place=chance.choice(PLACES),
            happened_at=happened,
            created_at=happened,
            reporter=f"finder{chance.randrange(2_000)}",
            **closed,
        )


def _request(item: Item, chance: random.Random) -> ContactRequest:
    state = chance.choices(
        RequestState.values, weights=[1 if one == RequestState.PENDING else 20 for one in RequestState]
    )[0]
    asked = item.happened_at + timedelta(hours=1)
    request = ContactRequest(
        item=item,
        owner=f"owner{chance.randrange(20_000)}",
        finder=item.reporter,
        item_title=item.title,
        state=state,
        created_at=asked,
    )
    if state != RequestState.PENDING:
        request.decided_at = asked + timedelta(minutes=chance.uniform(1, 600))
    if state == RequestState.ACCEPTED:
        request.delivery, request.delivered_at = Delivery.DELIVERED, asked + timedelta(hours=11)
    return request
