"""Cards as a service: sent, kept, changed by their own name, closed once. Against the sandbox."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests.wecom.shop import (
    LOST,
    SEND,
    SHOP,
    SILENT,
    UPDATE,
    bodies,
    codes,
    notice,
    now,
    on_the_phone,
    open_shop,
    owe,
    question,
    rows,
    sent,
    tapped,
    texts,
    work,
    work_later,
)
from wecom import forgetting, sent_cards
from wecom.errors import CardInvalid, ConfigError, MessageInvalid
from wecom.events import TemplateCardEvent
from wecom.models import Outgoing
from wecom.sandbox.testing import WeComSandbox
from wecom.sent_cards import News, SentCard

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(db: None, settings: Any) -> Iterator[WeComSandbox]:
    settings.UPDATE_AFTER_REPLY_MS = 0
    with open_shop(settings) as sandbox:
        yield sandbox


class TestForgotten:
    def test_a_card_that_was_forgotten_is_changed_no_more(self, sandbox: WeComSandbox) -> None:
        card = sent(key="a")
        forgetting.forget_cards([card.pk], "erased-1")
        assert not sent_cards.update("a", "处理中")
        assert not sent_cards.close("a", "已完成")
        assert not card.changes.exists()


class TestSending:
    def test_a_card_is_sent_and_kept_with_its_code_under_its_own_name(self, sandbox: WeComSandbox) -> None:
        card = sent(question("t-1"), ["LiSi", "wangwu"], key="approval:42", topic="approval:42")
        assert on_the_phone(sandbox, "lisi") == on_the_phone(sandbox, "wangwu") == ["同意 / 拒绝"]
        kept = sent_cards.get("approval:42")
        assert (kept.pk, kept.task_id, kept.state, kept.shows) == (card.pk, "t-1", "shown", "同意 / 拒绝")
        assert kept.card == question("t-1")
        assert kept.recipients == {"users": ["lisi", "wangwu"]}
        assert (kept.codes.get().source, kept.codes.get().state, bool(kept.msgid)) == ("send", "live", True)
        assert SHOP.heard == ["sent"]
        assert Outgoing.objects.get().topic == "approval:42"

    def test_without_a_name_it_is_found_by_its_task_id(self, sandbox: WeComSandbox) -> None:
        card = sent(question("t-1"))
        assert sent_cards.get("t-1") == sent_cards.by_task_id("t-1") == card
        assert sent_cards.by_task_id("t-2") is None
        assert sent_cards.by_task_id("") is None

    def test_sent_again_under_the_same_name_it_is_the_same_card(self, sandbox: WeComSandbox) -> None:
        assert owe(key="approval:42") == owe(key="approval:42")
        work()
        assert len(sandbox.calls(SEND)) == 1

    def test_a_notice_without_a_task_id_gets_one(self, sandbox: WeComSandbox) -> None:
        assert sent(notice()).task_id.startswith("card-")

    def test_a_card_is_owed_in_the_transaction_that_makes_it_due(self, sandbox: WeComSandbox) -> None:
        with transaction.atomic():
            sent_cards.send(question(), to="lisi")
            transaction.set_rollback(True)
        assert not SentCard.objects.exists()
        assert not Outgoing.objects.exists()

    @pytest.mark.parametrize(
        ("how", "field"),
        [
            ({"to": ""}, "touser"),
            ({"to": []}, "touser"),
            ({"to": ["lisi", "@all"]}, "touser"),
            ({"to": "@all", "parties": [2]}, "touser"),
            ({"to": "lisi|wangwu"}, "touser"),
            ({"to": [f"u{n}" for n in range(1001)]}, "touser"),
            ({"to": (), "parties": range(101)}, "toparty"),
            ({"to": (), "tags": range(101)}, "totag"),
        ],
    )
    def test_recipients_that_wecom_would_refuse_are_refused(
        self, sandbox: WeComSandbox, how: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(MessageInvalid, match=field):
            owe(**how)

    def test_nobody_follows_under_an_unknown_name_and_two_not_under_one(self, sandbox: WeComSandbox) -> None:
        with pytest.raises(ConfigError, match="nobody-of-ours"):
            owe(follower="nobody-of-ours")
        with pytest.raises(ConfigError, match="shop"):
            sent_cards.follow("shop", sent_cards.Follower())

    def test_a_card_that_nobody_follows_is_sent_and_closed_all_the_same(self, sandbox: WeComSandbox) -> None:
        card = sent(follower="")
        sent_cards.close(card, "已完成")
        work()
        assert (now(card), on_the_phone(sandbox)) == ("closed", ["已完成"])
        assert set(Outgoing.objects.values_list("kind", flat=True)) == {"wecom.send_card", "wecom.update_card"}

    def test_what_is_not_wanted_any_more_is_not_sent(self, sandbox: WeComSandbox) -> None:
        card = owe()
        SHOP.why_not = "sold out"
        work()
        assert (now(card), SHOP.heard, sandbox.calls(SEND)) == ("cancelled", ["cancelled"], [])

    def test_closed_before_it_was_sent_it_is_never_sent(self, sandbox: WeComSandbox) -> None:
        card = owe(key="a")
        assert sent_cards.close("a", "已完成")
        work()
        assert (now(card), sandbox.calls(SEND)) == ("cancelled", [])

    def test_a_lost_answer_is_inferred_and_the_next_tap_brings_the_code(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sandbox.fault(*LOST, path=SEND)
        work_later()
        assert (now(card), SHOP.heard, codes(card)) == ("shown", ["inferred"], [])
        tapped(sandbox, card)
        sent_cards.close(card, "已同意")
        work()
        assert on_the_phone(sandbox) == ["已同意"]

    def test_a_tap_quicker_than_the_sends_answer_proves_it(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sandbox.fault(*LOST, path=SEND)
        work()
        assert now(card) == "owed"
        tapped(sandbox, card)
        assert (now(card), SHOP.heard) == ("shown", ["inferred"])
        assert (SHOP.news[0].by, SHOP.news[0].cause[:8]) == ("lisi", "callback")

    @pytest.mark.parametrize("errcode", [60111, 42031])
    def test_a_refused_card_is_undelivered(self, sandbox: WeComSandbox, errcode: int) -> None:
        card = owe()
        sandbox.fault("errcode", errcode, path=SEND)
        work()
        assert (now(card), SHOP.heard, rows("send_card")) == ("undelivered", ["undelivered"], ["parked"])
        assert SHOP.news[0].errcode == errcode

    def test_of_several_recipients_those_not_reached_are_named(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi", "Nobody"])
        assert (now(card), card.unreached, SHOP.news[0].unreached) == ("shown", ["nobody"], ("nobody",))

    def test_where_nobody_is_reached_it_is_undelivered(self, sandbox: WeComSandbox) -> None:
        sandbox.member("lisi", licensed=False)
        card = sent(to=["lisi"])
        assert (now(card), rows("send_card")) == ("undelivered", ["parked"])

    def test_two_apps_have_cards_of_the_same_name(self, sandbox: WeComSandbox, settings: Any) -> None:
        settings.WECOM = {**settings.WECOM, "hr": {**settings.WECOM["default"], "AGENT_ID": "1000099"}}
        first, other = owe(question("t-1"), key="a"), owe(question("t-1"), key="a", app="hr")
        assert first != other
        assert sent_cards.get("a", app="hr") == sent_cards.by_task_id("t-1", app="hr") == other
        assert Outgoing.objects.filter(app="hr").get().effect_key == "send_card:hr:t-1"


class TestChanging:
    def test_one_line_closes_it_for_everybody_when_one_has_answered(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi", "wangwu"], key="approval:42")
        tapped(sandbox, card)
        assert sent_cards.close("approval:42", "李四已同意")
        work()
        assert on_the_phone(sandbox, "lisi") == on_the_phone(sandbox, "wangwu") == ["李四已同意"]
        assert (now(card), card.shows, SHOP.heard) == ("closed", "李四已同意", ["sent", "updating", "updated"])
        assert codes(card) == ["live", "spent"]

    def test_progress_is_shown_and_then_the_end(self, sandbox: WeComSandbox) -> None:
        card = sent(key="a")
        tapped(sandbox, card)
        sent_cards.update("a", "处理中")
        work()
        assert (now(card), on_the_phone(sandbox)) == ("shown", ["处理中"])
        sent_cards.close("a", "已完成")
        work()
        assert on_the_phone(sandbox) == ["已完成"]
        assert codes(card) == ["spent", "spent"]

    def test_another_card_takes_its_place(self, sandbox: WeComSandbox) -> None:
        card = sent(key="a")
        sent_cards.close("a", notice("已完成"))
        work()
        assert sandbox.messages("lisi")[0]["card"]["main_title"]["title"] == "已完成"
        assert (now(card), card.shows) == ("closed", "已完成")

    def test_what_is_for_one_member_only_they_see(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi", "wangwu"])
        sent_cards.update(card, "您已投票", members=["LiSi"])
        work()
        assert (on_the_phone(sandbox, "lisi"), on_the_phone(sandbox, "wangwu")) == (["您已投票"], ["同意 / 拒绝"])
        assert (now(card), card.shows) == ("shown", "同意 / 拒绝")

    def test_whoever_has_no_such_card_is_refused(self, sandbox: WeComSandbox) -> None:
        with pytest.raises(CardInvalid, match="userids"):
            sent_cards.update(sent(), "x", members=["wangwu"])

    def test_a_notice_without_a_menu_cannot_be_changed(self, sandbox: WeComSandbox) -> None:
        with pytest.raises(CardInvalid):
            sent_cards.close(sent(notice()), "x")

    def test_nothing_follows_the_end(self, sandbox: WeComSandbox) -> None:
        card = sent()
        assert sent_cards.close(card, "已同意")
        assert sent_cards.close(card, "已同意")
        assert not sent_cards.close(card, "已拒绝")
        assert not sent_cards.update(card, "处理中")
        work()
        assert not sent_cards.close(card, "已拒绝", instead=True)
        assert not sent_cards.update(card, "处理中")
        work()
        assert on_the_phone(sandbox) == ["已同意"]
        assert len(sandbox.calls(UPDATE)) == 1

    def test_an_end_that_nobody_can_have_seen_gives_way_where_that_is_asked_for(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sent_cards.close(card, "未能送达")
        assert sent_cards.close(card, "已送达", instead=True)
        work()
        assert on_the_phone(sandbox) == ["已送达"]
        assert rows("update_card") == ["cancelled", "done"]
        assert codes(card) == ["spent"]

    def test_an_end_in_doubt_does_not_give_way(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sent_cards.close(card, "未能送达")
        sandbox.fault(*SILENT, path=UPDATE)
        work()
        assert not sent_cards.close(card, "已送达", instead=True)
        assert not sent_cards.reopen(card)
        work_later()
        assert on_the_phone(sandbox) == ["未能送达"]

    def test_an_end_that_nobody_can_have_seen_is_taken_back(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sent_cards.close(card, "已重发")
        assert sent_cards.reopen(card)
        assert not sent_cards.reopen(card)
        work()
        assert (now(card), on_the_phone(sandbox), codes(card)) == ("shown", ["同意 / 拒绝"], ["live"])
        sent_cards.close(card, "已同意")
        work()
        assert on_the_phone(sandbox) == ["已同意"]

    def test_what_was_not_tried_gives_way_to_what_comes_after(self, sandbox: WeComSandbox) -> None:
        card = sent()
        for text in ("1/3", "2/3", "3/3"):
            sent_cards.update(card, text)
        work()
        assert on_the_phone(sandbox) == ["3/3"]
        assert len(sandbox.calls(UPDATE)) == 1
        assert list(card.changes.values_list("shows", "state")) == [
            ("1/3", "replaced"),
            ("2/3", "replaced"),
            ("3/3", "shown"),
        ]

    def test_what_is_for_one_does_not_give_way_to_what_is_for_another(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi", "wangwu"])
        tapped(sandbox, card)
        sent_cards.update(card, "您已投票", members=["lisi"])
        sent_cards.update(card, "请投票", members=["wangwu"])
        work()
        assert (on_the_phone(sandbox, "lisi"), on_the_phone(sandbox, "wangwu")) == (["您已投票"], ["请投票"])

    def test_the_same_again_is_no_second_change(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sent_cards.update(card, "处理中")
        sent_cards.update(card, "处理中")
        assert card.changes.count() == 1

    def test_changes_in_doubt_are_known_before_the_next_one_begins(self, sandbox: WeComSandbox) -> None:
        card = sent()
        tapped(sandbox, card)
        sandbox.fault(*LOST, path=UPDATE)
        sent_cards.update(card, "1/2")
        work()
        sent_cards.update(card, "2/2")
        work()
        assert on_the_phone(sandbox) == ["1/2"]
        work_later()
        assert on_the_phone(sandbox) == ["2/2"]
        assert rows("update_card") == ["inferred", "done"]
        assert SHOP.heard == ["sent", "updating", "update_inferred", "updating", "updated"]

    def test_the_end_does_not_wait_for_a_doubt_about_what_was_before(self, sandbox: WeComSandbox) -> None:
        card = sent()
        tapped(sandbox, card)
        sandbox.fault(*SILENT, path=UPDATE)
        sent_cards.update(card, "处理中")
        work()
        sent_cards.close(card, "已完成")
        work()
        assert on_the_phone(sandbox) == ["已完成"]
        work_later()
        assert on_the_phone(sandbox) == ["已完成"]
        assert rows("update_card") == ["cancelled", "done"]

    def test_a_code_that_may_be_spent_is_tried_last(self, sandbox: WeComSandbox) -> None:
        card = sent()
        tapped(sandbox, card)
        sandbox.fault(*LOST, path=UPDATE)
        sent_cards.update(card, "处理中")
        work()
        sent_cards.close(card, "已完成")
        work()
        assert len(sandbox.calls(UPDATE)) == 2
        assert codes(card) == ["live", "spent"]

    def test_what_became_due_before_the_card_was_sent_follows_it(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sent_cards.update(card, "请尽快")
        assert rows("update_card") == []
        work()
        assert (now(card), on_the_phone(sandbox)) == ("shown", ["请尽快"])

    def test_the_answer_of_an_update_names_who_did_not_get_it(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi", "nobody"])
        sent_cards.close(card, "已完成")
        work()
        assert (now(card), SHOP.news[-1].unreached) == ("closed", ("nobody",))


class TestGroups:
    def test_a_department_is_written_to_and_closed_as_a_whole(self, sandbox: WeComSandbox) -> None:
        card = sent(to=(), parties=[2])
        assert on_the_phone(sandbox, "wangwu") == on_the_phone(sandbox, "zhaoliu") == ["同意 / 拒绝"]
        tapped(sandbox, card, "wangwu")
        card.codes.filter(source="send").update(state="spent")
        sent_cards.close(card, "王五已同意")
        work()
        assert on_the_phone(sandbox, "wangwu") == on_the_phone(sandbox, "zhaoliu") == ["王五已同意"]
        assert bodies(sandbox, UPDATE)[0]["partyids"] == [2]

    def test_everybody_is_written_to_and_closed_as_a_whole(self, sandbox: WeComSandbox) -> None:
        card = sent(to="@all")
        sent_cards.close(card, notice("已结束"))
        work()
        assert (bodies(sandbox, SEND)[0]["touser"], bodies(sandbox, UPDATE)[0]["atall"]) == ("@all", 1)
        assert sandbox.messages("qianqi")[0]["card"]["main_title"]["title"] == "已结束"

    def test_members_departments_and_tags_are_named_together(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi"], parties=[2], tags=[7])
        sent_cards.close(card, "已结束")
        work()
        send, update = bodies(sandbox, SEND)[0], bodies(sandbox, UPDATE)[0]
        assert (send["touser"], send["toparty"], send["totag"]) == ("lisi", "2", "7")
        assert (update["userids"], update["partyids"], update["tagids"]) == (["lisi"], [2], [7])
        assert now(card) == "closed"

    def test_any_members_tap_pays_where_not_all_are_known(self, sandbox: WeComSandbox) -> None:
        card = sent(to=["lisi"], parties=[2])
        card.codes.all().delete()
        tapped(sandbox, card, "zhaoliu")
        sent_cards.close(card, "已结束")
        work()
        assert on_the_phone(sandbox, "lisi") == ["已结束"]
        assert texts(sandbox) == []


def tap_of(card: SentCard, member: str = "lisi", app: str = "default") -> TemplateCardEvent:
    return TemplateCardEvent(app=app, userid=member, task_id=card.task_id, event_key="yes", response_code="RC_x")


class TestTaps:
    def test_an_update_waits_for_the_instant_reply(self, sandbox: WeComSandbox) -> None:
        card = sent()
        sent_cards.update(card, "处理中")
        quiet = timezone.now() + timedelta(seconds=50)
        sent_cards.keep_tap(card, event=tap_of(card), received_at=timezone.now(), quiet_until=quiet)
        work()
        assert (sandbox.calls(UPDATE), Outgoing.objects.get(state="waiting").due_at) == ([], quiet)

    def test_of_somebody_elses_tap_only_the_code_is_kept_and_never_spent(self, sandbox: WeComSandbox) -> None:
        card = owe()
        sandbox.fault(*LOST, path=SEND)
        work()
        for _ in range(2):
            sent_cards.keep_tap(card, event=tap_of(card, "wangwu"), received_at=timezone.now())
        assert (now(card), codes(card), list(sent_cards.usable_codes(card))) == ("owed", ["live"], [])


class TestInsideATransactionOfTheCallers:
    @pytest.mark.parametrize("change", [sent_cards.update, sent_cards.close])
    def test_a_change_that_fails_midway_leaves_nothing_even_where_the_caller_goes_on(
        self, sandbox: WeComSandbox, monkeypatch: pytest.MonkeyPatch, change: Callable[[SentCard, str], bool]
    ) -> None:
        card = sent()

        def break_down(card: SentCard, news: News) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(SHOP, "hears", break_down)
        with transaction.atomic():
            with contextlib.suppress(ZeroDivisionError):
                change(card, "已完成")
            assert Outgoing.objects.filter(kind="shop.update_card").count() == 0
        card.refresh_from_db()
        assert (card.changes.count(), card.is_final, card.state) == (0, False, "shown")
