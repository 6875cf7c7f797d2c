"""Plumbing: the decorators with which an app says what it does when a member acts. They stand in `<app>/handlers.py`.

    from wecom.handlers import on_card, on_message

    @on_card("agree", at_once="处理中")
    def agree(event, card, update):
        Leave.objects.filter(card=card.key, decided_by="").update(decided_by=event.userid)
        update("已同意")

    @on_message("帮助")
    def help(reply):
        reply("请回复工号。")

A handler asks for what it needs by the names of its parameters:

    event      what happened, typed (`wecom.events`)
    user       who acted: `user.userid`, and `user.name`, `user.departments`, which are looked up when they are read
    reply      reply("text"), reply(card) or reply({"msgtype": "image", …}): owes whoever acted a message
    card       the card that was tapped, as `wecom.sent_cards` keeps it; None where it did not send it
    update     update("text") turns its buttons grey, update(card) puts another in its place; for everybody who has it,
               or `only=user`
    match      the re.Match, where the handler was registered with a pattern
    received   when the callback arrived, its id, and whether it was answered at once
    client     speaks to WeCom at once (`wecom.client`); see below

What it returns counts too: a text, a Card or a CardReplacement is the new card (after a message: the reply);
`Ignored("why")` says that nothing was done, and is kept with the callback; None says that all is well.

When it runs. The callback is kept and answered first; the handler runs afterwards, in a worker, in a database
transaction. Its writes, what it owes by `reply` and `update`, and the end of the callback are committed together:
after a crash it runs again as if for the first time, and when it has ended it never runs again. So it must not
touch the network, nor anything else that a rollback cannot take back.

A handler that asks for `client` may touch the network. It runs outside of any transaction, **at least once**: after a
crash it runs again, and what it did to the world it does twice. What it owes by `reply` and `update` is still owed
once, committed with the end of the callback. Use it where reading is enough, or where repeating is harmless.

`user.name` asks WeCom. In a transaction it ends the transaction, asks, and runs the handler again from its start.

When it raises, the callback waits and is handled again, or is set aside for a person; `wecom.inbox.failures` holds
the table. Which of several fitting handlers runs, see `wecom.dispatch`.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from . import dispatch
from .dispatch import Ignored, Received, periodic
from .errors import ConfigError
from .events import KINDS, CardTap, Event, TextMessage, Unknown
from .replies import PassiveReply

__all__ = ["Ignored", "Received", "on_card", "on_event", "on_message", "periodic"]

AtOnce = str | PassiveReply | Callable[[Any], Any] | None
Place = tuple[type[Event], dispatch.Key]
H = TypeVar("H", bound=Callable[..., Any])


def on_card(*keys: "str | re.Pattern[str]", app: str | None = None, at_once: AtOnce = None) -> Callable[[H], H]:
    """Handle a tap on a button of a card, or on an entry of its menu, with one of these keys.

    keys     exact, or a compiled pattern that fits the whole key; without any, every key
    app      alias of the app whose cards are meant; without it, those of every app
    at_once  what the member sees within the second, before the handler has run: a text turns the buttons grey;
             or a passive reply; or a function of the event that gives either, or None. It runs inside WeCom's
             request: one indexed read, no write. What changes a card is given only for the first tap of a recipient
             on a card that still lives, because it could cover what comes later; for a card that `sent_cards` did
             not send, only where a function says so. WECOM_INSTANT_FEEDBACK switches it.
    """
    return _registering("on_card", [(CardTap, _key("on_card", key)) for key in keys] or [(CardTap, None)], app, at_once)


def on_message(
    *what: "str | re.Pattern[str] | type[Event]", app: str | None = None, at_once: AtOnce = None
) -> Callable[[H], H]:
    """Handle a message that a member wrote to the app.

    what     a text, equal to the message's without white space around; a compiled pattern, to be found in the text;
             a class of messages, such as `ImageMessage`; without any, every message
    app      alias; without it, every app
    at_once  a text or another passive reply, or a function of the event that gives one, or None
    """
    return _registering("on_message", [_place_of_message(one) for one in what] or [(Event, None)], app, at_once)


def on_event(*what: str | type[Event], app: str | None = None, at_once: AtOnce = None) -> Callable[[H], H]:
    """Handle an event by its class, such as `EnterAgent`, or by WeCom's name for it, such as `"enter_agent"`.

    A base class stands for all that are derived from it; without any, every event and message that no other handler
    takes. A name without a class of its own is found among the events that come as `Unknown`.
    app, at_once  as in `on_message`
    """
    return _registering("on_event", [_place_of_event(one) for one in what] or [(Event, None)], app, at_once)


def _place_of_message(one: object) -> Place:
    if isinstance(one, type) and issubclass(one, Event):
        return one, None
    return TextMessage, _key("on_message", one)


def _place_of_event(one: object) -> Place:
    if isinstance(one, type) and issubclass(one, Event):
        return one, None
    name = _key("on_event", one)
    if not isinstance(name, str):
        raise ConfigError(f"@on_event({one!r}): give the name or the class of an event")
    kind = next((_widest(kind, name) for kind in KINDS if name == kind.NAME), None)
    return (kind, None) if kind else (Unknown, name)


def _widest(kind: type[Event], name: str) -> type[Event]:
    """One name may stand for several events, as change_contact does; they have a base class of that name."""
    return [base for base in kind.__mro__ if issubclass(base, Event) and name == base.NAME][-1]


def _key(by: str, key: object) -> "str | re.Pattern[str]":
    if isinstance(key, str | re.Pattern) and key:
        return key
    hint = f"write @{by}() for all" if callable(key) else "give a text, or re.compile(…)"
    raise ConfigError(f"@{by}({key!r}): {hint}")


def _registering(by: str, places: list[Place], app: str | None, at_once: AtOnce) -> Callable[[H], H]:
    known = dispatch.ASKS_OF_TAPS if any(_may_be_tap(by, kind) for kind, _ in places) else dispatch.ASKS

    def register(handler: H) -> H:
        asks = dispatch.asked_by(handler, known=known)
        _check_at_once(handler, at_once)
        for kind, key in places:
            dispatch.add(
                dispatch.Route(by=by, kind=kind, key=key, app=app, handler=handler, asks=asks, at_once=at_once)
            )
        return handler

    return register


def _may_be_tap(by: str, kind: type[Event]) -> bool:
    return by != "on_message" and (issubclass(kind, CardTap) or issubclass(CardTap, kind))


def _check_at_once(handler: Callable[..., Any], at_once: AtOnce) -> None:
    where = dispatch.name_of(handler)
    if callable(at_once):
        try:
            inspect.signature(at_once).bind(object())
        except TypeError:
            raise ConfigError(f"{where}: at_once={dispatch.name_of(at_once)} must take the event alone") from None
    elif (at_once is not None and not isinstance(at_once, PassiveReply | str)) or at_once == "":
        raise ConfigError(f"{where}: at_once is a text, a passive reply, or a function of the event")
