"""Lives of requests that nobody has thought of: any order of what people, WeCom, workers and time may do.

Hypothesis makes them up against the sandbox in this process. After each step, and again when everything has come to
rest, what the members see and what our books say keeps the promises of docs/design.md. LIVES=200 tries longer.
"""

import os
from collections import Counter
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lostfound import errors, handlers, selectors, services
from lostfound.models import ContactRequest, Item, TimelineEntry
from tests.lostfound.world import FINDER, OWNER, PHONE, found_item
from tests.wecom.wire import message, post
from wecom import inbox, outbox
from wecom.models import Alert, Callback, Outgoing, SentCard
from wecom.models.wire import Bucket, Lease
from wecom.sandbox import taps
from wecom.sandbox.models import Fault
from wecom.sandbox.testing import sandbox_in_this_process

LIVES = int(os.environ.get("LIVES", "6"))
STEPS = 25
MEMBERS = (FINDER, OWNER, "wangwu")
DECISIONS = {"accepted", "declined", "expired", "withdrawn"}
FAULTS: list[tuple[str, Any]] = [
    ("lose", None),
    ("hang", 20),
    ("hang_before", 20),
    ("status", 503),
    ("body", "null"),
    ("body", "<html>"),
    ("revoke", None),
    ("errcode", -1),
    ("errcode", 45009),
    ("errcode", 81013),
    ("errcode", 60140),
    ("errcode", 40058),
]


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        for model in (TimelineEntry, ContactRequest, SentCard, Item, Outgoing, Callback, Alert, Lease, Bucket):
            model._default_manager.all().delete()
        self.open = ExitStack()
        self.time = self.open.enter_context(time_machine.travel(timezone.now(), tick=True))
        self.wecom = self.open.enter_context(sandbox_in_this_process())
        self.tapped: list[bytes] = []

    @initialize()
    def two_things_are_found(self) -> None:
        self.items = [found_item(), found_item(title="钥匙", reporter="wangwu")]

    # --- What people do -----------------------------------------------------------------------------------------

    @rule(item=st.integers(0, 1), owner=st.sampled_from(MEMBERS))
    def somebody_asks(self, item: int, owner: str) -> None:
        self._may_refuse(services.ask_for_contact, item_id=self.items[item].pk, owner=owner)

    @precondition(lambda self: self._cards())
    @rule(data=st.data(), member=st.sampled_from(MEMBERS), key=st.sampled_from(["confirm", "decline"]))
    def somebody_taps(self, data: st.DataObject, member: str, key: str) -> None:
        card = data.draw(st.sampled_from(self._cards()))
        with suppress(taps.CannotTap):  # not on their phone, or grey already
            self.wecom.tap(member, key, task_id=card.task_id)

    @precondition(lambda self: self._cards())
    @rule(data=st.data(), member=st.sampled_from(MEMBERS), key=st.sampled_from(["confirm", "decline", "other"]))
    def a_tap_comes_out_of_nowhere(self, data: st.DataObject, member: str, key: str) -> None:
        """Of a forwarded card, or with a code that WeCom does not know (any more)."""
        card = data.draw(st.sampled_from(self._cards()))
        tap = {"MsgType": "event", "Event": "template_card_event", "CardType": "button_interaction"}
        fields = {**tap, "TaskId": card.task_id, "FromUserName": member, "EventKey": key}
        self.tapped.append(message(**fields, ResponseCode=f"RC_of_nobody_{len(self.tapped)}"))
        assert post(Client(), self.tapped[-1]).status_code == 200

    @precondition(lambda self: self.tapped)
    @rule(data=st.data(), age=st.sampled_from([0, 60, 900]))
    def a_callback_comes_again(self, data: st.DataObject, age: int) -> None:
        assert post(Client(), data.draw(st.sampled_from(self.tapped)), age=age).status_code == 200

    @precondition(lambda self: ContactRequest.objects.exists())
    @rule(data=st.data(), deed=st.sampled_from(["withdraw", "expire", "resend"]))
    def the_owner_or_the_desk_acts(self, data: st.DataObject, deed: str) -> None:
        number = data.draw(st.sampled_from(sorted(ContactRequest.objects.values_list("pk", flat=True))))
        if deed == "withdraw":
            self._may_refuse(services.withdraw_contact_request, request_id=number, actor="desk", by_staff=True)
        else:
            deeds: dict[str, Any] = {"expire": services.expire_request, "resend": services.resend_card}
            self._may_refuse(deeds[deed], request_id=number, by="desk")

    @rule()
    def the_desk_retries_what_failed(self) -> None:
        """All but contacts that were perhaps delivered: those are a person's risk to take."""
        for row in selectors.outgoing_to_retry():
            self._may_refuse(services.retry_outgoing, outgoing_id=row.pk, by="desk")

    # --- What machines do ---------------------------------------------------------------------------------------

    @rule()
    def the_worker_reads(self) -> None:
        inbox.drain()

    @rule()
    def the_worker_sends(self) -> None:
        outbox.drain()

    @rule(fault=st.sampled_from(FAULTS), count=st.integers(1, 3), path=st.sampled_from(["", "message/send"]))
    def wecom_has_a_bad_day(self, fault: tuple[str, Any], count: int, path: str) -> None:
        kind, value = fault
        self.wecom.fault(kind, value, count=count, path=path)

    @rule(copies=st.integers(2, 3))
    def wecom_delivers_twice(self, copies: int) -> None:
        self.wecom.fault("copies", copies, api="callback")

    @rule(seconds=st.sampled_from([1, 60, 700, 3600, 6 * 3600, 26 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.time.shift(timedelta(seconds=seconds))

    @rule()
    def the_clock_strikes(self) -> None:
        handlers.expire_overdue()

    # --- What must be true --------------------------------------------------------------------------------------

    @invariant()
    def a_request_is_decided_once(self) -> None:
        for request in ContactRequest.objects.all():
            entries = TimelineEntry.objects.filter(request=request, event__in=DECISIONS).order_by("pk")
            found = [entry.event for entry in entries]
            # An accept can be taken back before it is sent.
            allowed: tuple[list[str], ...] = ([], [request.state], ["accepted", request.state])
            assert found in allowed, (request.pk, found, request.state)
            assert (found == []) == (request.state == "pending")

    @invariant()
    def the_contact_is_seen_once_and_only_after_an_accept(self) -> None:
        accepted = set(TimelineEntry.objects.filter(event="accepted").values_list("request_id", flat=True))
        for member in MEMBERS:
            texts = [seen["text"] for seen in self.wecom.messages(member) if seen["msgtype"] == "text"]
            contacts = Counter(text for text in texts if PHONE in text)
            assert all(count == 1 for count in contacts.values()), contacts
            for text in contacts:
                assert any(f"请求编号 {number}" in text for number in accepted), (text, accepted)

    @invariant()
    def a_card_is_seen_once_and_gets_one_final_text(self) -> None:
        for member in MEMBERS:
            cards = [seen for seen in self.wecom.messages(member) if seen["msgtype"] == "template_card"]
            ids = Counter(card["task_id"] for card in cards)
            assert all(count == 1 for count in ids.values()), ids
            for card in cards:
                finals = {step["replace_text"] for step in card["history"] if step["cause"] == "update"}
                assert len(finals) <= 1, (card["task_id"], card["history"])

    @invariant()
    def an_effect_is_owed_once(self) -> None:
        owed = Counter(Outgoing.objects.filter(kind="lostfound.deliver_contact").values_list("subject", flat=True))
        assert all(count == 1 for count in owed.values()), owed

    def teardown(self) -> None:
        """The bad days end, workers run, days go by: then nothing is open, and everything that failed was told."""
        try:
            if hasattr(self, "items"):
                self._come_to_rest()
        finally:
            self.open.close()

    def _come_to_rest(self) -> None:
        Fault.objects.all().delete()
        for _ in range(40):
            handlers.expire_overdue()
            inbox.drain()
            outbox.drain()
            if not self._unfinished():
                break
            self.time.shift(timedelta(hours=3))
        assert not self._unfinished()
        self.a_request_is_decided_once()
        self.the_contact_is_seen_once_and_only_after_an_accept()
        self.a_card_is_seen_once_and_gets_one_final_text()
        for request in ContactRequest.objects.filter(state="accepted"):
            assert Outgoing.objects.filter(kind="lostfound.deliver_contact", subject=str(request.pk)).count() == 1
            assert request.delivery in ("delivered", "unsure", "failed")
        told = set(Alert.objects.values_list("what", flat=True))
        assert {state for state in ("parked", "dead") if Outgoing.objects.filter(state=state).exists()} <= told

    def _unfinished(self) -> list[Any]:
        rows: list[Any] = [*Outgoing.objects.filter(state__in=Outgoing.OPEN)]
        rows += Callback.objects.filter(state__in=Callback.OPEN)
        return rows + list(ContactRequest.objects.filter(state="pending"))

    def _cards(self) -> list[SentCard]:
        return list(SentCard.objects.order_by("pk"))

    @staticmethod
    def _may_refuse(act: Any, **values: Any) -> None:
        with suppress(errors.LostFoundError):  # it may; what it must not do is checked after every step
            act(**values)


@pytest.mark.django_db(transaction=True)
def test_whatever_happens_nothing_is_lost_doubled_or_claimed() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
