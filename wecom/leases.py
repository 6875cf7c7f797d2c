"""Plumbing: a name that one holder at a time may act under. A row, claimed by a filtered UPDATE."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from .models import Lease

SKEW = timedelta(minutes=10)  # by which the clocks of two hosts may differ


def me() -> str:
    """A name for this process, fit for people: host, process id, and a few characters against reuse."""
    return f"{socket.gethostname()}:{os.getpid()}:{_SALT}"


_SALT = secrets.token_hex(2)


def acquire(name: str, length: timedelta, *, holder: str) -> bool:
    """Take the name unless somebody else's time is still running; True where it is now ours.

    A time that ends later than any could was written by a clock that was ahead, and counts as over.
    """
    now = timezone.now()
    free = Lease.objects.filter(Q(until__lte=now) | Q(until__gt=now + length + SKEW), pk=name)
    if not Lease.objects.filter(pk=name).exists():
        Lease.objects.bulk_create([Lease(pk=name, until=now)], ignore_conflicts=True)
    # Look before writing: on SQLite even a filtered UPDATE that hits nothing waits for the writer's lock.
    return free.exists() and bool(free.update(holder=holder, until=now + length))


def release(name: str, *, holder: str) -> None:
    Lease.objects.filter(pk=name, holder=holder).update(until=timezone.now())


def beat(name: str, length: timedelta, *, holder: str) -> None:
    """Say that the holder lives and works; whoever looks at the row sees until when that is believed."""
    Lease.objects.update_or_create(pk=name, defaults={"holder": holder, "until": timezone.now() + length})


@contextmanager
def held(name: str, length: timedelta) -> Iterator[bool]:
    """Hold the name for the block if it is free; the block learns whether it does."""
    holder = f"{me()}:{secrets.token_hex(4)}"
    mine = acquire(name, length, holder=holder)
    try:
        yield mine
    finally:
        if mine:
            release(name, holder=holder)
