"""The browser inside a phone: the site's own pages, each phone logged in as its owner, framed by nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from lostfound.models import Item
from tests.lostfound.world import found_item
from wecom.sandbox import people
from wecom.sandbox.testing import sandbox_in_this_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def phones(db: None) -> Iterator[Client]:
    """Somebody looking at the sandbox, with a WeCom in this process for the site to ask."""
    with sandbox_in_this_process():
        people.everybody()
        yield Client(headers={"accept-language": "en"})


def inside(phones: Client, userid: str, path: str) -> Any:
    return phones.get(f"/sandbox/phone/{userid}{path}", follow=True)


def test_a_page_opens_without_a_login_as_the_owner_of_the_phone(phones: Client) -> None:
    for userid, name in (("lisi", "李四"), ("zhangsan", "张三")):
        page = inside(phones, userid, "/requests/")
        assert page.status_code == 200
        assert name in page.content.decode()
    again = inside(phones, "lisi", "/requests/")
    assert ("李四" in again.content.decode(), again.redirect_chain) == (True, [])


def test_every_address_on_a_page_leads_back_into_the_phone(phones: Client) -> None:
    item = found_item(reporter="lisi")
    page = inside(phones, "zhangsan", "/").content.decode()
    assert f'href="/sandbox/phone/zhangsan/items/{item.pk}/"' in page
    assert 'href="/items/' not in page


def test_a_form_works_with_its_token_and_not_without(phones: Client) -> None:
    guarded = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    item = found_item(reporter="lisi")
    page = inside(guarded, "zhangsan", f"/items/{item.pk}/ask/")
    address = f"/sandbox/phone/zhangsan/items/{item.pk}/ask/"
    assert guarded.post(address, {"message": "mine"}).status_code == 403
    token = page.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert guarded.post(address, {"message": "mine", "csrfmiddlewaretoken": token}).status_code == 302
    assert Item.objects.get().requests.get().owner == "zhangsan"


def test_the_page_may_be_framed_by_the_sandbox_alone(phones: Client) -> None:
    page = inside(phones, "lisi", "/")
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert phones.get("/logged-out/")["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/admin/", "/sandbox/", "/nothing/"])
def test_neither_admin_nor_sandbox_opens_inside_a_phone(phones: Client, path: str) -> None:
    assert inside(phones, "lisi", path).status_code == 404


def test_who_is_not_in_the_address_book_has_no_phone(phones: Client) -> None:
    assert inside(phones, "nobody", "/").status_code == 404


def test_an_administrator_stays_one_outside_of_the_phones(phones: Client, admin_user: Any) -> None:
    phones.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    inside(phones, "lisi", "/requests/")
    assert phones.get("/admin/").status_code == 200
