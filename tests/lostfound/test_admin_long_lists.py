"""Lists too long to be counted to their end: what they say instead, and what cannot be done with all of it."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lostfound.admin.proxies import CardUpdate
from lostfound.models import Card, ContactRequest, Export, Item, ResponseCode
from wecom.admin import paging
from wecom.models import Alert, Callback, Outgoing, SentCard

pytestmark = pytest.mark.django_db

BOUND, LAST_PAGE = 220, 5
GROWING = (Item, ContactRequest, Card, ResponseCode, CardUpdate, Outgoing, Callback, Alert, SentCard, Export)
OUTGOING, ITEMS = "/admin/wecom/outgoing/", "/admin/lostfound/item/"


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


@pytest.fixture(autouse=True)
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_COUNTED", BOUND)


def messages(number: int, first: int = 0) -> None:
    now = timezone.now()
    Outgoing.objects.bulk_create(
        Outgoing(kind="lostfound.tell", subject="1", effect_key=f"tell:{n}", deadline=now, state="dead")
        for n in range(first, first + number)
    )


def items(number: int) -> None:
    Item.objects.bulk_create(Item(kind="found", title=f"雨伞{n}", reporter="finder") for n in range(number))


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def settled(client: Client, **data: Any) -> Any:
    return client.post(
        OUTGOING, {"action": "settle", "confirmed": "yes", "reason": "by hand", "index": "0", **data}, follow=True
    )


@pytest.mark.parametrize("model", GROWING)
def test_no_list_of_records_is_counted_past_the_bound(office: Client, model: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert office.get(reverse(admin_list(model))).status_code == 200
    counts = [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
    assert len(counts) == 1
    assert f"LIMIT {BOUND + 1})" in counts[0]
    assert "ORDER BY" not in counts[0]


def admin_list(model: Any) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"


def test_up_to_the_bound_a_list_says_exactly_how_long_it_is(office: Client) -> None:
    messages(BOUND)
    assert f"{BOUND} outgoing messages" in text_of(office.get(OUTGOING))


@pytest.mark.parametrize(
    ("language", "words"), [("en", "more than 220 outgoing messages"), ("zh-hans", "发出的消息超过 220 条")]
)
def test_beyond_it_a_list_says_that_it_is_longer(office: Client, language: str, words: str) -> None:
    messages(BOUND + 1)
    page = text_of(office.get(OUTGOING, headers={"accept-language": language}))
    assert words in page
    assert f"- {BOUND} " not in page


def test_a_large_bound_is_written_as_people_write_it(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_COUNTED", 1_000)
    items(1_001)
    assert "more than 1,000 items" in text_of(office.get(ITEMS))


def test_the_heading_counts_only_what_was_searched_for_or_filtered(office: Client) -> None:
    messages(3)
    for all_of_it in (OUTGOING, f"{OUTGOING}?o=1"):
        assert "Show all" not in text_of(office.get(all_of_it))
    for some_of_it in ("?q=tell:1", "?state__exact=dead", "?topic__exact=", "?kind=lostfound.tell"):
        assert re.search(r"\d results? \( Show all \)", text_of(office.get(OUTGOING + some_of_it))), some_of_it


def test_the_heading_claims_no_number_that_was_not_counted(office: Client) -> None:
    messages(BOUND + 1)
    page = text_of(office.get(f"{OUTGOING}?state__exact=dead"))
    assert "results" not in page
    assert "more than 220 outgoing messages" in page


def test_all_of_a_list_is_offered_only_where_it_was_counted(office: Client) -> None:
    messages(BOUND)
    assert f"Select all {BOUND} outgoing messages" in text_of(office.get(OUTGOING))
    messages(1, first=BOUND)
    page = text_of(office.get(OUTGOING))
    assert f"Select all {BOUND}" not in page
    assert "0 of 50 selected" in page
    Outgoing.objects.last().delete()  # type: ignore[union-attr]
    assert f"Select all {BOUND} outgoing messages" in text_of(office.get(OUTGOING)), "it was a matter of one request"


def test_nothing_is_done_with_all_of_a_list_that_was_not_counted(office: Client) -> None:
    messages(BOUND + 1)
    row = Outgoing.objects.all()[0]
    for across in ("1", "true", "on"):
        answer = settled(office, _selected_action=str(row.pk), select_across=across)
        assert "This list is longer than 220" in text_of(answer)
    assert not Outgoing.objects.exclude(state="dead").exists()


def test_chosen_rows_of_it_and_all_of_a_shorter_one_are_done(office: Client) -> None:
    messages(BOUND + 1)
    row = Outgoing.objects.all()[0]
    settled(office, _selected_action=str(row.pk), select_across="0")
    assert [one.pk for one in Outgoing.objects.exclude(state="dead")] == [row.pk]
    row.delete()
    other = Outgoing.objects.all()[0]
    answer = settled(office, _selected_action=str(other.pk), select_across="1")
    assert f"{BOUND} of {BOUND} done" in b"".join(answer.streaming_content).decode()


def test_a_file_holds_all_of_a_list_or_is_not_made(office: Client) -> None:
    items(BOUND)
    everything = {"action": "export_csv", "select_across": "1", "_selected_action": "1", "index": "0"}
    whole: Any = office.post(ITEMS, everything)
    assert len(b"".join(whole.streaming_content).splitlines()) == 1 + BOUND
    Item.objects.create(kind="found", title="雨伞", reporter="finder")
    answer = office.post(ITEMS, everything, follow=True)
    assert "This list is longer than 220" in text_of(answer)
    assert [one.rows for one in Export.objects.all()] == [BOUND]


def test_pages_can_be_turned_up_to_the_bound_and_no_further(office: Client) -> None:
    messages(BOUND + 60)
    last = office.get(OUTGOING, {"p": LAST_PAGE})
    assert len(last.context["cl"].result_list) == BOUND % 50
    assert f"?p={LAST_PAGE - 1}" in last.content.decode()
    assert f"?p={LAST_PAGE + 1}" not in last.content.decode()
    beyond = office.get(OUTGOING, {"p": LAST_PAGE + 1}, follow=True)
    assert beyond.redirect_chain == [(f"{OUTGOING}?e=1", 302)]
    assert beyond.status_code == 200
