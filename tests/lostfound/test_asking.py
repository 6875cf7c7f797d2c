"""An owner asks for a finder's contact, or takes it back."""

from typing import Any

import pytest

from lostfound import services
from lostfound.errors import Invalid, ItemClosed, NotFound, OwnItem, RequestClosed, WrongActor
from lostfound.models import ContactRequest, Item
from lostfound.states import Happened as H
from tests.lostfound.world import (
    FINDER,
    OWNER,
    PHONE,
    WeCom,
    ask,
    asked,
    card_of,
    events,
    found_item,
    owed,
    states,
    tap,
)
from wecom import outbox
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db


def test_asking_puts_one_card_on_the_finders_phone(wecom: WeCom) -> None:
    card = asked(message="伞柄有蓝色布带")
    assert wecom.cards == {card.task_id: "确认 / 婉拒"}
    assert states(card) == ("pending", "none", "shown")
    assert (card.shows, bool(card.msgid), card.sent_at is not None) == ("确认 / 婉拒", True, True)
    assert events(card.request) == [H.ASKED, H.CARD_SENT]


def test_the_card_names_no_member_and_no_contact(wecom: WeCom) -> None:
    asked(message="是我的")
    body = str(wecom.calls[0][1]["template_card"])
    assert OWNER not in body
    assert FINDER not in body
    assert PHONE not in body
    assert "尾号 8000" in body
    assert wecom.calls[0][1]["touser"] == FINDER


def test_the_keys_of_the_buttons_are_literals(wecom: WeCom) -> None:
    asked()
    buttons = wecom.calls[0][1]["template_card"]["button_list"]
    assert [(b["text"], b["key"]) for b in buttons] == [("确认", "confirm"), ("婉拒", "decline")]


def test_the_code_of_the_send_is_kept_for_the_recipient(wecom: WeCom) -> None:
    code = asked().codes.get()
    assert (code.source, code.userid, code.state, code.code in wecom.codes) == ("send", FINDER, "live", True)


def test_asking_again_returns_the_open_request_and_owes_nothing_more() -> None:
    item = found_item()
    first = ask(item)
    again, created = services.ask_for_contact(item_id=item.pk, owner=OWNER.upper())
    assert (again, created) == (first, False)
    assert Outgoing.objects.count() == 1


def test_after_an_end_the_owner_may_ask_anew() -> None:
    item = found_item()
    services.expire_request(request_id=ask(item).pk, by="worker")
    assert ask(item).pk != ContactRequest.objects.earliest("pk").pk


@pytest.mark.parametrize(
    ("item", "owner", "error"),
    [
        ({}, FINDER, OwnItem),
        ({}, FINDER.upper(), OwnItem),
        ({"kind": "lost"}, OWNER, ItemClosed),
        ({}, "@all", Invalid),
        ({}, "a|b", Invalid),
        ({}, "", Invalid),
        ({}, "x" * 65, Invalid),
    ],
)
def test_what_cannot_be_asked_is_refused(item: dict[str, Any], owner: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(found_item(**item), owner)
    assert not Outgoing.objects.exists()


def test_a_returned_item_is_closed() -> None:
    item = found_item()
    Item.objects.update(state="returned")
    with pytest.raises(ItemClosed):
        ask(item)


def test_an_unknown_item_is_not_found() -> None:
    with pytest.raises(NotFound):
        services.ask_for_contact(item_id=999, owner=OWNER)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 61}, "title"),
        ({"kind": "stolen"}, "kind"),
        ({"category": "x"}, "category"),
        ({"contact_channel": "pigeon"}, "contact_channel"),
        ({"contact_value": ""}, "contact_value"),
        ({"reporter": "li si"}, "reporter"),
        ({"place": "x" * 101}, "place"),
    ],
)
def test_a_wrong_report_names_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        found_item(**values)
    assert caught.value.field == field


def test_control_characters_do_not_reach_a_row() -> None:
    assert found_item(title="雨\x00伞\x1b").title == "雨伞"


def test_withdrawing_before_the_send_sends_nothing(wecom: WeCom) -> None:
    request = ask()
    services.withdraw_contact_request(request_id=request.pk, actor=OWNER.upper())
    outbox.drain()
    assert wecom.calls == []
    assert states(card_of(request)) == ("withdrawn", "none", "cancelled")
    assert owed("send_card").state == "cancelled"
    assert events(request) == [H.ASKED, H.WITHDRAWN, H.CARD_CANCELLED]


def test_withdrawing_a_shown_card_closes_it_and_bothers_nobody(wecom: WeCom) -> None:
    card = asked()
    services.withdraw_contact_request(request_id=card.request_id, actor="admin", by_staff=True)
    outbox.drain()
    assert wecom.cards == {card.task_id: "已撤回"}
    assert wecom.texts == []
    assert states(card) == ("withdrawn", "none", "closed")


def test_withdrawing_wins_over_a_contact_that_was_not_begun(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    outbox.drain()
    assert wecom.texts == []
    assert wecom.cards[card.task_id] == "已撤回"
    assert owed("deliver_contact").state == "cancelled"
    assert ContactRequest.objects.get().contact_value == ""


def test_withdrawing_after_the_contact_is_refused(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    with pytest.raises(RequestClosed):
        services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    assert states(card) == ("accepted", "delivered", "closed")


@pytest.mark.parametrize("actor", [FINDER, "wangwu", ""])
def test_only_the_owner_withdraws(actor: str) -> None:
    request = ask()
    with pytest.raises(WrongActor):
        services.withdraw_contact_request(request_id=request.pk, actor=actor)
    assert events(request) == [H.ASKED]


def test_withdrawing_twice_is_refused() -> None:
    request = ask()
    services.withdraw_contact_request(request_id=request.pk, actor=OWNER)
    with pytest.raises(RequestClosed):
        services.withdraw_contact_request(request_id=request.pk, actor=OWNER)
