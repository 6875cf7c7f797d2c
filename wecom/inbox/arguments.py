"""Decisions: what a handler may ask for by name, and what it wants done when it has ended.

Nothing that a handler says is done while it runs: replies and updates are noted, and owed all together by `owe()` in
the transaction that ends the callback. So one rule holds for handlers inside and outside of a transaction.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from wecom import clients, outbox, sent_cards
from wecom.cards import Card, CardReplacement
from wecom.dispatch import Ignored, Received, Route
from wecom.errors import ChannelRefused, ConfigError, Refused
from wecom.events import CardTap, Event

Change = str | Card | CardReplacement
USER = "user/get"


class LookUp(BaseException):
    """A name is needed that only WeCom knows: end the transaction, ask, and run the handler again.

    No Exception, so that no handler catches it by accident.
    """


def topic_of_replies(callback_id: int) -> str:
    """What the replies to one callback are grouped by."""
    return f"callback:{callback_id}"


class User:
    """Who acted.

    userid       spelt as WeCom sent it; it compares without regard to case
    name         as the address book tells this app; the userid where it does not tell
    departments  ids of the departments the member belongs to; empty where it does not tell
    """

    def __init__(self, userid: str, *, app: str) -> None:
        self.userid = userid
        self._app = app
        self._known: Mapping[str, Any] | None = None
        self.may_ask = True

    @property
    def name(self) -> str:
        return str(self._profile().get("name") or self.userid)

    @property
    def departments(self) -> tuple[int, ...]:
        return tuple(int(number) for number in self._profile().get("department") or ())

    def look_up(self) -> None:
        """Ask WeCom, outside of a transaction. A refusal that is about this member leaves the userid as the name."""
        try:
            self._known = clients.get(self._app).user(self.userid)
        except (Refused, ChannelRefused) as exc:
            if exc.path != USER:
                raise
            self._known = {}

    def _profile(self) -> Mapping[str, Any]:
        if self._known is None and not self.may_ask:
            raise LookUp
        if self._known is None:
            self.look_up()
        return self._known or {}

    def __repr__(self) -> str:
        return f"<User {self.userid}>"


def tapped_card(event: Event) -> sent_cards.SentCard | None:
    return sent_cards.by_task_id(event.task_id, app=event.app) if isinstance(event, CardTap) else None


class Run:
    """One run of a handler: what it asks for, and what it wants done."""

    def __init__(self, route: Route, received: Received, user: User) -> None:
        self.route, self.received, self.user = route, received, user
        self._wanted: list[Callable[[], object]] = []
        self._replies = 0

    @cached_property
    def card(self) -> sent_cards.SentCard | None:
        """The card that was tapped, read where it is first needed."""
        return tapped_card(self.received.event)

    def call(self) -> Ignored | None:
        """Run the handler, and take what it returns for what it wants done."""
        answer = self.route.handler(**{name: self._argument(name) for name in self.route.asks})
        if answer is None or isinstance(answer, Ignored):
            return answer
        if isinstance(self.received.event, CardTap):
            self.update(answer)
        else:
            self.reply(answer)
        return None

    def owe(self) -> None:
        """Owe what is wanted, inside the transaction that ends the callback."""
        for want in self._wanted:
            want()

    def reply(self, message: object) -> None:
        """Owe whoever acted a message: a text, a card, or a body with its `msgtype`.

        The third reply to a callback is owed once, however often the callback is handled.
        Raises MessageInvalid where it is none of these, or nobody acted.
        """
        self._replies += 1
        number, to, app = self.received.callback_id, self.user.userid, self.received.app
        key, topic = f"reply:{number}:{self._replies}", topic_of_replies(number)
        if isinstance(message, Card):
            self._wanted.append(lambda: sent_cards.send(message, to=[to], key=key, app=app))
            return
        body = outbox.message_body(message, to=[to])
        self._wanted.append(lambda: outbox.owe_body(body, effect_key=key, topic=topic, app=app))

    def update(self, change: Change, *, only: User | str | None = None) -> None:
        """Owe an update of the tapped card, for everybody who has it or for one of them.

        A text turns its buttons into one grey button, a Card or CardReplacement takes its place.
        Raises ConfigError where the card was not sent by `sent_cards`: nobody knows who has it.
        """
        card = self.card
        if card is None:
            raise ConfigError("update: this card was not sent by wecom.sent_cards")
        if not isinstance(change, Change):
            raise TypeError(f"update: a text, a Card or a CardReplacement, not a {type(change).__name__}")
        members = None if only is None else [only.userid if isinstance(only, User) else only]
        cause = f"callback {self.received.callback_id}"
        self._wanted.append(lambda: sent_cards.update(card, change, members=members, by=self.user.userid, cause=cause))

    def _argument(self, name: str) -> Any:
        if name == "client":
            return clients.get(self.received.app)
        if name == "match":
            return self.route.match(self.received.event)
        return self.received.event if name == "event" else getattr(self, name)
