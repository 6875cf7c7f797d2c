"""What members see of what was found and lost: lists, search, one item."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from lostfound import search
from lostfound.models import Item
from lostfound.spoken import spoken
from tests.lostfound.member import logged_in
from tests.lostfound.world import ask, found_item

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def member() -> Client:
    return logged_in()


def text_of(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r"<b>(.*?)</b>", html)


def many(count: int) -> None:
    now = timezone.now()
    Item.objects.bulk_create(
        Item(kind="found", title=f"伞{number}", reporter="lisi", happened_at=now - timedelta(minutes=number // 2))
        for number in range(count)
    )


def walk(client: Client, path: str, **headers: str) -> Iterator[list[str]]:
    """Page after page, by the link that stands at the end of each."""
    while path:
        html = text_of(client, path, **headers)
        yield titles(html)
        more = re.search(r'class="more">\s*<a[^>]* href="([^"]+)"', html)
        path = "/" + more[1].replace("&amp;", "&") if more else ""


def test_open_found_items_stand_in_the_list_and_nothing_else(member: Client) -> None:
    found_item(title="黑色雨伞")
    found_item(title="归还了").__class__.objects.filter(title="归还了").update(state="returned")
    found_item(kind="lost", title="丢失的书", contact_channel="wecom", contact_value="")
    html = text_of(member, "/")
    assert titles(html) == ["黑色雨伞"]
    assert "二号楼食堂" in html
    assert titles(text_of(member, "/lost/")) == ["丢失的书"]


def test_no_list_and_no_page_shows_who_found_it_or_how_to_reach_them(member: Client) -> None:
    item = found_item(reporter="wangwu", hidden_marks="内侧绣着名字")
    for path in ("/", f"/items/{item.pk}/", f"/items/{item.pk}/ask/"):
        html = text_of(member, path)
        assert not any(secret in html for secret in ("wangwu", "13800138000", "内侧绣着名字")), path


@pytest.mark.parametrize("headers", [{}, PART])
def test_each_item_is_shown_once_however_many_pages_there_are(member: Client, headers: dict[str, str]) -> None:
    many(2 * search.PAGE + 5)
    pages = []
    for page in walk(member, "/", **headers):
        pages.append(page)
        if len(pages) == 1:  # what comes in meanwhile moves nothing
            Item.objects.create(kind="found", title="新来的", reporter="lisi")
    assert [len(page) for page in pages] == [20, 20, 5]
    shown = [title for page in pages for title in page]
    assert len(set(shown)) == len(shown) == 45
    assert "新来的" not in shown


def test_a_mark_that_is_none_starts_at_the_beginning(member: Client) -> None:
    many(3)
    before_all, too_large = "0001-01-01T00:00:00+14:00_5", "2026-01-01T00:00:00+00:00_99999999999999999999"
    for mark in ("x", "_", "2026-01-01_1", too_large, before_all, "\0", "9" * 500):
        assert len(titles(text_of(member, f"/?after={quote(mark)}"))) == 3


def test_filters_hold_for_every_page(member: Client) -> None:
    found_item(title="旧钥匙", category="keys", happened_at=timezone.now() - timedelta(days=9))
    found_item(title="新钥匙", category="keys")
    found_item(title="新伞", category="umbrella")
    assert titles(text_of(member, "/?category=keys&days=7")) == ["新钥匙"]
    assert titles(text_of(member, "/?category=keys")) == ["新钥匙", "旧钥匙"]
    assert len(titles(text_of(member, "/?category=none&days=5000"))) == 3


def test_htmx_gets_the_part_it_asked_for(member: Client) -> None:
    many(3)
    rows = text_of(member, "/", **PART)
    assert rows.lstrip().startswith("<li")
    results = text_of(member, "/", **PART, **{"HX-Target": "results"})
    assert "<html" not in results
    assert '<ul class="cells">' in results
    assert "<html" in text_of(member, "/", **PART, **{"HX-History-Restore-Request": "true"})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("黑色雨伞", ["一把黑色的雨伞"]),
        ("雨伞 黑色", ["一把黑色的雨伞"]),
        ("雨伞黑色", ["一把黑色的雨伞"]),
        ("手机", ["电话"]),
        ("食堂", ["一把黑色的雨伞", "电话", "背包"]),
    ],
)
def test_search_finds_what_is_meant(member: Client, query: str, found: list[str]) -> None:
    for title in ("背包", "电话", "一把黑色的雨伞"):
        found_item(title=title, category="other")
    html = text_of(member, f"/?q={query}")
    assert sorted(titles(html)) == sorted(found)
    assert "These come near" not in html


@pytest.mark.parametrize("query", ["黑色雨散", "雨散", "umbrela", "黑的遇伞", "黑色长柄大雨伞"])
def test_a_misspelt_search_comes_near_and_says_so(member: Client, query: str) -> None:
    found_item(title="一把黑色的雨伞", category="umbrella", place="")
    found_item(title="手机壳", category="other", place="")
    html = text_of(member, f"/?q={query}")
    assert titles(html)[:1] == ["一把黑色的雨伞"]
    assert "These come near" in html


def test_what_nothing_is_like_leads_on_to_a_report(member: Client) -> None:
    found_item(title="一把黑色的雨伞")
    html = text_of(member, "/?q=xyzzy")
    assert titles(html) == []
    assert "/report/lost/" in html
    assert text_of(member, "/?q=%00%27%22%25_\\")


@pytest.mark.parametrize("named", [True, False])
def test_words_follow_the_item_when_it_is_changed(member: Client, named: bool) -> None:
    item = found_item(title="雨伞")
    item.title = "围巾"
    item.save(**({"update_fields": ["title"]} if named else {}))
    assert titles(text_of(member, "/?q=围巾")) == ["围巾"]
    assert not titles(text_of(member, "/?q=雨伞"))


def test_a_list_asks_the_database_a_few_times_only(member: Client) -> None:
    many(20)
    with CaptureQueriesContext(connection) as asked:
        text_of(member, "/?q=伞")
    reads = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert len(reads) == 5, reads  # session, member, which items, the items, their photos


def test_a_search_reads_the_index_alone(member: Client) -> None:
    """A row is fetched for what is shown; the others are told from the index, which holds the words."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table")
    many(3)
    with CaptureQueriesContext(connection) as asked:
        search.look(kind="found", words="伞", category="keys", days=7)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked[0]["sql"])
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "COVERING INDEX lostfound_item_search" in plan
    assert "TEMP B-TREE" not in plan


def test_what_others_typed_is_text_everywhere(member: Client) -> None:
    item = found_item(title=NASTY, place=NASTY, description=NASTY)
    mine = found_item(title=NASTY, place=NASTY, reporter="zhangsan")
    ask(item, message=NASTY)
    ask(mine, owner="lisi", message=NASTY)
    for path in ("/", f"/?q={NASTY}", f"/items/{item.pk}/", "/report/found/", "/requests/"):
        html = text_of(member, path)
        assert NASTY not in html, path
    assert "&lt;script&gt;" in text_of(member, "/requests/")


def test_a_closed_item_is_seen_by_whom_it_concerns(member: Client) -> None:
    item = found_item(reporter="lisi")
    ask(item, owner="zhangsan")
    Item.objects.update(state="returned")
    assert member.get(f"/items/{item.pk}/").status_code == 200
    assert logged_in("lisi").get(f"/items/{item.pk}/").status_code == 200
    assert logged_in("qianqi").get(f"/items/{item.pk}/").status_code == 404
    for nothing in (0, item.pk + 1, 10**30):
        assert member.get(f"/items/{nothing}/").status_code == 404


def test_pages_to_look_at_change_nothing_and_take_no_posts(member: Client) -> None:
    item = found_item()
    for path in ("/", "/lost/", f"/items/{item.pk}/", "/requests/", "/report/"):
        assert member.post(path).status_code == 405, path


@pytest.mark.parametrize(
    ("moment", "chinese", "english"),
    [
        ("2026-11-03T10:32", "10:32", "today 10:32"),
        ("2026-11-03T00:00", "00:00", "today 00:00"),
        ("2026-11-02T23:59", "23:59", "yesterday 23:59"),
        ("2026-11-01T08:05", "11月1日", "1 Nov"),
        ("2025-12-31T08:05", "2025年12月31日", "31 Dec 2025"),
    ],
)
def test_times_are_told_as_people_say_them(moment: str, chinese: str, english: str) -> None:
    here = ZoneInfo("Asia/Shanghai")
    then = datetime.fromisoformat(moment).replace(tzinfo=here)
    with time_machine.travel(datetime(2026, 11, 3, 20, 0, tzinfo=here)):
        with translation.override("en"):
            assert spoken(then) == english
        with translation.override("zh-hans"):
            assert chinese in spoken(then)
