"""Plumbing: the sandbox's own time, and the door to changing anything in it.

The offset ages codes, tokens, recalls, duplicates and rates. What the callbacks carry (timestamp, CreateTime) stays in
real time: the application that reads them lives there.
"""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from .models import World

ONLY = 1


def load() -> World:
    """The settings as they are now."""
    return World.objects.filter(pk=ONLY).first() or World.objects.get_or_create(pk=ONLY)[0]


def enter(*, chats: bool = True) -> World:
    """Begin to change the world; call it first inside a transaction. Others wait until this one ends."""
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
    enter()
    World.objects.filter(pk=ONLY).update(offset_seconds=F("offset_seconds") + seconds)
