"""Plumbing: the settings of the lost and found; its times follow from how long a response code lives."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from wecom import sent_cards


def expire_after() -> timedelta:
    """How long a finder may leave a card unanswered: the code kept from the send can then still close the card."""
    return sent_cards.answer_within()


def stale_after() -> timedelta:
    """How long a card stands unanswered before a person may send the question again."""
    return expire_after() / 2


def whom_to_ask() -> str:
    """Who helps a member that gets no further, in the company's own words; empty where nobody is named."""
    return str(getattr(settings, "LOSTFOUND_HELP", ""))


def open_requests() -> int:
    """How many open requests one member may have."""
    return int(getattr(settings, "LOSTFOUND_OPEN_REQUESTS", 5))


def requests_a_day() -> int:
    """How many requests one member may make within 24 hours."""
    return int(getattr(settings, "LOSTFOUND_REQUESTS_A_DAY", 20))


def holding(category: str) -> timedelta:
    """How long a found thing of this category is kept for its owner; then somebody decides where it goes."""
    days = getattr(settings, "LOSTFOUND_HOLDING_DAYS_OF", {}).get(
        category, getattr(settings, "LOSTFOUND_HOLDING_DAYS", 90)
    )
    return timedelta(days=days)


def outside_address(path: str) -> str:
    """A whole address of our own for a message, which no request knows."""
    return str(settings.SITE_URL).rstrip("/") + path


def site_address(request: HttpRequest, path: str) -> str:
    """A whole address of our own as the browser knows it: a proxy in front may speak https where we do not."""
    site = str(settings.SITE_URL).rstrip("/")
    if urlsplit(site).netloc == request.get_host():
        return site + path
    return request.build_absolute_uri(path)
