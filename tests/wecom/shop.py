"""A shop that asks its staff by card: what the tests of cards as a service share. The platform is the sandbox."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from wecom import cards, inbox, outbox, sent_cards
from wecom.models import Callback, Outgoing
from wecom.sandbox.testing import WeComSandbox, sandbox_in_this_process
from wecom.sent_cards import News, SentCard

SEND, UPDATE, RECALL = "message/send", "message/update_template_card", "message/recall"
CALLBACKS = "http://testserver/wecom/callback/"
LOST = ("lose",)  # the work is done, the answer never comes
SILENT = ("hang_before",)  # neither work nor answer
DEAD_CODE = ("errcode", 60140)


class Shop(sent_cards.Follower):
    """Writes down what it hears of its cards."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.why_not = ""

    def unwanted(self, card: SentCard) -> str:
        return self.why_not

    def hears(self, card: SentCard, news: News) -> None:
        self.news.append(news)

    @property
    def heard(self) -> list[str]:
        return [str(news.what) for news in self.news]


SHOP = Shop()
sent_cards.follow("shop", SHOP)


@contextmanager
def open_shop(settings: Any) -> Iterator[WeComSandbox]:
    settings.SANDBOX_CALLBACK_URL = CALLBACKS
    SHOP.news, SHOP.why_not = [], ""
    with sandbox_in_this_process() as sandbox:
        yield sandbox


def question(task_id: str = "", **fields: Any) -> cards.ButtonInteraction:
    return cards.ButtonInteraction(
        task_id=task_id or sent_cards.new_task_id(),
        main_title=cards.MainTitle(title="采购申请"),
        button_list=[cards.Button(text="同意", key="yes"), cards.Button(text="拒绝", key="no")],
        **fields,
    )


def notice(title: str = "有新消息") -> cards.TextNotice:
    action = cards.CardAction(type=1, url="https://shop.example/")
    return cards.TextNotice(main_title=cards.MainTitle(title=title), card_action=action)


def owe(card: cards.Card | None = None, to: Any = "lisi", **how: Any) -> SentCard:
    with transaction.atomic():
        return sent_cards.send(card or question(), to=to, **{"follower": "shop", **how})


def sent(card: cards.Card | None = None, to: Any = "lisi", **how: Any) -> SentCard:
    """A card that stands on the phones."""
    row = owe(card, to, **how)
    outbox.drain()
    row.refresh_from_db()
    return row


def work() -> None:
    """Let the worker do all that is due."""
    inbox.drain()
    outbox.drain()


def work_later() -> None:
    """Let time pass for all that waits, and do it."""
    work()
    for _ in range(20):
        waiting = Outgoing.objects.filter(state="waiting")
        if not waiting.update(due_at=timezone.now() - timedelta(seconds=1)):
            break
        outbox.drain()


def tapped(sandbox: WeComSandbox, card: SentCard, member: str = "lisi", key: str = "yes") -> None:
    """Press the button; the callback is kept and handled."""
    sandbox.tap(member, key, task_id=card.task_id)
    Callback.objects.update(due_at=timezone.now())
    inbox.drain()


def on_the_phone(sandbox: WeComSandbox, member: str = "lisi") -> list[str]:
    """What stands on the buttons of each card in a member's chat."""
    seen = [message for message in sandbox.messages(member) if message["msgtype"] == "template_card"]
    return [card["replace_text"] or " / ".join(b["text"] for b in card["buttons"]) for card in seen]


def texts(sandbox: WeComSandbox, member: str = "lisi") -> list[str]:
    return [message["text"] for message in sandbox.messages(member) if message["msgtype"] == "text"]


def bodies(sandbox: WeComSandbox, path: str) -> list[dict[str, Any]]:
    return [json.loads(call["request"]) for call in sandbox.calls(path)]


def now(card: SentCard) -> str:
    card.refresh_from_db()
    return card.state


def codes(card: SentCard) -> list[str]:
    return sorted(card.codes.values_list("state", flat=True))


def rows(word: str) -> list[str]:
    """The states of the effects of one kind, oldest first."""
    return list(Outgoing.objects.filter(kind=f"shop.{word}").order_by("pk").values_list("state", flat=True))
