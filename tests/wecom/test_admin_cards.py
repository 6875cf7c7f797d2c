"""The desk's pages of sent cards and their codes, for projects without the lost and found."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from tests.wecom.shop import DEAD_CODE, UPDATE, now, on_the_phone, open_shop, sent, tapped, work
from wecom import sent_cards
from wecom.models import Outgoing
from wecom.sandbox.testing import WeComSandbox
from wecom.sent_cards import SentCard

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(db: None, settings: Any) -> Iterator[WeComSandbox]:
    settings.UPDATE_AFTER_REPLY_MS = 0
    with open_shop(settings) as sandbox:
        yield sandbox


@pytest.fixture
def desk(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_cards_and_codes_are_listed_and_opened_and_no_code_is_shown(desk: Client, sandbox: WeComSandbox) -> None:
    card = sent(to=["lisi", "nobody"], parties=[2], key="approval:42")
    sent_cards.update(card, "处理中", members=["lisi"])
    work()
    code = card.codes.get()
    for address in (
        "/admin/wecom/sentcard/",
        "/admin/wecom/sentcard/?q=lisi",
        f"/admin/wecom/sentcard/{card.pk}/change/",
        "/admin/wecom/responsecode/",
        f"/admin/wecom/responsecode/{code.pk}/change/",
    ):
        answer = desk.get(address)
        assert answer.status_code == 200, address
        assert code.code not in answer.content.decode()
        assert card.task_id in answer.content.decode() or "approval:42" in answer.content.decode()
    page = desk.get(f"/admin/wecom/sentcard/{card.pk}/change/").content.decode()
    assert "lisi, nobody, department 2" in page
    assert "处理中" in page


def test_the_lists_cost_a_fixed_number_of_queries(
    desk: Client, sandbox: WeComSandbox, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        sent(key=f"k{number}")
    for address in ("/admin/wecom/sentcard/", "/admin/wecom/responsecode/"):
        with django_assert_max_num_queries(10):
            assert desk.get(address).status_code == 200


def test_a_card_is_taken_back_from_its_page(desk: Client, sandbox: WeComSandbox) -> None:
    card = sent()
    asks = f"/admin/wecom/sentcard/{card.pk}/do/recall/"
    assert "disappears from every phone" in desk.post(asks).content.decode()
    desk.post(asks, {"confirmed": "yes", "reason": "a mistake"})
    work()
    assert (now(card), on_the_phone(sandbox)) == ("recalled", [])


def test_a_card_that_cannot_be_taken_back_says_so(desk: Client, sandbox: WeComSandbox) -> None:
    card = sent()
    SentCard.objects.update(msgid="")
    answer = desk.post(
        f"/admin/wecom/sentcard/{card.pk}/do/recall/", {"confirmed": "yes", "reason": "a mistake"}, follow=True
    )
    assert "not on any phone" in told(answer)
    assert now(card) == "shown"


def test_a_failed_update_is_retried_where_a_code_is_left(desk: Client, sandbox: WeComSandbox) -> None:
    from wecom.admin.deeds import NotDone
    from wecom.admin.outgoing import retry

    card = sent()
    SentCard.objects.update(msgid="")
    sandbox.fault(*DEAD_CODE, path=UPDATE)
    sent_cards.close(card, "已完成")
    work()
    row = Outgoing.objects.get(kind="shop.update_card")
    with translation.override("en"), pytest.raises(NotDone, match="response code"):
        retry(row.pk, "desk", "")
    sandbox.fault(*DEAD_CODE, path=UPDATE)
    tapped(sandbox, card)
    work()
    card.codes.filter(source="tap").update(state="live")
    retry(row.pk, "desk", "")
    work()
    assert (now(card), on_the_phone(sandbox)) == ("closed", ["已完成"])
    with pytest.raises(NotDone):
        retry(row.pk, "desk", "")
