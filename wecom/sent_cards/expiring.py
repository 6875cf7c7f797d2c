"""Decisions: cards that nobody answered in time close by themselves."""

import logging
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from wecom.cards import read_update
from wecom.models import SentCard

from .changing import close
from .following import What, hear
from .rows import State, locked, move
from .taps import has_unread_tap

logger = logging.getLogger(__name__)

LATER = timedelta(minutes=10)  # so that what cannot be closed holds up no other
_OVER = (State.CLOSED, State.CANCELLED, State.RECALLED)


def expire_cards(limit: int = 500) -> int:
    """Close what is overdue, each card in its own transaction; how many were closed. Safe to run at any time.

    One that cannot be closed, for a tap on it is unread or its app has gone, is tried again after a while.
    """
    overdue = SentCard.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at", "pk")
    return sum(_expired(pk) for pk in overdue.values_list("pk", flat=True)[:limit])


def _expired(pk: int) -> bool:
    try:
        return _expire(pk)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("it cannot be closed: card=%s", pk)
        SentCard.objects.filter(pk=pk).update(expires_at=timezone.now() + LATER)
        return False


@transaction.atomic
def _expire(pk: int) -> bool:
    card = locked(pk)
    if card.expires_at is None or card.expires_at > timezone.now():
        return False  # somebody was quicker
    if card.is_final or card.state in _OVER:
        move(card, expires_at=None)
        return False
    if has_unread_tap(card):
        move(card, expires_at=timezone.now() + LATER)
        return False
    move(card, expires_at=None)
    hear(card, What.EXPIRED, by="worker")
    return close(card, read_update(card.expired_content, original=card.card))
