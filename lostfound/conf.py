"""Plumbing: the only reader of the settings that concern the lost and found; reads at use, never at import."""

from datetime import timedelta

from django.conf import settings

BEFORE_THE_CODE_DIES = timedelta(hours=2)


def code_lifetime() -> timedelta:
    """How long a response code lives by the shorter of WeCom's two statements: what we plan by."""
    return timedelta(hours=float(getattr(settings, "RESPONSE_CODE_TTL_HOURS", 24)))


def code_hard_lifetime() -> timedelta:
    """How long a response code lives by the longer statement: when we stop trying it."""
    return timedelta(hours=float(getattr(settings, "RESPONSE_CODE_HARD_TTL_HOURS", 72)))


def expire_after() -> timedelta:
    """How long a finder may leave a card unanswered: the code kept from the send can then still close the card."""
    return max(code_lifetime() - BEFORE_THE_CODE_DIES, timedelta(0))


def stale_after() -> timedelta:
    """How long a card stands unanswered before a person may send the question again."""
    return expire_after() / 2
