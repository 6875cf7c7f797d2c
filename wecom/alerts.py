"""Plumbing: what a person must be told. Written down with what it is about, then told by a worker.

    alerts.alert(alerts.PARKED, f"outgoing {row.pk}", "kind=shop.tell errcode=81013")

Raising is a write in the transaction of what went wrong: no end of a job survives a crash without its alert. Telling
is the network, so it is done apart, by one worker at a time: the webhook, the mail, or both. At least once, because a
worker may die between telling and writing that down (the `id` it tells is the same then); and never again for the same
matter within an hour, however often it is raised. Nothing in a text may be about a person: ids, kinds and errcodes.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from . import conf
from .client import hooks
from .errors import WeComError
from .models import Alert

__all__ = [
    "CODE_REFUSED",
    "DEAD",
    "OLD",
    "PARKED",
    "PAUSED",
    "POISON",
    "QUARANTINED",
    "VERY_OLD",
    "WRONG_ACTOR",
    "alert",
    "tell_due",
]

logger = logging.getLogger("wecom.alerts")

PARKED, DEAD = "parked", "dead"
POISON, QUARANTINED = "poison", "quarantined"
PAUSED, OLD, VERY_OLD = "paused", "old", "very_old"
WRONG_ACTOR, CODE_REFUSED = "wrong_actor", "code_refused"

QUIET = timedelta(hours=1)  # between two tellings of one matter
AGAIN = timedelta(minutes=1)  # after a telling that failed, or whose teller died
# These say how things stand, and are raised as long as they do: each minute, or at each probe of a paused app.
STANDING, STANDS_FOR = (PAUSED, OLD, VERY_OLD), timedelta(minutes=15)
AT_ONCE, NOT_LONGER = 20, 20.0  # matters told in one go, and seconds


def alert(what: str, subject: str, text: str = "") -> None:
    """Raise one matter, in the transaction that makes it true.

    what     one of the words above
    subject  the row it is about, as "outgoing 12"; or what else is concerned, as "app:default"
    """
    now = timezone.now()
    row, is_new = Alert.objects.get_or_create(
        what=what, subject=subject[:190], defaults={"text": text, "raised_at": now, "times": 1}
    )
    if not is_new:
        Alert.objects.filter(pk=row.pk).update(text=text, raised_at=now, times=F("times") + 1)
    if row.told_at is None or not now - QUIET < row.told_at <= now:
        logger.error("%s: %s %s", what, subject, text)


def tell_due() -> int:
    """Tell what has been raised and not told; how many matters it was."""
    told, give_up = 0, time.monotonic() + NOT_LONGER
    for row in list(_due()[:AT_ONCE]):
        if time.monotonic() > give_up:  # other work by the clock waits
            break
        now = timezone.now()
        # Telling it takes its minute; who dies meanwhile leaves it to be told again after that.
        if not _due().filter(pk=row.pk).update(telling_until=now + AGAIN):
            continue
        row.refresh_from_db()
        if _tell(row):
            Alert.objects.filter(pk=row.pk).update(told_at=now, telling_until=None)
            told += 1
    return told


def _due() -> "QuerySet[Alert]":
    now = timezone.now()
    still_so = ~Q(what__in=STANDING) | Q(raised_at__gt=now - STANDS_FOR)
    untold = Q(told_at=None) | Q(still_so, told_at__lt=F("raised_at"), told_at__lte=now - QUIET)
    free = Q(telling_until=None) | Q(telling_until__lte=now)
    return Alert.objects.filter(untold, free).order_by("raised_at")


def _tell(row: Alert) -> bool:
    """By every way that the settings name; True where one of them worked, or none is named: the log has it."""
    ways = [way for way, wanted in ((_post, conf.alert_webhook()), (_mail, conf.alert_mail())) if wanted]
    worked = [way(row) for way in ways]
    return any(worked) or not ways


def _post(row: Alert) -> bool:
    try:
        hooks.post(conf.alert_webhook(), _body(row), words=_words(row))
    except WeComError as exc:
        logger.warning("the webhook did not take an alert: alert=%s why=%s", row.pk, exc)
        return False
    return True


def _mail(row: Alert) -> bool:
    try:
        send_mail(f"{row.what}: {row.subject}", _words(row), None, conf.alert_mail())
    except OSError as exc:  # smtplib's errors are OSErrors
        logger.warning("an alert could not be mailed: alert=%s why=%s", row.pk, type(exc).__name__)
        return False
    return True


def _body(row: Alert) -> dict[str, Any]:
    named = {name: getattr(row, name) for name in ("what", "subject", "text", "times")}
    return {"id": f"{row.pk}:{row.told_at.isoformat() if row.told_at else ''}", **named, "link": _link(row)}


def _words(row: Alert) -> str:
    return "\n".join(filter(None, (f"{row.what}: {row.subject}", row.text, _link(row))))


def _link(row: Alert) -> str:
    """The page of the row in the admin; empty where the matter is no row with a page."""
    model, _, pk = row.subject.partition(" ")
    if not pk.isdecimal():
        return ""
    try:
        return str(getattr(settings, "SITE_URL", "")).rstrip("/") + reverse(f"admin:wecom_{model}_change", args=[pk])
    except NoReverseMatch:
        return ""
