"""Two at the same moment at one card: one wins, nothing overlaps, nothing locks up."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from tests.support import in_threads
from tests.wecom.shop import (
    SHOP,
    UPDATE,
    codes,
    now,
    on_the_phone,
    open_shop,
    owe,
    rows,
    sent,
    tapped,
    work,
    work_later,
)
from wecom import outbox, sent_cards
from wecom.events import TemplateCardEvent
from wecom.models import CardChange, Outgoing
from wecom.sandbox.testing import WeComSandbox
from wecom.sent_cards import SentCard, wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(transactional_db: None, settings: Any) -> Iterator[WeComSandbox]:
    settings.UPDATE_AFTER_REPLY_MS = 0
    with open_shop(settings) as sandbox:
        yield sandbox


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same moment; what each returned or raised."""
    waiting: Iterator[Callable[[], Any]] = iter(acts)
    return in_threads(len(acts), lambda: next(waiting)())


def failures(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, BaseException)]


def test_of_two_that_close_it_at_once_one_wins(sandbox: WeComSandbox) -> None:
    card = sent(key="a")
    texts = iter(["甲", "乙", "丙", "丁"])
    results = in_threads(4, lambda: sent_cards.close("a", next(texts)))
    assert sorted(results) == [False, False, False, True]
    work()
    assert (now(card), len(sandbox.calls(UPDATE)), len(on_the_phone(sandbox))) == ("closed", 1, 1)
    assert on_the_phone(sandbox) == [card.shows]


def test_two_that_send_under_one_name_send_one_card(sandbox: WeComSandbox) -> None:
    results = in_threads(4, lambda: owe(key="a").pk)
    assert not failures(results)
    assert len(set(results)) == SentCard.objects.count() == Outgoing.objects.count() == 1


def test_one_code_under_many_spenders_goes_to_one(sandbox: WeComSandbox) -> None:
    card = sent()
    numbers = iter(range(1, 9))
    results = in_threads(8, lambda: wallet.reserve_code(card, outgoing_id=next(numbers)))
    assert not failures(results)
    assert len([code for code in results if code]) == 1


def test_the_same_tap_taken_down_twice_at_once_is_kept_once(sandbox: WeComSandbox) -> None:
    card = owe()
    event = TemplateCardEvent(
        app="default", userid="lisi", task_id=card.task_id, event_key="yes", response_code="RC_made_up"
    )
    results = in_threads(4, lambda: sent_cards.keep_tap(card, event=event, received_at=timezone.now()))
    assert (failures(results), codes(card), SHOP.heard) == ([], ["live"], ["inferred"])


def test_taps_updates_the_end_and_two_workers_at_once_leave_one_truth(sandbox: WeComSandbox) -> None:
    card = sent(to=["lisi", "wangwu"])
    for member in ("lisi", "wangwu", "lisi"):
        tapped(sandbox, card, member)
    results = at_once(
        lambda: sent_cards.update(card.key, "1"),
        lambda: sent_cards.update(card.key, "2", members=["lisi"]),
        lambda: sent_cards.close(card.key, "完"),
        lambda: sent_cards.close(card.key, "终"),
        outbox.drain,
        outbox.drain,
    )
    assert not failures(results)
    work_later()
    assert now(card) == "closed"
    assert on_the_phone(sandbox, "lisi") == on_the_phone(sandbox, "wangwu") == [card.shows]
    assert card.shows in ("完", "终")
    assert CardChange.objects.filter(final=True, state="shown").count() == 1
    assert not CardChange.objects.filter(state="owed").exists()


def test_what_comes_while_a_change_is_on_the_wire_waits_for_it(sandbox: WeComSandbox) -> None:
    card = sent()
    tapped(sandbox, card)
    sent_cards.update(card, "处理中")
    seen: list[Any] = []

    def close_meanwhile(request: Any, answer: Any) -> None:
        seen.append(sent_cards.close(card.key, "完"))
        seen.append(rows("update_card"))

    with during(sandbox, UPDATE, close_meanwhile):
        outbox.drain()
    assert seen == [True, ["running"]]
    work()
    assert (now(card), on_the_phone(sandbox), rows("update_card")) == ("closed", ["完"], ["done", "done"])


def test_a_tap_while_the_send_is_on_the_wire_leaves_msgid_and_code_to_its_answer(sandbox: WeComSandbox) -> None:
    card = owe()

    def tap_meanwhile(request: Any, answer: Any) -> None:
        tapped(sandbox, card)

    with during(sandbox, "message/send", tap_meanwhile):
        outbox.drain()
    assert (now(card), SHOP.heard, codes(card)) == ("shown", ["inferred"], ["live", "live"])
    assert card.msgid


def test_an_update_in_doubt_against_the_end_shows_the_end(sandbox: WeComSandbox) -> None:
    card = sent()
    for _ in range(2):
        tapped(sandbox, card)
    sandbox.fault("lose", path=UPDATE)
    sent_cards.update(card, "处理中")
    outbox.drain()
    Outgoing.objects.filter(state="waiting").update(due_at=timezone.now())
    results = at_once(lambda: sent_cards.close(card.key, "完"), outbox.drain, outbox.drain)
    assert not failures(results)
    work_later()
    assert (now(card), on_the_phone(sandbox)) == ("closed", ["完"])


def test_taps_and_workers_at_many_cards_do_not_lock_up(sandbox: WeComSandbox) -> None:
    cards = [sent(key=f"k{number}") for number in range(3)]
    acts = [lambda card=card: sent_cards.close(card.key, "完") for card in cards]
    taps = [lambda card=card: keep(card) for card in cards]
    results = at_once(*acts, *taps, outbox.drain, outbox.drain)
    assert not failures(results)
    work_later()
    assert {now(card) for card in cards} == {"closed"}


def keep(card: SentCard) -> None:
    event = TemplateCardEvent(
        app="default", userid="lisi", task_id=card.task_id, event_key="yes", response_code=f"RC_{card.pk}"
    )
    sent_cards.keep_tap(card, event=event, received_at=timezone.now())


class during:
    """Inside the block `act` runs after the platform has done a call of this path, before its answer is read."""

    def __init__(self, sandbox: WeComSandbox, path: str, act: Callable[[Any, Any], None]) -> None:
        self.sandbox, self.path, self.act, self.adapter = sandbox, path, act, sandbox.adapter

    def __enter__(self) -> None:
        carry, done = self.adapter.send, threading.Event()

        def send(request: Any, **kwargs: Any) -> Any:
            answer = carry(request, **kwargs)
            if self.path in request.url and not done.is_set():
                done.set()
                self.act(request, answer)
            return answer

        self.adapter.send = send  # type: ignore[method-assign,assignment]

    def __exit__(self, *exc: object) -> None:
        del self.adapter.send
