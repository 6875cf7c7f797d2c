"""The limits that WeCom enforces without a word are kept by us, whoever calls."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from wecom import limits

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
