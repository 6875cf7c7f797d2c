"""Asking for a finder's contact from a page, and reading what became of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lostfound import services
from lostfound.models import ContactRequest, Item
from tests.lostfound.member import logged_in
from tests.lostfound.world import FINDER, OWNER, WeCom, ask, card_of, found_item, tap
from wecom import outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    return logged_in(OWNER)


def post(client: Client, item: Item, message: str = "伞柄有贴纸") -> Any:
    return client.post(f"/items/{item.pk}/ask/", {"message": message})


def mine(client: Client) -> str:
    return client.get("/requests/").content.decode()


def test_asking_sends_the_finder_the_card_with_the_reason(owner: Client, wecom: WeCom) -> None:
    item = found_item()
    assert "/ask/" in owner.get(f"/items/{item.pk}/").content.decode()
    assert post(owner, item)["Location"] == "/requests/"
    assert "on its way to the finder" in mine(owner)
    outbox.drain()
    (_path, body), *_ = [call for call in wecom.calls if call[1].get("msgtype") == "template_card"]
    assert body["touser"] == FINDER
    assert "伞柄有贴纸" in str(body)
    assert "We wait for the answer" in mine(owner)


@pytest.mark.parametrize(
    ("why", "to_the_owner", "to_the_finder"),
    [
        ("closed", "The item was closed", "The item was closed"),
        ("gone", "The finder cannot be reached any more", "Nobody waits for an answer"),
        ("never", "not certain that the finder ever got the question", "Nobody waits for an answer"),
    ],
)
def test_both_read_why_a_request_ended_without_an_answer(
    owner: Client, wecom: WeCom, why: str, to_the_owner: str, to_the_finder: str
) -> None:
    request = ask()
    if why == "gone":
        wecom.will("message/send", {"errcode": 60111, "errmsg": "gone"})
    if why != "never":
        outbox.drain()
    if why == "closed":
        services.close_item(item_id=request.item_id, state="closed", by="desk")
    if why == "never":
        services.expire_request(request_id=request.pk, by="worker")
    assert to_the_owner in mine(owner)
    finders = logged_in(FINDER).get(f"/requests/{request.pk}/").content.decode()
    assert to_the_finder in finders
    assert "Nobody answered in time" not in mine(owner) + finders


def test_a_reason_is_needed(owner: Client) -> None:
    answer = post(owner, found_item(), "  ")
    assert answer.status_code == 400
    assert 'id="error-message"' in answer.content.decode()
    assert not ContactRequest.objects.exists()


def test_asking_twice_is_one_request(owner: Client) -> None:
    item = found_item()
    assert [post(owner, item).status_code for _ in range(2)] == [302, 302]
    assert ContactRequest.objects.count() == 1
    assert "/ask/" not in owner.get(f"/items/{item.pk}/").content.decode()


def test_nobody_asks_themselves_or_about_what_is_closed_or_lost(owner: Client) -> None:
    own = found_item(reporter=OWNER)
    closed = found_item()
    Item.objects.filter(pk=closed.pk).update(state="closed")
    lost = found_item(kind="lost")
    assert post(owner, own)["Location"] == f"/items/{own.pk}/"
    assert post(owner, closed).status_code == 404
    assert post(owner, lost).status_code == 404
    assert not ContactRequest.objects.exists()


def test_five_may_be_open_and_no_more(owner: Client, settings: Any) -> None:
    settings.LOSTFOUND_OPEN_REQUESTS = 2
    codes = [post(owner, found_item()).status_code for _ in range(3)]
    assert codes == [302, 302, 429]
    services.withdraw_contact_request(request_id=ContactRequest.objects.latest("pk").pk, actor=OWNER)
    assert post(owner, found_item()).status_code == 302
    assert post(logged_in("qianqi"), found_item()).status_code == 302


def test_a_day_has_its_limit_too(owner: Client, settings: Any) -> None:
    settings.LOSTFOUND_REQUESTS_A_DAY = 2
    for _ in range(2):
        services.withdraw_contact_request(request_id=ask().pk, actor=OWNER)
    answer = post(owner, found_item())
    assert answer.status_code == 429
    assert "2 times since yesterday" in answer.content.decode()
    ContactRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert post(owner, found_item()).status_code == 302


def test_the_page_tells_what_is_known_and_no_more(owner: Client, wecom: WeCom) -> None:
    request = ask()
    outbox.drain()
    tap(card_of(request))
    assert "The contact is on its way to you" in mine(owner)
    outbox.drain()
    page = mine(owner)
    assert "the finder agreed. The contact was sent to you in WeCom." in page
    assert f"today {timezone.localtime():%H:}" in page
    assert not any(secret in page for secret in ("13800138000", FINDER))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "accepted", "delivery": "unsure"}, "not certain that the contact reached you"),
        ({"state": "accepted", "delivery": "failed"}, "could not be sent"),
        ({"state": "declined"}, "the finder said no"),
        ({"state": "expired"}, "Nobody answered in time"),
        ({"state": "withdrawn"}, "You took it back"),
    ],
)
def test_every_end_has_its_sentence(owner: Client, changes: dict[str, str], words: str) -> None:
    ask()
    ContactRequest.objects.update(decided_at=timezone.now(), **changes)
    assert words in mine(owner)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("undelivered", "could not be delivered"),
        ("recalled", "taken back from the finder"),
        ("unsure", "It is not certain that the finder has got the question"),
    ],
)
def test_a_question_that_did_not_arrive_is_told_so(owner: Client, state: str, words: str) -> None:
    card = card_of(ask())
    card.state = state
    card.save()
    assert words in mine(owner)


def test_a_request_can_be_taken_back_by_its_owner_alone(owner: Client) -> None:
    request = ask()
    path = f"/requests/{request.pk}/withdraw/"
    assert logged_in("qianqi").post(path).status_code == 404
    assert logged_in(FINDER).post(path).status_code == 404
    assert owner.get(path).status_code == 405
    assert owner.post(path)["Location"] == "/requests/"
    assert "You took it back" in mine(owner)
    owner.post(path)
    assert "nothing was taken back" in mine(owner)


def test_the_finder_sees_what_waits_for_an_answer_and_others_do_not(owner: Client) -> None:
    ask(message="伞柄有贴纸")
    assert "伞柄有贴纸" in mine(logged_in(FINDER))
    assert "伞柄有贴纸" not in mine(logged_in("qianqi"))


def test_the_page_renews_its_part_alone(owner: Client) -> None:
    part = owner.get("/requests/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "neither asked nor reported" in part
