"""Decisions: how long something may be on its way before a person is told.

Whether a worker runs at all this cannot say: it is run by one. That is what /readyz is for.
"""

from datetime import datetime, timedelta

from django.db.models import Min, Q
from django.utils import timezone

from . import alerts
from .models import Callback, Job, Outgoing

OLD = timedelta(minutes=5)
VERY_OLD = timedelta(hours=20)  # four hours before a code dies, by the shorter of WeCom's two statements

SORTS: dict[str, tuple[type[Job], str]] = {
    "callbacks": (Callback, "received_at"),
    "outgoing messages": (Outgoing, "created_at"),
}


def look() -> None:
    """Raise an alert for what is open and older than 5 minutes, and another for what is older than 20 hours."""
    now = timezone.now()
    for name, (model, born) in SORTS.items():
        for what, age in ((alerts.OLD, OLD), (alerts.VERY_OLD, VERY_OLD)):
            _look_at(name, model, born, what=what, limit=now - age, now=now)


def _look_at(name: str, model: type[Job], born: str, *, what: str, limit: datetime, now: datetime) -> None:
    """What is owed for a later day is not old before that day: it has not been tried, held or refused yet."""
    begun = Q(due_at__lte=limit) | ~Q(error="") | Q(attempts__gt=0)
    old = model._default_manager.filter(begun, Job.IS_OPEN, **{f"{born}__lte": limit})
    oldest = old.aggregate(first=Min(born))["first"]
    if oldest is not None:
        minutes = int((now - oldest).total_seconds() // 60)
        alerts.alert(what, name, f"{old.count()} waiting, the oldest for {minutes} minutes")
