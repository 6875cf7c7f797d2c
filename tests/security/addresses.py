"""Every address that the site answers, as the resolver knows it, and an example of each that leads somewhere."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.urls import URLPattern, get_resolver

from lostfound.models import ContactRequest
from tests.lostfound.test_admin_pages import story
from wecom.models import Outgoing
from wecom.models.cards import CardChange, SentCard

# What a row's page can do, by model; an address with a deed in it needs one.
DEEDS = {
    "item": "close",
    "contactrequest": "expire",
    "callback": "replay",
    "outgoing": "retry",
    "cardupdate": "retry",
    "sentcard": "recall",
}

UPDATE = "lostfound.update_card"


def every() -> list[str]:
    """The patterns of all views, such as `admin/lostfound/item/<path:object_id>/change/`."""
    return [pattern for pattern, _ in _walk(get_resolver(), "")]


def models() -> list[str]:
    """The models in the admin, such as `lostfound/item`."""
    found = (re.fullmatch(r"admin/(\w+/\w+)/add/", pattern) for pattern in every())
    return [match.group(1) for match in found if match]


class World:
    """One of everything, so that an example of each address leads to a row."""

    def __init__(self) -> None:
        self.asked: ContactRequest = story()
        change = CardChange.objects.create(card=SentCard.objects.get(), content={"button": {}}, final=True)
        Outgoing.objects.filter(kind=UPDATE).update(subject=change.pk)

    def example(self, pattern: str) -> str:
        """An address that fits the pattern."""
        model = re.match(r"admin/\w+/(\w+)/", pattern)
        values = {
            "alias": "default",
            "object_id": self._key(pattern),
            "id": "1",
            "content_type_id": "1",
            "deed": DEEDS.get(model[1] if model else "", "resend"),
            "pk": str(self.asked.pk),
            "rest": "nothing/",
            "url": "nothing/",
            "path": "gettoken",
            "app_label": "lostfound",
            "media_id": "none",
            "message_id": "1",
            "number": "0",
            "userid": "lisi",
        }
        address = re.sub(
            r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?(\w+)>", lambda m: values[m[1] or m[2]], pattern
        )
        return "/" + re.sub(r"/\?|[\^$]", lambda m: "/" if m[0] == "/?" else "", address)

    def _key(self, pattern: str) -> str:
        """The key of the one row (or the first) of the model that the pattern is about."""
        match = re.match(r"admin/(\w+)/(\w+)/<", pattern)
        if match is None:
            return "1"
        rows = apps.get_model(match[1], match[2])._default_manager.order_by("pk")
        if match.groups() == ("lostfound", "cardupdate"):
            rows = rows.filter(kind=UPDATE)
        if match.groups() == ("wecom", "outgoing"):
            rows = rows.exclude(kind=UPDATE)
        first = rows.first()
        return str(first.pk) if first else "1"


def _walk(resolver: Any, before: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield pattern, entry
        else:
            yield from _walk(entry, pattern)
