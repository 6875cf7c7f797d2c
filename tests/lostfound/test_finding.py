"""The command palette of the admin: one field that finds things, people, cards and errcodes."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from lostfound.models import Card
from wecom.models import Callback, Member, Outgoing

from .world import FINDER, OWNER, WeCom, asked, found_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(admin_user: User) -> Client:
    cache.clear()
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def find(client: Client, term: str) -> list[tuple[str, str]]:
    """(title, address) of what is found; each address leads to a page."""
    answer = client.get(reverse("admin:search"), {"s": term, "extended": "1"})
    found = [(result.title, result.link) for result in answer.context["results"]]
    for _title, link in found:
        assert client.get(link).status_code == 200, link
    return found


def change(page: str, row: Any) -> str:
    return reverse(f"admin:{page}_change", args=[row.pk])


def test_things_are_found_by_their_words_and_by_their_number(office: Client) -> None:
    item = found_item(title="一把黑色的雨伞")
    found_item(title="蓝牙耳机")
    assert find(office, "黑色雨伞") == [(f"#{item.pk} 一把黑色的雨伞", change("lostfound_item", item))]
    assert (f"#{item.pk} 一把黑色的雨伞", change("lostfound_item", item)) in find(office, f"#{item.pk}")


def test_requests_cards_and_callbacks_are_found_by_their_ids(office: Client, wecom: WeCom) -> None:
    card = asked()
    Card.objects.filter(pk=card.pk).update(msgid="MsG_abc-1")
    tap = Callback.objects.create(app="default", event="template_card_event", task_id=card.task_id, digest="a")
    text = Callback.objects.create(app="default", event="text", msg_id="7243012345", digest="b")
    assert (f"#{card.request_id} {card.request.item_title}", change("lostfound_contactrequest", card.request)) in find(
        office, f"#{card.request_id}"
    )
    assert {link for _title, link in find(office, card.task_id)} == {
        change("lostfound_card", card),
        change("wecom_callback", tap),
    }
    assert find(office, "MsG_abc-1") == [(card.task_id, change("lostfound_card", card))]
    assert [link for _title, link in find(office, "7243012345")] == [change("wecom_callback", text)]


def test_a_member_is_found_by_name_and_leads_to_what_concerns_them(office: Client, wecom: WeCom) -> None:
    request = asked().request
    Member.objects.create(userid=OWNER, name="王五")
    Member.objects.create(userid=FINDER, name="李四")
    ((title, link),) = find(office, "王五")
    assert title == f"王五 ({OWNER})"
    assert parse_qs(urlsplit(link).query) == {"q": [OWNER]}
    assert [row.pk for row in office.get(link).context["cl"].result_list] == [request.pk]


def test_whoever_asked_or_found_is_found_by_userid_before_the_address_book_knows_them(
    office: Client, wecom: WeCom
) -> None:
    request = asked().request
    for userid in (OWNER, FINDER.upper()):
        ((title, link),) = find(office, userid)
        assert title == f"{userid.lower()} ({userid.lower()})"
        assert [row.pk for row in office.get(link).context["cl"].result_list] == [request.pk]
    assert find(office, OWNER[:-1]) == []


def test_an_errcode_tells_what_it_means_and_leads_to_the_messages(office: Client, wecom: WeCom) -> None:
    asked()
    row = Outgoing.objects.earliest("pk")
    Outgoing.objects.filter(pk=row.pk).update(last_errcode=60020)
    (title, link), *_others = [one for one in find(office, "60020") if one[0].startswith("errcode")]
    assert title.startswith("errcode 60020: ")
    assert [found.pk for found in office.get(link).context["cl"].result_list] == [row.pk]


@pytest.mark.parametrize("term", ["", " ", "#", "-", "#0", "9" * 30, "²", "%", "_", "'", "\\", "a\0b", "🙂" * 200])
def test_whatever_is_typed_is_answered(office: Client, term: str) -> None:
    assert office.get(reverse("admin:search"), {"s": term, "extended": "1"}).status_code == 200


def test_nobody_finds_what_they_may_not_see(wecom: WeCom) -> None:
    cache.clear()
    card = asked()
    Member.objects.create(userid=OWNER, name="王五")
    nobody = User.objects.create_user("nobody", is_staff=True)
    desk = User.objects.create_user("desk", is_staff=True)
    desk.groups.add(Group.objects.get(name="前台 Front desk"))
    for user, sees in ((nobody, False), (desk, True)):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert bool(find(client, "王五")) == sees
        assert find(client, card.task_id) == []


def test_the_palette_asks_few_questions(office: Client, wecom: WeCom, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        asked(item=found_item(title=f"雨伞 {number}"), owner=f"owner{number}")
    with django_assert_max_num_queries(20):
        office.get(reverse("admin:search"), {"s": "雨伞", "extended": "1"})
