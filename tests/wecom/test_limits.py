"""The limits that WeCom enforces without a word are kept by us, whoever calls."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from wecom import leases, limits
from wecom.models import Bucket, Lease

pytestmark = pytest.mark.django_db

STEP = timedelta(seconds=5)


def test_a_member_gets_at_most_25_messages_in_any_minute_and_900_in_any_hour() -> None:
    """Somebody tries without pause for longer than an hour."""
    begin = timezone.now()
    limits._make(["member:default:lisi"])
    passed = []
    for number in range(int(timedelta(minutes=63) / STEP)):
        now = begin + number * STEP
        with suppress(limits.Held):
            while True:
                limits._use("member:default:lisi", limits.MEMBER, now)
                passed.append(now)

    def most_within(window: timedelta) -> int:
        return max(sum(start <= one < start + window for one in passed) for start in passed[:: 1 + len(passed) // 50])

    assert most_within(timedelta(minutes=1)) <= 25
    assert 880 <= most_within(timedelta(hours=1)) <= 900


def test_an_api_gets_at_most_6000_calls_in_any_minute() -> None:
    """All workers together try every second for longer than a minute, as often as they may."""
    begin, name = timezone.now(), limits.api_name("default", "message/send")
    limits._make([name])
    passed = [0] * 63
    for second in range(63):
        with suppress(limits.Held):
            while True:
                limits._use(name, limits.API, begin + timedelta(seconds=second))
                passed[second] += 1
    assert 5900 <= max(sum(passed[start : start + 60]) for start in range(3)) <= 6000


def test_what_a_clock_wrote_that_was_ahead_holds_nobody_once_it_is_set_back() -> None:
    later = timezone.now() + timedelta(hours=8)
    names = [limits.api_name("default", "message/send"), limits.member_name("default", "lisi")]
    Bucket.objects.bulk_create(Bucket(pk=name, busy_until=later) for name in names)
    Bucket.objects.create(pk=limits.app_name("default"), closed_until=later)
    limits.admit("default", "message/send", ["lisi"])
    assert max(Bucket.objects.values_list("busy_until", flat=True)) < timezone.now() + timedelta(minutes=1)


def test_so_does_the_lease_of_a_holder_whose_clock_was_ahead() -> None:
    Lease.objects.create(pk="work", holder="yesterday", until=timezone.now() + timedelta(hours=8))
    assert leases.acquire("work", timedelta(minutes=1), holder="me")
    assert not leases.acquire("work", timedelta(minutes=1), holder="somebody else")


def test_clocks_that_differ_a_little_take_no_lease_away() -> None:
    Lease.objects.create(pk="work", holder="me", until=timezone.now() + timedelta(minutes=6))
    assert not leases.acquire("work", timedelta(minutes=1), holder="somebody else")
