"""A thing goes back to its owner, or is given up: what becomes of the requests for it."""

import pytest
from django.utils.translation import override

from lostfound import for_members, selectors, services
from lostfound.errors import Invalid, ItemClosed, NotFound, NothingToDo
from lostfound.states import Happened as H
from tests.lostfound.world import OWNER, WeCom, ask, asked, card_of, events, found_item, owed, states, tap
from wecom import outbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["returned", "closed"])
def test_a_closed_item_takes_no_further_request(state: str) -> None:
    item = found_item()
    assert services.close_item(item_id=item.pk, state=state, by="desk").state == state
    with pytest.raises(ItemClosed):
        ask(item)


def test_a_pending_request_ends_and_both_sides_learn_of_it(wecom: WeCom) -> None:
    card = asked()
    services.close_item(item_id=card.request.item_id, state="returned", by="desk")
    outbox.drain()
    card = card_of(card.request)
    assert states(card) == ("expired", "none", "closed")
    assert card.shows == "已过期"
    assert "已结案" in wecom.seen_by(OWNER)[0]
    assert H.EXPIRED in events(card.request)


def test_a_contact_that_failed_is_not_sent_once_the_item_is_closed(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will("message/send", {"errcode": 60011, "errmsg": "no"})
    outbox.drain()
    services.close_item(item_id=card.request.item_id, state="returned", by="desk")
    with pytest.raises(NothingToDo, match="the item is returned"):
        services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk")
    assert states(card)[1] == "failed"
    card = card_of(card.request)
    with override("en"):
        assert "not sent again" in selectors.next_step(card.request)
        assert "can send it again" not in for_members.requests_of(OWNER)[0].words


def test_a_finder_who_was_quicker_is_not_overruled(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    services.close_item(item_id=card.request.item_id, state="returned", by="desk")
    outbox.drain()
    assert states(card_of(card.request))[:2] == ("accepted", "delivered")


def test_an_item_is_closed_once() -> None:
    item = found_item()
    services.close_item(item_id=item.pk, state="returned", by="desk")
    with pytest.raises(NothingToDo, match="returned"):
        services.close_item(item_id=item.pk, state="closed", by="desk")


def test_only_an_end_closes_an_item() -> None:
    with pytest.raises(Invalid):
        services.close_item(item_id=found_item().pk, state="open", by="desk")
    with pytest.raises(NotFound):
        services.close_item(item_id=999, state="closed", by="desk")
