"""Handlers of taps, from the finger to what stands on the phones. The platform is the sandbox."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models import F
from django.utils import timezone

from tests.support import in_threads
from tests.wecom.shop import bodies, on_the_phone, open_shop, question, sent, tapped, texts, work, work_later
from wecom import cards, dispatch, inbox, replies, sent_cards
from wecom.handlers import Ignored, on_card, on_message
from wecom.models import Callback, CardChange
from wecom.sandbox.testing import WeComSandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(settings: Any) -> Iterator[WeComSandbox]:
    with open_shop(settings) as sandbox, dispatch.alone():
        yield sandbox


def at_once(sandbox: WeComSandbox, member: str = "lisi") -> list[str]:
    """What stands on the phones before any worker has run."""
    return on_the_phone(sandbox, member)


class TestUpdating:
    def test_a_text_turns_the_buttons_grey_for_everybody(self, sandbox: WeComSandbox) -> None:
        on_card("yes")(lambda update: update("已同意"))
        card = sent(to=["lisi", "wangwu"])
        tapped(sandbox, card)
        work_later()
        assert on_the_phone(sandbox, "lisi") == on_the_phone(sandbox, "wangwu") == ["已同意"]

    def test_or_for_one_of_them(self, sandbox: WeComSandbox) -> None:
        on_card("yes")(lambda update, user: update("您已同意", only=user))
        card = sent(to=["lisi", "wangwu"])
        tapped(sandbox, card)
        work_later()
        assert on_the_phone(sandbox, "lisi") == ["您已同意"]
        assert on_the_phone(sandbox, "wangwu") == ["同意 / 拒绝"]

    @pytest.mark.parametrize("wrap", [lambda card: card, lambda card: cards.CardReplacement(card=card)])
    def test_what_a_handler_returns_is_the_new_card(self, sandbox: WeComSandbox, wrap: Any) -> None:
        other = cards.ButtonInteraction(
            task_id="other",
            main_title=cards.MainTitle(title="下一步"),
            button_list=[cards.Button(text="继续", key="go")],
        )
        on_card("yes")(lambda: wrap(other))
        tapped(sandbox, sent())
        work_later()
        assert on_the_phone(sandbox) == ["继续"]

    def test_a_handler_is_given_the_card_that_was_tapped(self, sandbox: WeComSandbox) -> None:
        seen: list[Any] = []
        on_card("yes")(lambda card: seen.append((card.key, card.card.main_title.title, card.codes.count())))
        tapped(sandbox, sent(key="purchase:7"))
        assert seen == [("purchase:7", "采购申请", 2)]

    def test_a_card_that_is_not_ours_is_none(self, sandbox: WeComSandbox) -> None:
        from django.test import Client

        from tests.wecom.wire import post

        seen: list[Any] = []
        on_card("confirm")(lambda card: seen.append(card))
        post(Client())
        inbox.drain()
        assert seen == [None]

    def test_entries_of_the_menu_are_handled_too(self, sandbox: WeComSandbox) -> None:
        on_card("later")(lambda: "稍后提醒")
        menu = cards.ActionMenu(desc="更多", action_list=[cards.MenuAction(text="稍后", key="later")])
        card = sent(question(action_menu=menu, source=cards.Source(desc="采购")))
        tapped(sandbox, card, key="later")
        work_later()
        assert on_the_phone(sandbox) == ["稍后提醒"]

    def test_with_the_client_the_update_is_owed_too(self, sandbox: WeComSandbox) -> None:
        @on_card("yes")
        def handler(client: Any, update: Any) -> None:
            update(client.user("lisi")["name"] + "已同意")

        tapped(sandbox, sent())
        work_later()
        assert on_the_phone(sandbox)[0].endswith("已同意")

    def test_a_change_that_wecom_could_not_make_is_set_aside(self, sandbox: WeComSandbox) -> None:
        on_card("yes")(lambda update: update("x", only="nobody"))
        tapped(sandbox, sent())
        assert Callback.objects.get().state == "poison"
        assert not CardChange.objects.exists()

    def test_handled_again_it_changes_nothing_twice(self, sandbox: WeComSandbox) -> None:
        on_card("yes")(lambda: "已同意")
        card = sent()
        tapped(sandbox, card)
        inbox.replay(Callback.objects.get().pk)
        work_later()
        assert (CardChange.objects.count(), len(bodies(sandbox, "message/update_template_card"))) == (1, 1)
        assert on_the_phone(sandbox) == ["已同意"]


class TestReplying:
    def test_a_card_as_a_reply_is_kept_and_can_be_tapped(self, sandbox: WeComSandbox) -> None:
        on_message("采购")(lambda reply: reply(question()))
        on_card("yes")(lambda: "已同意")
        sandbox.say("lisi", "采购")
        work()
        (card,) = sent_cards.SentCard.objects.all()
        tapped(sandbox, card)
        work_later()
        assert on_the_phone(sandbox) == ["已同意"]

    def test_a_text_is_answered_with_what_the_handler_returns(self, sandbox: WeComSandbox) -> None:
        on_message(re.compile("伞"))(lambda event, user: f"{user.userid}：{event.content}？")
        sandbox.say("lisi", "一把伞")
        work()
        assert texts(sandbox)[-1] == "lisi：一把伞？"


class TestAtOnce:
    def test_a_text_stands_on_the_button_before_any_worker_has_run(self, sandbox: WeComSandbox, settings: Any) -> None:
        settings.UPDATE_AFTER_REPLY_MS = 0
        on_card("yes", at_once="处理中")(lambda: "已同意")
        card = sent()
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        assert at_once(sandbox) == ["处理中"]
        work_later()
        assert on_the_phone(sandbox) == ["已同意"]

    def test_a_function_of_the_event_decides(self, sandbox: WeComSandbox) -> None:
        on_card(at_once=lambda event: "处理中" if event.event_key == "yes" else None)(lambda: None)
        for key, shown in (("no", "同意 / 拒绝"), ("yes", "处理中")):
            card = sent(to="zhangsan" if key == "no" else "lisi")
            member = "zhangsan" if key == "no" else "lisi"
            sandbox.tap(member, key, task_id=card.task_id)
            assert at_once(sandbox, member) == [shown]

    def test_only_whoever_tapped_sees_it(self, sandbox: WeComSandbox) -> None:
        on_card("yes", at_once="处理中")(lambda: None)
        card = sent(to=["lisi", "wangwu"])
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        assert at_once(sandbox, "wangwu") == ["同意 / 拒绝"]

    def test_the_update_waits_until_the_answer_cannot_cover_it(self, sandbox: WeComSandbox) -> None:
        on_card("yes", at_once="处理中")(lambda: "已同意")
        card = sent()
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        inbox.drain()
        card.refresh_from_db()
        assert card.quiet_until is not None
        assert card.quiet_until > Callback.objects.get().received_at

    @pytest.mark.parametrize(("seconds", "waits"), [(2, True), (10, False)])
    def test_a_row_that_was_long_in_being_kept_is_waited_for_until_wecom_has_given_up(
        self, sandbox: WeComSandbox, seconds: int, waits: bool
    ) -> None:
        on_card("yes", at_once="处理中")(lambda: "已同意")
        card = sent()
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        Callback.objects.update(received_at=F("received_at") - timedelta(seconds=seconds))
        inbox.drain()
        card.refresh_from_db()
        assert card.quiet_until is not None
        assert (card.quiet_until > timezone.now()) == waits

    def test_switched_off_nothing_is_answered_and_all_is_handled(self, sandbox: WeComSandbox, settings: Any) -> None:
        settings.WECOM_INSTANT_FEEDBACK = False
        on_card("yes", at_once="处理中")(lambda: "已同意")
        card = sent()
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        assert at_once(sandbox) == ["同意 / 拒绝"]
        work_later()
        assert on_the_phone(sandbox) == ["已同意"]


class TestTwoApprovers:
    """The first answer closes the card for both."""

    def test_one_after_the_other(self, sandbox: WeComSandbox) -> None:
        on_card("yes", "no")(decide)
        card = sent(to=["lisi", "wangwu"])
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        sandbox.tap("wangwu", "no", task_id=card.task_id)
        work_later()
        assert on_the_phone(sandbox, "lisi") == on_the_phone(sandbox, "wangwu") == ["lisi：yes"]
        assert sorted(Callback.objects.values_list("state", "error")) == [("done", ""), ("ignored", "decided before")]

    def test_at_the_same_moment(self, sandbox: WeComSandbox) -> None:
        on_card("yes", "no")(decide)
        card = sent(to=["lisi", "wangwu"])
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        sandbox.tap("wangwu", "no", task_id=card.task_id)
        Callback.objects.update(due_at=timezone.now())
        assert sum(in_threads(4, inbox.drain)) == 2
        work_later()
        assert on_the_phone(sandbox, "lisi") == on_the_phone(sandbox, "wangwu")
        assert sorted(Callback.objects.values_list("state", flat=True)) == ["done", "ignored"]
        assert CardChange.objects.count() == 1
        connections.close_all()


def decide(card: Any, event: Any) -> Ignored | None:
    closed = sent_cards.close(card, f"{event.userid}：{event.event_key}")
    return None if closed else Ignored("decided before")


def test_the_code_of_a_tap_that_nobody_handles_pays_for_a_later_change(sandbox: WeComSandbox) -> None:
    card = sent()
    tapped(sandbox, card)
    assert card.codes.filter(source="tap", state="live").count() == 1
    assert Callback.objects.get().error == "no handler"


def test_the_code_of_a_tap_whose_handler_fails_is_kept(sandbox: WeComSandbox) -> None:
    def fails() -> None:
        raise ValueError("a mistake")

    on_card("yes")(fails)
    card = sent()
    tapped(sandbox, card)
    assert card.codes.filter(source="tap", state="live").count() == 1


class TestMessagesAnsweredAtOnce:
    @pytest.mark.parametrize(
        ("at_once", "shown"),
        [
            ("收到", ("text", {"content": "收到"})),
            (replies.TextReply(content="收到"), ("text", {"content": "收到"})),
            (
                lambda event: replies.NewsReply(
                    articles=[replies.ReplyArticle(title=event.content, url="https://a.b/")]
                ),
                ("news", {"articles": [{"title": "帮助", "description": "", "picurl": "", "url": "https://a.b/"}]}),
            ),
        ],
    )
    def test_a_message_may_be_answered_by_any_passive_reply(
        self, sandbox: WeComSandbox, at_once: Any, shown: tuple[str, Any]
    ) -> None:
        on_message("帮助", at_once=at_once)(lambda: None)
        sandbox.say("lisi", "帮助")
        answer = sandbox.messages("lisi")[-1]
        assert (answer["msgtype"], answer["content"]) == shown

    def test_a_card_may_be_replaced_at_once(self, sandbox: WeComSandbox) -> None:
        other = cards.TextNotice(
            main_title=cards.MainTitle(title="已登记"), card_action=cards.CardAction(type=1, url="https://a.b/")
        )
        on_card("yes", at_once=replies.UpdateTemplateCard(template_card=other))(lambda: None)
        card = sent()
        sandbox.tap("lisi", "yes", task_id=card.task_id)
        assert sandbox.messages("lisi")[-1]["card"]["main_title"] == {"title": "已登记"}

    def test_a_card_is_no_answer_to_a_message(self, sandbox: WeComSandbox) -> None:
        on_message(at_once=replies.UpdateButton(replace_name="处理中"))(lambda: None)
        sandbox.say("lisi", "在吗")
        assert not Callback.objects.get().instant_reply
