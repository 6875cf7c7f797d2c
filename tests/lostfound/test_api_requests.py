"""The API of contact requests: asking, seeing, taking back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from lostfound.models import Card, ContactRequest, Item, ResponseCode, TimelineEntry
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db

REQUESTS = "/api/v1/contact-requests/"


@pytest.fixture
def desk() -> APIClient:
    return client_of("desk", staff=True)


@pytest.fixture
def item() -> Item:
    return Item.objects.create(kind="found", title="伞", reporter="finder")


def client_of(name: str, *, staff: bool = False) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user(name, is_staff=staff, is_superuser=staff))
    return client


def ask(client: APIClient, item: int, /, **more: Any) -> Any:
    return client.post(REQUESTS, {"item": item, "requester": "owner", **more}, format="json")


def test_asking_makes_a_pending_request_and_owes_a_card(desk: APIClient, item: Item) -> None:
    answer = ask(desk, item.pk, message="是我的伞")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], body["requester"], body["finder"]) == ("pending", "owner", "finder")
    assert Outgoing.objects.get().topic == f"request:{body['id']}"


def test_asking_again_returns_the_open_request(desk: APIClient, item: Item) -> None:
    first, second = ask(desk, item.pk), ask(desk, item.pk, requester="OWNER")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert Outgoing.objects.count() == 1


def test_nobody_asks_for_their_own_contact(desk: APIClient, item: Item) -> None:
    answer = ask(desk, item.pk, requester="Finder")
    assert answer.status_code == 409
    assert answer.json()["code"] == "own_item"


@pytest.mark.parametrize("change", [{"state": "closed"}, {"state": "returned"}, {"kind": "lost"}])
def test_only_open_found_items_can_be_asked_about(desk: APIClient, item: Item, change: dict[str, str]) -> None:
    Item.objects.update(**change)
    answer = ask(desk, item.pk)
    assert answer.status_code == 409
    assert answer.json()["code"] == "item_closed"


def test_an_unknown_item_is_the_callers_mistake(desk: APIClient) -> None:
    answer = ask(desk, 999)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["item"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("item", "1"),
        ("item", True),
        ("item", 1.0),
        ("item", None),
        ("item", 0),
        ("item", 2**63),
        ("item", 10**400),
        ("item", {"id": 1}),
        ("requester", "@all"),
        ("requester", "a|b"),
        ("message", "x" * 201),
        ("message", "a\x00"),
        ("message", 1),
        ("state", "accepted"),
        ("finder", "lisi"),
        ("owner", "lisi"),
        ("delivery", "delivered"),
    ],
)
def test_what_is_not_valid_is_refused_by_its_name(desk: APIClient, item: Item, field: str, value: object) -> None:
    answer = ask(desk, item.pk, **{field: value})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not ContactRequest.objects.exists()


def test_a_member_asks_for_themselves_only(item: Item) -> None:
    lisi = client_of("LiSi")
    assert ask(lisi, item.pk).status_code == 403
    answer = lisi.post(REQUESTS, {"item": item.pk}, format="json")
    assert (answer.status_code, answer.json()["requester"]) == (201, "lisi")


def test_a_member_who_asks_too_often_is_told_to_wait(
    desk: APIClient, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", {"asks": "2/hour"})
    others = [Item.objects.create(kind="found", title="伞", reporter="finder") for _ in range(3)]
    assert [ask(desk, one.pk).status_code for one in others] == [201, 201, 429]
    late = ask(desk, item.pk)
    assert 3500 < int(late["Retry-After"]) <= 3600
    assert ask(desk, item.pk, requester="another").status_code == 201
    ContactRequest.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    assert ask(desk, item.pk).status_code == 201


def story(item: Item) -> ContactRequest:
    """A request with two cards, a code, a refused update and a timeline, as after a bad day."""
    asked = ContactRequest.objects.create(
        item=item, owner="owner", finder="finder", contact_channel="phone", contact_value="13812345678"
    )
    Card.objects.create(
        request=asked, round=1, task_id="t-1", recipients={"users": ["finder"]}, state="stuck", shows="确认"
    )
    card = Card.objects.create(
        request=asked, round=2, task_id="t-2", recipients={"users": ["finder"]}, state="closed", shows="已推送"
    )
    ResponseCode.objects.create(
        card=card,
        code="SECRETCODE",
        fingerprint="f" * 64,
        source="send",
        issued_at=timezone.now(),
        expires_at=timezone.now(),
    )
    Outgoing.objects.create(
        kind="lostfound.update_card",
        subject=str(card.pk),
        topic=f"request:{asked.pk}",
        effect_key="update_card:t-1",
        deadline=timezone.now(),
        state="dead",
        attempts=2,
        last_errcode=60140,
    )
    TimelineEntry.objects.create(request=asked, event="asked", actor="owner")
    TimelineEntry.objects.create(request=asked, event="card_sent", actor="worker")
    return asked


def test_the_detail_shows_cards_effects_and_timeline(desk: APIClient, item: Item) -> None:
    asked = story(item)
    body = desk.get(f"{REQUESTS}{asked.pk}/", headers={"accept-language": "en"}).json()
    assert (body["card"]["task_id"], body["card"]["shows"]) == ("t-2", "已推送")
    assert {card["task_id"] for card in body["cards"]} == {"t-1", "t-2"}
    (row,) = body["outgoing"]
    assert (row["kind"], row["state"], row["attempts"], row["errcode"]["errcode"]) == (
        "lostfound.update_card",
        "dead",
        2,
        60140,
    )
    assert row["errcode"]["meaning"]
    assert row["errcode"]["remedy"]
    assert [entry["event"] for entry in body["timeline"]] == ["asked", "card_sent"]


def test_meaning_and_remedy_are_in_the_callers_language(desk: APIClient, item: Item) -> None:
    address = f"{REQUESTS}{story(item).pk}/"
    chinese = desk.get(address, headers={"accept-language": "zh-CN"}).json()["outgoing"][0]["errcode"]
    english = desk.get(address, headers={"accept-language": "en"}).json()["outgoing"][0]["errcode"]
    assert chinese["meaning"] != english["meaning"]
    assert chinese["remedy"] != english["remedy"]


def test_neither_contact_nor_code_is_ever_shown(desk: APIClient, item: Item) -> None:
    asked = story(item)
    for answer in (desk.get(REQUESTS), desk.get(f"{REQUESTS}{asked.pk}/")):
        assert answer.status_code == 200
        assert b"13812345678" not in answer.content
        assert b"SECRETCODE" not in answer.content


def test_members_see_the_requests_they_are_part_of(item: Item) -> None:
    asked = story(item)
    address = f"{REQUESTS}{asked.pk}/"
    for name, status, count in (("Owner", 200, 1), ("finder", 200, 1), ("stranger", 404, 0)):
        client = client_of(name)
        assert client.get(address).status_code == status
        assert client.get(REQUESTS).json()["count"] == count
    assert client_of("nosy").post(f"{address}withdraw/").status_code == 404


def test_members_read_the_others_name_once_the_finder_agreed_and_no_word_of_an_administrator_or_wecom(
    desk: APIClient, item: Item
) -> None:
    asked = story(item)
    said = {"reason": "a call", "why": "invalid userid: owner, finder", "round": 1}
    for event, actor in (("wrong_actor", "passer-by"), ("revealed", "desk"), ("accepted", "Finder")):
        TimelineEntry.objects.create(request=asked, event=event, actor=actor, data=said)
    address = f"{REQUESTS}{asked.pk}/"
    owner, finder = client_of("Owner"), client_of("finder")

    def names(client: APIClient) -> tuple[Any, ...]:
        body = client.get(address).json()
        cards = {card["recipient"] for card in (body["card"], *body["cards"])}
        return body["requester"], body["finder"], cards, [entry["actor"] for entry in body["timeline"]]

    assert names(owner) == ("owner", "", {""}, ["owner", "worker", "", "", ""])
    assert names(finder) == ("", "finder", {"finder"}, ["", "worker", "", "", "Finder"])
    assert [owner.get(REQUESTS, {"finder": name}).json()["count"] for name in ("finder", "x")] == [0, 0]
    assert finder.get(REQUESTS, {"requester": "owner"}).json()["count"] == 0
    assert owner.get(REQUESTS).json()["results"][0]["finder"] == ""
    assert [client.get(address).json()["timeline"][3]["data"] for client in (owner, finder)] == [{"round": 1}] * 2
    ContactRequest.objects.update(state="accepted")
    assert names(owner) == ("owner", "finder", {"finder"}, ["owner", "worker", "", "", "Finder"])
    assert owner.get(REQUESTS, {"finder": "finder"}).json()["count"] == 1
    ContactRequest.objects.update(consent_withdrawn_at=timezone.now())
    assert names(owner)[1] == ""
    assert names(desk) == ("owner", "finder", {"finder"}, ["owner", "worker", "passer-by", "desk", "Finder"])
    assert desk.get(address).json()["timeline"][3]["data"] == said


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "pending"}, 1),
        ({"state": "accepted"}, 0),
        ({"requester": "OWNER"}, 1),
        ({"finder": "owner"}, 0),
        ({"created_from": "2000-01-01"}, 1),
        ({"created_to": "2000-01-01"}, 0),
    ],
)
def test_lists_are_narrowed(desk: APIClient, item: Item, query: dict[str, str], count: int) -> None:
    story(item)
    assert desk.get(REQUESTS, {**query, "item": str(item.pk)}).json()["count"] == count


@pytest.mark.parametrize("query", [{"state": "x"}, {"item": "x"}, {"item": "9" * 30}, {"owner": "x"}, {"item": "1e9"}])
def test_a_filter_that_means_nothing_is_refused(desk: APIClient, query: dict[str, str]) -> None:
    assert desk.get(REQUESTS, query).status_code == 400


def test_staff_take_a_pending_request_back_once(desk: APIClient, item: Item) -> None:
    address = f"{REQUESTS}{ask(desk, item.pk).json()['id']}/withdraw/"
    answer = desk.post(address)
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    again = desk.post(address, {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "request_closed")


def test_taking_back_needs_nothing_and_takes_nothing(desk: APIClient, item: Item) -> None:
    address = f"{REQUESTS}{ask(desk, item.pk).json()['id']}/withdraw/"
    assert desk.post(address, {"reason": "x"}, format="json").status_code == 400
    assert desk.get(address).status_code == 405


def test_the_owner_takes_a_request_back_and_the_finder_cannot(desk: APIClient, item: Item) -> None:
    address = f"{REQUESTS}{ask(desk, item.pk).json()['id']}/withdraw/"
    assert client_of("finder").post(address).status_code == 403
    assert client_of("owner").post(address).status_code == 200


@pytest.mark.parametrize("row", ["0", "999", "9" * 18, "9" * 40, "abc"])
def test_a_request_that_is_not_there_is_not_found(desk: APIClient, row: str) -> None:
    assert desk.get(f"{REQUESTS}{row}/").status_code == 404
    assert desk.post(f"{REQUESTS}{row}/withdraw/").status_code == 404


def test_list_and_detail_cost_a_fixed_number_of_queries(
    desk: APIClient, item: Item, django_assert_max_num_queries: Any
) -> None:
    asked = story(item)
    for number in range(15):
        ContactRequest.objects.create(item=item, owner=f"owner{number}", finder="finder")
        TimelineEntry.objects.create(request=asked, event="asked", actor="x")
    with django_assert_max_num_queries(2):
        assert desk.get(REQUESTS).json()["count"] == 16
    with django_assert_max_num_queries(4):
        assert len(desk.get(f"{REQUESTS}{asked.pk}/").json()["timeline"]) == 17
