"""Plumbing: the sandbox's own time, and the door to changing anything in it.

The offset ages codes, tokens, recalls, duplicates and rates. What the callbacks carry (timestamp, CreateTime) stays in
real time: the application that reads them lives there.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .models import World

ONLY = 1
PATIENCE = 5.0

_turn = threading.RLock()


def load() -> World:
    """The settings as they are now."""
    return World.objects.filter(pk=ONLY).first() or World.objects.get_or_create(pk=ONLY)[0]


@contextmanager
def change(*, chats: bool = True) -> Iterator[World]:
    """A transaction in which the world may be changed; others wait until it ends. `chats`: what phones show may change.

    The turn among the threads of this process only saves them SQLite's clumsy waiting; the row is the lock.
    """
    waited = _turn.acquire(timeout=PATIENCE)
    try:
        with transaction.atomic():
            yield _enter(chats=chats)
    finally:
        if waited:
            _turn.release()


def _enter(*, chats: bool) -> World:
    more = {"wire": F("wire") + 1, **({"chats": F("chats") + 1} if chats else {})}
    if not World.objects.filter(pk=ONLY).update(**more):
        World.objects.get_or_create(pk=ONLY)
        World.objects.filter(pk=ONLY).update(**more)
    return World.objects.get(pk=ONLY)


def now(world: World | None = None) -> datetime:
    """What time it is in the sandbox."""
    return timezone.now() + timedelta(seconds=(world or load()).offset_seconds)


def advance(seconds: int) -> None:
    """Let time pass (or, with a negative number, come back)."""
    with change():
        World.objects.filter(pk=ONLY).update(offset_seconds=F("offset_seconds") + seconds)
