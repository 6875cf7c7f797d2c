"""Every address that the site answers, as the resolver knows it, and an example of each that leads somewhere."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver

from lostfound.models import ContactRequest, Export, Item, Photo
from lostfound.services import keep_photo
from tests.lostfound.member import logged_in, picture
from tests.lostfound.test_admin_pages import story
from tests.lostfound.world import ask, found_item, lost_item
from wecom.models import Alert, Outgoing
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

# Whom the world is about, and a member who has nothing to do with it.
MEMBERS = {"owner": "owner1", "finder": "finder", "stranger": "stranger"}


def every() -> list[str]:
    """The patterns of all views, such as `admin/lostfound/item/<path:object_id>/change/`."""
    return [pattern for pattern, _ in _walk(get_resolver(), "")]


def build_world() -> None:
    """One of everything, so that an example of each address leads to a row; the first item and request are a story's.

    Then what pages of members show besides: a request that waits for the finder of a thing with a photo, a lost thing.
    """
    story()
    change = CardChange.objects.create(card=SentCard.objects.get(), content={"button": {}}, final=True)
    Outgoing.objects.filter(kind=UPDATE).update(subject=change.pk)
    Alert.objects.create(what="parked", subject="outgoing 1")
    Export.objects.create(by="desk", what="lostfound.item", form="csv", rows=1)
    owner, finder = MEMBERS["owner"], MEMBERS["finder"]
    photo = keep_photo(content=picture(), sent_by=finder)
    ask(found_item(reporter=finder, photos=[photo]), owner=owner)
    lost_item(reporter=owner)


def members() -> dict[str, Client]:
    """The browsers of MEMBERS, by role."""
    return {role: logged_in(userid) for role, userid in MEMBERS.items()}


def example(pattern: str) -> str:
    """An address that fits the pattern, of the first row where it is about one."""
    return next(iter(examples(pattern)))


def examples(pattern: str) -> list[str]:
    """The addresses that fit the pattern, one for each row of the model that it is about."""
    return [_filled(pattern, key) for key in _keys(pattern) or ["1"]]


def _filled(pattern: str, key: str) -> str:
    model = re.match(r"admin/\w+/(\w+)/", pattern)
    values = {
        "alias": "default",
        "kind": "found",
        "key": Photo.objects.values_list("key", flat=True).first() or "none",
        "size": "small",
        "object_id": key,
        "pk": key,
        "id": str(User.objects.order_by("pk").values_list("pk", flat=True).first() or 1),
        "content_type_id": "1",
        "deed": DEEDS.get(model[1] if model else "", "resend"),
        "rest": "nothing/",
        "url": "nothing/",
        "path": "gettoken",
        "app_label": "lostfound",
        "media_id": "none",
        "message_id": "1",
        "number": "0",
        "userid": "lisi",
    }
    variable = r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?(\w+)>"
    address = re.sub(variable, lambda match: values[match[1] or match[2]], pattern)
    return "/" + re.sub(r"/\?|[\^$]", lambda match: "/" if match[0] == "/?" else "", address)


def _keys(pattern: str) -> list[str]:
    """The keys of the rows that the pattern is about; none where it is about no model."""
    rows: Any = None
    if match := re.match(r"admin/(\w+)/(\w+)/<", pattern):
        rows = apps.get_model(match[1], match[2])._default_manager.all()
        if match[2] == "cardupdate":
            rows = rows.filter(kind=UPDATE)
        if match[2] == "outgoing":
            rows = rows.exclude(kind=UPDATE)
    elif "(?P<pk>" in pattern:
        rows = (ContactRequest if "contact-requests" in pattern else Item).objects.all()
    elif "<int:pk>" in pattern:
        rows = (ContactRequest if pattern.startswith("requests/") else Item).objects.all()
    if rows is None:
        return []
    key = "user_id" if "tokenproxy" in pattern else "pk"  # the admin hides the token itself
    return [str(value) for value in rows.order_by(key).values_list(key, flat=True)]


def _walk(resolver: Any, before: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield pattern, entry
        else:
            yield from _walk(entry, pattern)
