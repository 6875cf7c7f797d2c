"""Codes that are dead, cards that are stuck, taken back or expired, and what is done when no code is left."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests.wecom.shop import (
    DEAD_CODE,
    LOST,
    RECALL,
    SEND,
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
    texts,
    work,
    work_later,
)
from wecom import conf, effects, outbox, sent_cards
from wecom.errcodes import Outcome
from wecom.models import Bucket, Callback, Outgoing
from wecom.outbox import Result
from wecom.sandbox.testing import WeComSandbox
from wecom.sent_cards import SentCard, sending, wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(db: None, settings: Any) -> Iterator[WeComSandbox]:
    settings.UPDATE_AFTER_REPLY_MS = 0
    with open_shop(settings) as sandbox:
        yield sandbox


def stuck(sandbox: WeComSandbox, **how: Any) -> SentCard:
    """A card whose last content could not be shown, and which cannot be taken back."""
    card = sent()
    SentCard.objects.update(msgid="")
    sandbox.fault(*DEAD_CODE, path=UPDATE)
    sent_cards.close(card, "已完成", **how)
    work()
    assert now(card) == "stuck"
    return card


class TestWallet:
    def test_the_youngest_code_is_reserved_and_the_same_row_keeps_it(self, sandbox: WeComSandbox) -> None:
        card = sent()
        tapped(sandbox, card)
        first = wallet.reserve_code(card, outgoing_id=1)
        assert first is not None
        assert first.source == "tap"
        assert wallet.reserve_code(card, outgoing_id=1) == first
        second = wallet.reserve_code(card, outgoing_id=2)
        assert second is not None
        assert second.source == "send"
        assert wallet.reserve_code(card, outgoing_id=3) is None

    def test_a_code_that_comes_twice_is_kept_once_and_stays_spent(self, sandbox: WeComSandbox) -> None:
        card = sent()
        code = card.codes.get()
        sent_cards.close(card, "已完成")
        work()
        again: dict[str, Any] = {"source": wallet.Source.TAP, "issued_at": timezone.now()}
        wallet.keep_code(card, code.code, **again)
        wallet.keep_code(card, "", **again)
        assert codes(card) == ["spent"]

    def test_a_code_lies_encrypted(self, sandbox: WeComSandbox) -> None:
        code = sent().codes.get()
        assert code.code not in str(SentCard.objects.raw("SELECT * FROM wecom_responsecode")[0].__dict__)

    def test_a_code_that_nobody_needs_any_more_is_written_down_as_dead_too(self, sandbox: WeComSandbox) -> None:
        card = sent()
        card.codes.update(expires_at=timezone.now() - timedelta(hours=1))  # by the shorter of WeCom's two lifetimes
        assert sent_cards.expire_codes() == 0
        card.codes.update(issued_at=timezone.now() - timedelta(hours=73))
        effects.expire_cards()
        assert codes(card) == ["expired"]

    def test_past_the_planned_lifetime_a_code_is_still_tried_past_the_longer_one_not(
        self, sandbox: WeComSandbox
    ) -> None:
        card = sent()
        card.codes.update(issued_at=timezone.now() - timedelta(hours=30))
        assert sent_cards.usable_codes(card).exists()
        card.codes.update(
            issued_at=timezone.now() - timedelta(hours=73), expires_at=timezone.now() - timedelta(hours=49)
        )
        sent_cards.close(card, "已完成")
        work()
        assert sent_cards.expire_codes() == 1
        assert (sandbox.calls(UPDATE), codes(card), now(card)) == ([], ["expired"], "recalled")


class TestDeadCodes:
    def test_a_lost_answer_is_inferred_from_the_dead_code(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault(*LOST, path=UPDATE)
        sent_cards.close(card, "已完成")
        work_later()
        assert (now(card), rows("update_card"), codes(card)) == ("closed", ["inferred"], ["spent"])
        assert SHOP.heard[-1] == "update_inferred"

    def test_without_a_doubt_it_is_followed_by_one_spare(self, sandbox: WeComSandbox) -> None:
        card = sent()
        tapped(sandbox, card)
        sandbox.fault(*DEAD_CODE, path=UPDATE)
        sent_cards.close(card, "已完成")
        work()
        assert (now(card), codes(card)) == ("closed", ["refused", "spent"])
        assert SHOP.heard == ["sent", "updating", "code_refused", "updated"]

    def test_two_of_them_end_in_the_rescue_and_never_in_a_loop(self, sandbox: WeComSandbox) -> None:
        card = sent()
        for _ in range(3):
            tapped(sandbox, card)
        sandbox.fault(*DEAD_CODE, path=UPDATE, count=9)
        sent_cards.close(card, "已完成", rescue_text="您的申请已完成")
        work_later()
        assert (len(sandbox.calls(UPDATE)), rows("update_card"), now(card)) == (2, ["dead"], "recalled")
        assert (on_the_phone(sandbox), texts(sandbox)) == ([], ["您的申请已完成"])
        assert SHOP.heard[-2:] == ["stuck", "recalled"]
        assert SHOP.news[-2].rescue == "recall"

    def test_after_the_planned_lifetime_a_refusal_proves_nothing(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault(*LOST, path=UPDATE)
        sent_cards.close(card, "已完成")
        work()
        card.codes.update(expires_at=timezone.now() - timedelta(minutes=1))
        work_later()
        assert rows("update_card") == ["dead"]
        assert now(card) != "closed"

    def test_a_refusal_for_another_reason_gives_the_code_back(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 42018, path=UPDATE)
        sent_cards.close(card, "已完成")
        work()
        assert (len(sandbox.calls(UPDATE)), codes(card), now(card)) == (1, ["live"], "recalled")

    def test_errcode_0_that_changed_nobodys_card_is_no_success(self, sandbox: WeComSandbox) -> None:
        card = sent()
        answer = '{"errcode": 0, "errmsg": "ok", "invaliduser": ["LISI"]}'
        sandbox.fault("body", answer, path=UPDATE)
        sent_cards.close(card, "已完成")
        work()
        assert rows("update_card") == ["parked"]
        assert now(card) != "closed"

    def test_a_change_before_the_last_is_dropped_and_the_last_one_follows(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 42018, path=UPDATE)
        sent_cards.update(card, "处理中")
        work()
        assert (now(card), SHOP.heard[-1]) == ("shown", "stuck")
        sent_cards.close(card, "已完成")
        work()
        assert on_the_phone(sandbox) == ["已完成"]
        assert list(card.changes.values_list("state", flat=True)) == ["given_up", "shown"]


class TestStuck:
    def test_the_words_are_told_once_however_often_it_fails(self, sandbox: WeComSandbox) -> None:
        card = stuck(sandbox, rescue_text="您的申请已完成")
        sandbox.fault(*DEAD_CODE, path=UPDATE, count=9)
        for _ in range(3):
            tapped(sandbox, card)
            work_later()
        assert (now(card), texts(sandbox)) == ("stuck", ["您的申请已完成"])
        assert SHOP.heard.count("stuck") == 4

    def test_without_words_nothing_is_told(self, sandbox: WeComSandbox) -> None:
        stuck(sandbox)
        assert (texts(sandbox), SHOP.news[-1].rescue) == ([], "none")

    def test_a_fresh_code_shows_the_last_content_after_all(self, sandbox: WeComSandbox) -> None:
        card = stuck(sandbox)
        tapped(sandbox, card)
        work()
        assert (now(card), on_the_phone(sandbox)) == ("closed", ["已完成"])
        assert rows("update_card") == ["done"]

    def test_the_words_are_not_told_where_the_card_shows_it_after_all(self, sandbox: WeComSandbox) -> None:
        card = sent()
        SentCard.objects.update(msgid="")
        sandbox.fault("errcode", 45009, path=SEND)
        sandbox.fault(*DEAD_CODE, path=UPDATE)
        sent_cards.close(card, "已完成", rescue_text="您的申请已完成")
        work()
        tapped(sandbox, card)
        work_later()
        assert (now(card), texts(sandbox)) == ("closed", [])
        Bucket.objects.all().delete()
        work_later()
        assert (texts(sandbox), rows("card_text")) == ([], ["cancelled"])

    def test_a_failed_update_is_retried_only_with_a_code(self, sandbox: WeComSandbox) -> None:
        card = stuck(sandbox)
        row = Outgoing.objects.get(kind="shop.update_card")
        with transaction.atomic():
            assert "response code" in sent_cards.put_back(row)
        card.codes.update(state="live")
        with transaction.atomic():
            assert sent_cards.put_back(row) == ""
            outbox.retry(row.pk)
        assert now(card) == "closing"
        work()
        assert on_the_phone(sandbox) == ["已完成"]

    def test_the_update_of_a_content_that_gave_way_is_not_retried(self, sandbox: WeComSandbox) -> None:
        card = sent()
        SentCard.objects.update(msgid="")
        sandbox.fault("errcode", 42018, path=UPDATE)
        sent_cards.close(card, "未能完成")
        work()
        row = Outgoing.objects.get(kind="shop.update_card")
        assert sent_cards.close(card, "已完成", instead=True)
        with transaction.atomic():
            assert sent_cards.put_back(row) == "a later change takes its place"
        work()
        assert (now(card), on_the_phone(sandbox)) == ("closed", ["已完成"])

    def test_a_refused_send_is_put_back(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sandbox.fault("errcode", 42031, path=SEND)
        work()
        row = Outgoing.objects.get()
        with transaction.atomic():
            assert sent_cards.put_back(row) == ""
            outbox.retry(row.pk)
        work()
        assert now(card) == "shown"
        with transaction.atomic():
            assert sent_cards.put_back(row) == "the card is shown"


class TestRecall:
    def test_a_card_is_taken_back_from_everybody(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi", "wangwu"], key="a")
        assert sent_cards.recall("a")
        assert sent_cards.recall("a")
        assert not sent_cards.update("a", "处理中")
        work()
        assert not sent_cards.close("a", "已完成")
        assert (now(card), card.shows, on_the_phone(sandbox, "wangwu")) == ("recalled", "", [])
        assert SHOP.heard == ["sent", "recalled"]
        assert len(sandbox.calls(RECALL)) == 1

    def test_one_that_was_not_sent_yet_is_not_sent(self, sandbox: WeComSandbox) -> None:
        card = owe()
        assert sent_cards.recall(card)
        work()
        assert (now(card), sandbox.calls(SEND)) == ("cancelled", [])

    def test_one_on_its_way_is_taken_back_when_it_has_arrived_or_that_is_said(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sandbox.fault(*LOST, path=SEND)
        work()
        assert sent_cards.recall(card)
        work_later()
        assert (now(card), SHOP.heard[-1:]) == ("unsure", ["unsure"])
        tapped(sandbox, card)
        assert (now(card), card.recall_wanted) == ("shown", False)
        assert SHOP.heard[-2:] == ["inferred", "recall_failed"]

    def test_after_a_day_it_cannot_be_taken_back(self, sandbox: WeComSandbox) -> None:
        card = sent()
        SentCard.objects.update(sent_at=timezone.now() - timedelta(hours=25))
        assert not sent_cards.recall(card)
        assert not card.recall_wanted

    def test_where_wecom_refuses_the_card_lives_on(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 42052, path=RECALL)
        sent_cards.recall(card)
        work()
        assert (now(card), SHOP.heard[-1]) == ("shown", "recall_failed")
        assert not sent_cards.recall(card)
        assert sent_cards.close(card, "已完成")
        work()
        assert on_the_phone(sandbox) == ["已完成"]

    def test_what_it_was_to_say_at_last_is_told_where_it_is_taken_back_meanwhile(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sent_cards.recall(card)
        assert sent_cards.close(card, "已完成", rescue_text="您的申请已完成")
        work_later()
        assert (now(card), on_the_phone(sandbox), texts(sandbox)) == ("recalled", [], ["您的申请已完成"])
        assert sandbox.calls(UPDATE) == []

    def test_what_it_was_to_say_at_last_is_shown_where_it_cannot_be_taken_back(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 42052, path=RECALL)
        sent_cards.recall(card)
        sent_cards.close(card, "已完成", rescue_text="您的申请已完成")
        work_later()
        assert (now(card), on_the_phone(sandbox), texts(sandbox)) == ("closed", ["已完成"], [])

    def test_it_is_shown_too_where_nobody_knows_how_to_take_the_card_back(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sandbox.fault(*LOST, path=SEND)
        work()
        sent_cards.recall(card)
        work_later()
        assert sent_cards.close(card, "已完成")
        tapped(sandbox, card)
        work()
        assert (now(card), card.recall_wanted, on_the_phone(sandbox)) == ("closed", False, ["已完成"])

    def test_a_last_content_that_waits_for_the_recall_can_be_taken_back(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 42052, path=RECALL)
        sent_cards.recall(card)
        sent_cards.close(card, "已完成")
        assert sent_cards.reopen(card)
        work()
        assert (now(card), card.is_final, on_the_phone(sandbox)) == ("shown", False, ["同意 / 拒绝"])

    def test_one_that_failed_is_retried_while_wecom_allows_it(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 60011, path=RECALL)
        sent_cards.recall(card)
        work()
        row = Outgoing.objects.get(kind="shop.recall_card")
        with transaction.atomic():
            assert sent_cards.put_back(row) == ""
            outbox.retry(row.pk)
        work()
        assert (now(card), on_the_phone(sandbox)) == ("recalled", [])
        with transaction.atomic():
            assert sent_cards.put_back(row) == "the card is recalled"

    def test_one_that_failed_is_not_retried_once_the_card_shows_its_last_content(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 60011, path=RECALL)
        sent_cards.recall(card)
        work()
        row = Outgoing.objects.get(kind="shop.recall_card")
        sent_cards.close(card, "已完成")
        for state in ("closing", "closed"):
            assert now(card) == state
            with transaction.atomic():
                assert sent_cards.put_back(row) == f"the card is {state}"
            work()
        assert on_the_phone(sandbox) == ["已完成"]

    def test_one_that_failed_is_not_retried_once_wecom_forbids_it(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault("errcode", 60011, path=RECALL)
        sent_cards.recall(card)
        work()
        SentCard.objects.update(sent_at=timezone.now() - timedelta(hours=25))
        with transaction.atomic():
            assert sent_cards.put_back(Outgoing.objects.get(kind="shop.recall_card")) == "the card cannot be taken back"

    @pytest.mark.parametrize("end", ["tried again", "given up in doubt", "nobody can be reached any more"])
    def test_a_recall_that_a_tap_overtook_is_answered_when_the_send_comes_to_its_end(
        self, sandbox: WeComSandbox, end: str
    ) -> None:
        card = owe()
        sandbox.fault(*LOST, path=SEND)
        outbox.drain()
        assert sent_cards.recall(card)
        tapped(sandbox, card)
        if end == "given up in doubt":
            row = Outgoing.objects.get(kind="shop.send_card")
            with transaction.atomic():
                sending.settle(row, Result(state=outbox.State.PARKED, outcome=Outcome.UNKNOWN, in_doubt=True))
            Outgoing.objects.update(state="parked")
        if end == "nobody can be reached any more":
            row = Outgoing.objects.get(kind="shop.send_card")
            nobody = {"errcode": 0, "invaliduser": ["lisi"]}
            with transaction.atomic():
                sending.settle(row, Result(state=outbox.State.DONE, outcome=Outcome.APPLIED, answer=nobody, errcode=0))
            Outgoing.objects.update(state="parked")
        work_later()
        sent_cards.close(card, "已完成")
        work_later()
        assert (now(card), card.recall_wanted) == ("closed", False)
        assert on_the_phone(sandbox) == ["已完成"]
        assert SHOP.heard.count("recall_failed") == 1

    def test_a_tap_is_quicker_than_the_retried_recall_of_a_stuck_card(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sandbox.fault(*DEAD_CODE, path=UPDATE)
        sandbox.fault("errcode", 60011, path=RECALL)
        sent_cards.close(card, "已完成", rescue_text="已完成")
        work_later()
        row = Outgoing.objects.get(kind="shop.recall_card")
        with transaction.atomic():
            assert sent_cards.put_back(row) == ""
            assert outbox.retry(row.pk)
        tapped(sandbox, card)
        work_later()
        assert (now(card), on_the_phone(sandbox)) == ("closed", ["已完成"])


class TestExpiry:
    def overdue(self, **how: Any) -> SentCard:
        card = sent(expires_in=timedelta(hours=1), **how)
        SentCard.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        return card

    def test_an_unanswered_card_closes_by_itself(self, sandbox: WeComSandbox) -> None:
        card = self.overdue(expired_text="无人答复")
        assert sent_cards.expire_cards() == 1
        assert sent_cards.expire_cards() == 0
        work()
        assert (now(card), on_the_phone(sandbox)) == ("closed", ["无人答复"])
        assert SHOP.heard == ["sent", "expired", "updating", "updated"]

    def test_one_that_cannot_be_closed_holds_up_no_other(self, sandbox: WeComSandbox) -> None:
        orphan, card = self.overdue(), self.overdue()
        SentCard.objects.filter(pk=orphan.pk).update(follower="an app that has gone")
        assert [sent_cards.expire_cards(limit=1) for _ in range(2)] == [0, 1]
        work()
        assert now(card) == "closed"

    def test_the_periodic_work_does_it(self, sandbox: WeComSandbox) -> None:
        from wecom import dispatch

        card = self.overdue()
        next(one for one in dispatch.periodic_work() if one.name == "wecom.expire_cards").work()
        work()
        assert now(card) == "closed"

    def test_it_expires_while_the_code_of_the_send_still_lives(self, sandbox: WeComSandbox) -> None:
        card = sent(expires_in=timedelta(days=9))
        assert card.expires_at is not None
        assert card.expires_at - timezone.now() <= conf.answer_within() < conf.code_lifetime()

    def test_a_closed_card_does_not_expire(self, sandbox: WeComSandbox) -> None:
        card = self.overdue()
        sent_cards.close(card, "已同意")
        assert sent_cards.expire_cards() == 0
        work()
        assert on_the_phone(sandbox) == ["已同意"]
        assert "expired" not in SHOP.heard

    def test_a_tap_that_waits_for_a_worker_was_in_time(self, sandbox: WeComSandbox) -> None:
        card = self.overdue()
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        assert sent_cards.has_unread_tap(card)
        assert sent_cards.expire_cards() == 0
        Callback.objects.all().delete()
        SentCard.objects.update(expires_at=timezone.now())
        assert sent_cards.expire_cards() == 1

    def test_a_card_that_never_left_expires_unsent(self, sandbox: WeComSandbox) -> None:
        card = owe(expires_in=timedelta(hours=1))
        SentCard.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert sent_cards.expire_cards() == 1
        work()
        assert (now(card), sandbox.calls(SEND)) == ("cancelled", [])

    def test_one_in_doubt_gets_the_text_once_a_tap_proves_that_it_had_arrived(self, sandbox: WeComSandbox) -> None:
        card = owe(expires_in=timedelta(hours=1))
        sandbox.fault(*LOST, path=SEND)
        work()
        SentCard.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sent_cards.expire_cards()
        work_later()
        assert now(card) == "unsure"
        tapped(sandbox, card)
        work()
        assert (now(card), on_the_phone(sandbox)) == ("closed", ["已过期"])
