"""faults.md 4.5: forms and addresses of pages as no browser sends them, asked by somebody who may everything."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lostfound.models import Item
from tests.badinput.test_callback_rows import named
from tests.lostfound.world import found_item

pytestmark = pytest.mark.django_db

ADD, LIST, LOGIN = "/admin/lostfound/item/add/", "/admin/lostfound/item/", "/admin/login/"
FORM = "application/x-www-form-urlencoded"
CHANGES = ("/admin/logout/", "/admin/lostfound/item/1/do/close/", "/sandbox/tap/", "/sandbox/reset/")

ROWS: list[tuple[str, str, str, str, dict[str, Any], set[int]]] = [
    # row, what, method, address, keywords of the test client, statuses
    *(("W6", f"GET {address}", "get", address, {}, {405}) for address in CHANGES),
    ("A15", "1,001 fields", "post", ADD, {"data": {f"a{n}": "1" for n in range(1001)}}, {400}),
    ("A15", "10 MB in a form", "post", ADD, {"data": "a=" + "x" * 10_000_000, "content_type": FORM}, {400, 413}),
    ("A15", "101 files", "post", ADD, {"data": {f"f{n}": SimpleUploadedFile("a", b"a") for n in range(101)}}, {400}),
    (
        "A15",
        "a file where none is asked for",
        "post",
        ADD,
        {"data": b"x" * 100, "content_type": "multipart/form-data"},
        {400},
    ),
    ("W-", "a form that is none", "post", ADD, {"data": b"\xff\xfe\0", "content_type": FORM}, {200, 400}),
    ("W-", "a page that is not there", "get", f"{LIST}999999/change/", {}, {302, 404}),
    ("W-", "a key of letters", "get", f"{LIST}abc/change/", {}, {302, 404}),
    ("W-", "a key of 200 digits", "get", f"{LIST}{'9' * 200}/change/", {}, {302, 404}),
    ("W-", "NUL in the key", "get", f"{LIST}%00/change/", {}, {302, 404}),
    ("W-", "NUL in a search", "get", f"{LIST}?q=%00", {}, {200, 302, 400}),
    ("W-", "a search of 5,000 characters", "get", f"{LIST}?q={'x' * 5000}", {}, {200}),
    ("W-", "a regular expression that explodes", "get", f"{LIST}?q=(a%2B)%2B%24", {}, {200}),
    ("W-", "a page of letters", "get", f"{LIST}?p=abc", {}, {200, 302}),
    ("W-", "a page far away", "get", f"{LIST}?p=999999", {}, {200, 302}),
    ("W-", "an order by nothing", "get", f"{LIST}?o=99.-98.x", {}, {200, 302}),
    ("W-", "a filter through a relation", "get", f"{LIST}?requests__contact_value__startswith=1", {}, {302, 400, 403}),
    (
        "W-",
        "a filter by the password of a user",
        "get",
        "/admin/auth/user/?password__startswith=a",
        {},
        {302, 400, 403},
    ),
    (
        "W-",
        "an action that is none",
        "post",
        LIST,
        {"data": {"action": "explode", "_selected_action": "1"}},
        {200, 302},
    ),
    (
        "W-",
        "an action on a key that is none",
        "post",
        LIST,
        {"data": {"action": "close", "_selected_action": "x"}},
        {400},
    ),
    ("W-", "a next that leads away", "get", f"{LOGIN}?next=https://elsewhere.example/", {}, {302}),
    (
        "W-",
        "a language that is none",
        "post",
        "/i18n/setlang/",
        {"data": {"language": "../x", "next": "//elsewhere.example"}},
        {302},
    ),
]


@pytest.mark.parametrize(("method", "address", "keywords", "statuses"), [named(row) for row in ROWS])
def test_a_strange_request_is_answered(method: str, address: str, keywords: dict[str, Any], statuses: set[int]) -> None:
    found_item()
    client = Client()
    client.force_login(User.objects.create_superuser("root"), backend="django.contrib.auth.backends.ModelBackend")
    answer = getattr(client, method)(address, **keywords)
    assert answer.status_code in statuses
    assert "elsewhere" not in answer.headers.get("Location", "")
    assert Item.objects.filter(state="open").count() == 1


def test_whoever_may_change_users_cannot_make_themselves_everything() -> None:
    """The right to change accounts is not the right to hand out rights that one has not."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    root = User.objects.create_superuser("root", password="before")
    client = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    everything = {"username": "clerk", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    times = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    client.post(f"/admin/auth/user/{clerk.pk}/change/", {**everything, **times, "user_permissions": ["1", "2"]})
    clerk.refresh_from_db()
    assert not clerk.is_superuser
    assert clerk.user_permissions.count() == 2
    client.post(f"/admin/auth/user/{root.pk}/password/", {"password1": "mine-now-12345", "password2": "mine-now-12345"})
    root.refresh_from_db()
    assert root.check_password("before")
