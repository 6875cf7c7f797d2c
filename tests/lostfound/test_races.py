"""Two at the same moment: one wins, nothing is doubled."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
import responses
from django.db import connections, transaction
from django.utils.timezone import now

from lostfound import services
from lostfound.errors import LostFoundError
from lostfound.models import Card, ContactRequest, Item, Move, TimelineEntry
from lostfound.services import answers
from lostfound.services.owing import topic_of
from tests.lostfound.world import FINDER, OWNER, UPDATE, WeCom, ask, card_of, found_item, tap
from tests.support import in_threads
from wecom import outbox
from wecom.models import Callback, Outgoing

pytestmark = pytest.mark.django_db(transaction=True)

DECISIONS = ("accepted", "declined", "expired", "withdrawn")


@pytest.fixture
def card(transactional_db: None) -> Card:
    card = card_of(ask())
    Card.objects.update(state="shown")
    Outgoing.objects.all().delete()
    return card


def one_each(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same moment; what each returned or raised."""
    waiting: Iterator[Callable[[], Any]] = iter(acts)
    return in_threads(len(acts), lambda: next(waiting)())


def decided(request: ContactRequest) -> int:
    return TimelineEntry.objects.filter(request=request, event__in=DECISIONS).count()


def test_parallel_confirmations_owe_one_contact(card: Card) -> None:
    results = in_threads(8, lambda: tap(card))
    assert sorted(bool(why) for why in results) == [False] + [True] * 7
    assert Outgoing.objects.filter(kind="lostfound.deliver_contact").count() == 1
    assert decided(card.request) == 1


def test_parallel_questions_of_one_owner_make_one_request(transactional_db: None) -> None:
    item = found_item()
    results = in_threads(8, lambda: services.ask_for_contact(item_id=item.pk, owner=OWNER))
    assert len({request.pk for request, _ in results}) == 1
    assert sum(created for _, created in results) == 1
    assert (ContactRequest.objects.count(), Card.objects.count(), Outgoing.objects.count()) == (1, 1, 1)


def test_what_is_asked_for_while_the_desk_changes_the_item_is_what_it_holds_then(transactional_db: None) -> None:
    item = found_item()
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            Item.objects.filter(pk=item.pk).update(reporter="wangwu", contact_channel="wecom", contact_value="")
            asking = elsewhere.submit(services.ask_for_contact, item_id=item.pk, owner=OWNER)
            wait([asking], timeout=0.5)
        request, _ = asking.result(timeout=10)
        elsewhere.submit(connections.close_all).result()
    assert request.finder == "wangwu"
    assert "您的姓名" in card_of(request).payload["sub_title_text"]


def test_the_way_and_the_value_that_the_finder_agrees_to_are_of_one_moment(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = answers._locked

    def desk_is_quicker(cards: Any) -> Any:
        found = locked(cards)
        changing = elsewhere.submit(Item.objects.update, contact_channel="desk", contact_value="一号楼前台")
        wait([changing], timeout=0.5)
        return found

    monkeypatch.setattr(answers, "_locked", desk_is_quicker)
    with ThreadPoolExecutor(1) as elsewhere:
        tap(card)
        elsewhere.submit(connections.close_all).result()
    request = ContactRequest.objects.get()
    assert (request.contact_channel, request.contact_value) == ("phone", "13800138000")


def test_confirming_and_expiring_at_once_leave_one_decision(card: Card) -> None:
    pk = card.request_id
    results = one_each(
        lambda: services.accept_contact_request(task_id=card.task_id, finder=FINDER),
        lambda: services.expire_request(request_id=pk, by="worker"),
        lambda: services.expire_request(request_id=pk, by="command"),
    )
    won = [result for result in results if not isinstance(result, BaseException)]
    assert len(won) == 1
    assert all(isinstance(result, ContactRequest | LostFoundError) for result in results)
    assert decided(card.request) == 1


def test_confirm_and_withdraw_at_once_leave_no_contact_owed_to_a_withdrawn_request(card: Card) -> None:
    one_each(
        lambda: tap(card),
        lambda: services.withdraw_contact_request(request_id=card.request_id, actor=OWNER),
        lambda: services.withdraw_contact_request(request_id=card.request_id, actor=OWNER),
    )
    request = ContactRequest.objects.get()
    assert (request.state, request.delivery) == ("withdrawn", "none")
    assert not Outgoing.objects.filter(kind="lostfound.deliver_contact").exclude(state="cancelled").exists()


def test_two_administrators_resend_one_card(card: Card) -> None:
    Card.objects.update(state="undelivered")
    in_threads(4, lambda: services.resend_card(request_id=card.request_id, by="admin"))
    assert Card.objects.count() == 2


def test_two_administrators_retry_one_row(card: Card) -> None:
    tap(card)
    Outgoing.objects.update(state="parked", attempts=1)
    row = Outgoing.objects.get()
    results = in_threads(4, lambda: services.retry_outgoing(outgoing_id=row.pk, by="admin"))
    assert len([result for result in results if result is None]) == 1
    assert TimelineEntry.objects.filter(event="retried").count() == 1


def _expire(card: Card, why: str) -> None:
    services.expire_request(request_id=card.request_id, by="admin")


def _recall(card: Card, why: str) -> None:
    services.recall_card(card_id=card.pk, by="admin", why=why)


def _replay(card: Card, why: str) -> None:
    services.replay_callback(callback_id=Callback.objects.get().pk, by="admin", why=why)


def _settle_callback(card: Card, why: str) -> None:
    services.settle_callback(callback_id=Callback.objects.get().pk, by="admin", why=why)


def _settle_message(card: Card, why: str) -> None:
    services.settle_outgoing(outgoing_id=Outgoing.objects.get(kind="wecom.message").pk, by="admin", why=why)


def _close(card: Card, why: str) -> None:
    services.close_item(item_id=card.request.item_id, state="closed", by="admin")


def _move(card: Card, why: str) -> None:
    services.move_item(item_id=card.request.item_id, custody="desk", shelf="A", by="admin")


@pytest.mark.parametrize(
    ("deed", "left"),
    [
        (_expire, "expired"),
        (_recall, "recalling"),
        (_replay, "replayed"),
        (_settle_callback, "settled"),
        (_settle_message, "settled"),
        (_close, "expired"),
        (_move, ""),
    ],
    ids=["expire", "recall", "replay", "settle a callback", "settle a message", "close", "move"],
)
def test_two_administrators_pressing_at_once_do_it_once_and_the_other_hears_so(
    card: Card, deed: Callable[[Card, str], None], left: str
) -> None:
    state = "done" if deed is _expire else "quarantined"  # a tap that waits for a person holds expiry up
    Callback.objects.create(
        app="default", task_id=card.task_id, digest="d", state=state, plaintext="<xml/>", received_at=now()
    )
    Card.objects.update(state="owed")
    with transaction.atomic():
        outbox.owe_message("already told", to=[OWNER], effect_key="told", topic=topic_of(card.request_id))
    Outgoing.objects.update(state="parked", attempts=1)
    results = in_threads(2, lambda: deed(card, "both pressed"))
    refused = [result for result in results if result is not None]
    assert len(refused) == 1
    assert isinstance(refused[0], LostFoundError)
    if left:
        assert TimelineEntry.objects.filter(event=left).count() == 1
    else:
        assert Move.objects.count() == 1


def test_a_decline_against_the_sender_of_the_contact_ends_in_one_truth(card: Card) -> None:
    tap(card, code="RC_made_up_x")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        wecom = WeCom(mock)
        wecom.codes["RC_made_up_x"] = card.task_id
        one_each(lambda: tap(card, "decline"), lambda: outbox.drain())
        outbox.drain()
    request = ContactRequest.objects.get()
    contacts = [text for text in wecom.seen_by(OWNER) if "13800138000" in text]
    assert (request.state, len(contacts)) in (("declined", 0), ("accepted", 1))
    assert len([path for path in wecom.paths() if path == UPDATE]) == 1
