"""Plumbing: the settings of the lost and found; its times follow from how long a response code lives."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix

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
    """A whole address of our own for a message. Whoever reads it came by another way than the request at hand, so the
    script name of that one is left out: SITE_URL says where the site is mounted.
    """
    return f"{str(settings.SITE_URL).rstrip('/')}/{path.removeprefix(get_script_prefix())}"


def site_address(request: HttpRequest, path: str) -> str:
    """A whole address of our own as the browser knows it: a proxy in front may speak https where we do not."""
    site = urlsplit(str(settings.SITE_URL))
    if site.netloc == request.get_host():
        return f"{site.scheme}://{site.netloc}{path}"
    return request.build_absolute_uri(path)
