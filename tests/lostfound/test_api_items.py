"""The API of items: what may be reported, what is refused, what comes back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from lostfound import services
from lostfound.models import Item
from tests.lostfound.world import ask

pytestmark = pytest.mark.django_db

ITEMS = "/api/v1/items/"
FOUND = {"kind": "found", "title": "黑色雨伞", "reporter": "zhangsan"}

Post = Callable[..., Any]


@pytest.fixture
def desk() -> APIClient:
    return client_of("desk", staff=True)


def client_of(name: str, *, staff: bool = False) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user(name, is_staff=staff, is_superuser=staff))
    return client


def report(client: APIClient, **changes: Any) -> Any:
    return client.post(ITEMS, {**FOUND, **changes}, format="json")


def test_staff_report_an_item_for_any_member(desk: APIClient) -> None:
    answer = report(desk, category="umbrella", place="3 楼茶水间", happened_at="2024-11-03T10:32:00+08:00")
    assert answer.status_code == 201
    item = Item.objects.get(pk=answer.json()["id"])
    assert (item.title, item.reporter, item.category, item.state) == ("黑色雨伞", "zhangsan", "umbrella", "open")
    assert item.happened_at.isoformat() == "2024-11-03T02:32:00+00:00"


def test_the_reporter_is_kept_in_lower_case(desk: APIClient) -> None:
    assert report(desk, reporter="ZhangSan").json()["reporter"] == "zhangsan"


def test_staff_must_say_for_whom(desk: APIClient) -> None:
    answer = desk.post(ITEMS, {"kind": "found", "title": "伞"}, format="json")
    assert answer.status_code == 400
    assert "reporter" in answer.json()["errors"]


def test_a_member_reports_for_themselves_without_saying_so() -> None:
    answer = client_of("LiSi").post(ITEMS, {"kind": "lost", "title": "钥匙"}, format="json")
    assert answer.status_code == 201
    assert answer.json()["reporter"] == "lisi"


def test_a_member_cannot_report_in_another_name() -> None:
    assert report(client_of("lisi")).status_code == 403
    assert not Item.objects.exists()


def test_a_contact_goes_in_and_never_comes_out(desk: APIClient) -> None:
    created = report(desk, contact_channel="phone", contact_value="13812345678")
    assert created.status_code == 201
    assert Item.objects.get().contact_value == "13812345678"
    address = f"{ITEMS}{created.json()['id']}/"
    for body in (created.content, desk.get(ITEMS).content, desk.get(address).content):
        assert b"13812345678" not in body
        assert b"contact_value" not in body


def test_a_phone_without_a_number_is_refused(desk: APIClient) -> None:
    answer = report(desk, contact_channel="phone")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["contact_value"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "stolen"),
        ("kind", ["found"]),
        ("title", ""),
        ("title", "   "),
        ("title", "伞" * 61),
        ("title", "伞" * 10_001),
        ("title", "a\x00b"),
        ("title", "a\x07b"),
        ("title", "a\nb"),
        ("title", "a\u202eb"),
        ("title", None),
        ("title", 5),
        ("title", True),
        ("title", {"a": 1}),
        ("title", ["a"]),
        ("description", "x" * 1001),
        ("description", "a\x00b"),
        ("category", "boat"),
        ("place", 3),
        ("place", "x" * 101),
        ("reporter", "@all"),
        ("reporter", "a|b"),
        ("reporter", "a b"),
        ("reporter", "x" * 65),
        ("reporter", 7),
        ("reporter", "zhangsan\n"),
        ("happened_at", "0000-00-00"),
        ("happened_at", "0001-01-01T00:00:00+14:00"),
        ("happened_at", "1999-12-31T00:00:00Z"),
        ("happened_at", "9999-12-31T23:59:59Z"),
        ("happened_at", "9999-12-31T23:59:59-14:00"),
        ("happened_at", "10000-01-01T00:00:00Z"),
        ("happened_at", "yesterday"),
        ("happened_at", 1700000000),
        ("contact_channel", "pigeon"),
        ("contact_value", "x" * 201),
        ("state", "closed"),
        ("id", 7),
        ("created_at", "2024-01-01T00:00:00Z"),
        ("finder", "lisi"),
        ("__proto__", {}),
    ],
)
def test_what_is_not_valid_is_refused_by_its_name(desk: APIClient, field: str, value: object) -> None:
    answer = report(desk, **{field: value})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not Item.objects.exists()


def test_a_description_may_have_lines(desk: APIClient) -> None:
    answer = report(desk, description="黑色，长柄\n有一处磨损")
    assert answer.status_code == 201
    assert answer.json()["description"] == "黑色，长柄\n有一处磨损"


def test_script_comes_back_as_the_text_it_is(desk: APIClient) -> None:
    assert report(desk, title="<script>alert(1)</script>").json()["title"] == "<script>alert(1)</script>"


def make(**values: Any) -> Item:
    return Item.objects.create(**{"kind": "found", "title": "伞", "reporter": "zhangsan", **values})


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return sorted(row["id"] for row in answer.json()["results"])


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ({}, [0, 1, 2]),
        ({"kind": "lost"}, [1]),
        ({"state": "closed"}, [2]),
        ({"category": "keys"}, [1]),
        ({"reporter": "ZHANGSAN"}, [0, 2]),
        ({"place": "茶水"}, [0]),
        ({"place": "%"}, [2]),
        ({"place": "_"}, []),
        ({"search": "钥匙"}, [1]),
        ({"search": "x" * 5000}, []),
        ({"search": "(a+)+$"}, []),
        ({"search": "\\"}, []),
        ({"happened_from": "2024-06-01"}, [0, 1]),
        ({"happened_to": "2024-06-01T00:00:00Z"}, [2]),
        ({"happened_to": "2024-06-01T00:00:00-20:30"}, [2]),
    ],
)
def test_lists_are_narrowed(desk: APIClient, query: dict[str, str], hits: list[int]) -> None:
    now = timezone.now()
    rows = [
        make(place="3 楼茶水间", happened_at=now),
        make(kind="lost", title="一串钥匙", category="keys", reporter="lisi", happened_at=now),
        make(state="closed", place="100% 咖啡", happened_at=now.replace(year=2024, month=1, day=1)),
    ]
    assert ids(desk.get(ITEMS, query)) == sorted(rows[hit].pk for hit in hits)


def test_members_see_what_is_open_their_own_and_what_they_asked_about(desk: APIClient) -> None:
    opened, closed = make(), make(state="closed")
    own, asked = make(state="closed", reporter="lisi"), make()
    ask(asked, owner="lisi")
    services.close_item(item_id=asked.pk, state="returned", by="desk")
    lisi = client_of("LiSi")
    assert ids(lisi.get(ITEMS)) == [opened.pk, own.pk, asked.pk]
    assert lisi.get(f"{ITEMS}{closed.pk}/").status_code == 404
    assert ids(desk.get(ITEMS)) == [opened.pk, closed.pk, own.pk, asked.pk]


def test_who_found_a_thing_is_told_to_the_finder_and_to_staff_alone(desk: APIClient) -> None:
    found, lost = make(), make(kind="lost")
    lisi, finder = client_of("lisi"), client_of("zhangsan")
    for client, name in ((lisi, ""), (finder, "zhangsan"), (desk, "zhangsan")):
        assert client.get(f"{ITEMS}{found.pk}/").json()["reporter"] == name
        assert client.get(f"{ITEMS}{lost.pk}/").json()["reporter"] == "zhangsan"
    assert ids(lisi.get(ITEMS, {"reporter": "zhangsan"})) == [lost.pk]
    assert ids(finder.get(ITEMS, {"reporter": "zhangsan"})) == [found.pk, lost.pk]


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "stolen"},
        {"happened_from": "0001-01-01T00:00:00+14:00"},
        {"happened_to": "9999-12-31T23:59:59-14:00"},
        {"happened_to": "soon"},
        {"place": "a\x00b"},
        {"stat": "open"},
        {"contact_value": "138"},
    ],
)
def test_a_filter_that_means_nothing_is_refused(desk: APIClient, query: dict[str, str]) -> None:
    assert desk.get(ITEMS, query).status_code == 400


def test_pages_have_a_size_and_an_upper_bound(desk: APIClient) -> None:
    for number in range(3):
        make(title=f"伞 {number}")
    page = desk.get(ITEMS, {"page_size": "2"}).json()
    assert (page["count"], len(page["results"]), page["previous"]) == (3, 2, None)
    assert len(desk.get(page["next"]).json()["results"]) == 1
    assert desk.get(ITEMS, {"page_size": "100000"}).status_code == 200


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "9" * 30, "²"])
def test_a_page_that_is_not_there_is_not_found(desk: APIClient, page: str) -> None:
    assert desk.get(ITEMS, {"page": page}).status_code == 404


@pytest.mark.parametrize("row", ["0", "999", "9" * 18, "9" * 40, "abc", "-1", "1.0"])
def test_an_item_that_is_not_there_is_not_found(desk: APIClient, row: str) -> None:
    assert desk.get(f"{ITEMS}{row}/").status_code == 404


def test_the_list_costs_a_fixed_number_of_queries(desk: APIClient, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        make(title=f"伞 {number}", happened_at=timezone.now() - timedelta(hours=number))
    with django_assert_max_num_queries(2):
        assert len(ids(desk.get(ITEMS))) == 20
