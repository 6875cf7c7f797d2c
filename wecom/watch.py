"""Decisions: how long something may be on its way before a person is told.

Whether a worker runs at all this cannot say: it is run by one. That is what /readyz is for.
"""

from datetime import datetime, timedelta

from django.db.models import Min, Q
from django.utils import timezone

from . import alerts, standing
from .models import Callback, Job, Outgoing

OLD = timedelta(minutes=5)
VERY_OLD = timedelta(hours=20)  # four hours before a code dies, by the shorter of WeCom's two statements

SORTS: dict[str, type[Job]] = {"callbacks": Callback, "outgoing messages": Outgoing}


def look() -> None:
    """Raise an alert for what is open and older than 5 minutes, and another for what is older than 20 hours."""
    now = timezone.now()
    for name, model in SORTS.items():
        for what, age in ((alerts.OLD, OLD), (alerts.VERY_OLD, VERY_OLD)):
            _look_at(name, model, what=what, limit=now - age, now=now)


def _look_at(name: str, model: type[Job], *, what: str, limit: datetime, now: datetime) -> None:
    """What is owed for a later day is not old before that day."""
    born = standing.BORN[model]
    old = standing.waiting(model).filter(standing.BEGUN | Q(due_at__lte=limit), **{f"{born}__lte": limit})
    oldest = old.aggregate(first=Min(born))["first"]
    if oldest is not None:
        minutes = int((now - oldest).total_seconds() // 60)
        alerts.alert(what, name, f"{old.count()} waiting, the oldest for {minutes} minutes")
