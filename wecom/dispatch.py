"""Plumbing: which handler an event goes to. `wecom.handlers` registers, the inbox looks up.

Exactly one handler runs, the most specific of those that fit:

    1. on_card and on_message go before on_event
    2. an exact key, text or name goes before a pattern, a pattern before none
    3. a nearer class of event goes before a wider one
    4. one for this app goes before one for every app
    5. of two patterns that both fit, the one registered first

Two handlers for one and the same thing are a ConfigError when Django starts.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .errors import ConfigError
from .events import CardTap, Event, Message, TextMessage, Unknown

ASKS = ("event", "user", "reply", "client", "received", "match")
ASKS_OF_TAPS = (*ASKS, "card", "update")

Key = str | re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One event on its way to a handler, with what the inbox knows of its arrival."""

    callback_id: int
    app: str
    event: Event
    received_at: datetime
    quiet_until: datetime | None = None
    """Set when the callback was answered with a passive reply: an update before this moment may be covered by it."""

    @property
    def instant_reply(self) -> bool:
        return self.quiet_until is not None


@dataclass(frozen=True, slots=True)
class Ignored:
    """What a handler answers when the event is none of its business, or without effect; `why` is kept."""

    why: str


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that is done once across all workers, at most every `every`."""

    name: str
    every: timedelta
    work: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One handler, and what it is for.

    by        the decorator: on_card, on_message, on_event
    kind      the class of event, with all that are derived from it
    key       of the button; the text of a message; the name of an event that has no class; None: whatever it is
    app       alias; None: every app
    handler   runs in a worker; `asks` are the names of its parameters
    at_once   what WeCom's request is answered with: a text, a passive reply, or a function of the event
    """

    by: str
    kind: type[Event]
    key: Key
    app: str | None
    handler: Callable[..., Any]
    asks: tuple[str, ...] = ()
    at_once: Any = None

    def rank(self, event: Event) -> tuple[int, ...] | None:
        """How well it fits, the least is the best; None where it does not."""
        if self.app not in (None, event.app) or not isinstance(event, self.kind):
            return None
        if self.by == "on_message" and not _is_message(event):
            return None
        if self.key is not None and not (self.key == _text_of(event) or self.match(event)):
            return None
        exactness = 0 if isinstance(self.key, str) else 1 if self.key else 2
        return self.by == "on_event", exactness, type(event).__mro__.index(self.kind), self.app is None

    def match(self, event: Event) -> "re.Match[str] | None":
        """What a pattern found: it must fit the whole key of a card, and may stand anywhere in a text."""
        if not isinstance(self.key, re.Pattern):
            return None
        return (self.key.search if self.by == "on_message" else self.key.fullmatch)(_text_of(event))

    @property
    def place(self) -> tuple[object, ...]:
        """Two routes with the same place are for one and the same thing."""
        key = (self.key.pattern, self.key.flags) if isinstance(self.key, re.Pattern) else self.key
        return self.by, self.kind, key, self.app

    def __str__(self) -> str:
        """As its decorator was written, such as `@on_card('confirm', app='shop')`."""
        what = [] if self.key is not None or self.kind in _WHOLE else [self.kind.__name__]
        if self.key is not None:
            what = [f"re.compile({self.key.pattern!r})" if isinstance(self.key, re.Pattern) else repr(self.key)]
        return f"@{self.by}({', '.join(what if self.app is None else [*what, f'app={self.app!r}'])})"


_WHOLE = (CardTap, Event)
_routes: list[Route] = []
_periodic: dict[str, Periodic] = {}


def add(route: Route) -> None:
    """Make a handler known. Raises ConfigError where another has its place already; it names both."""
    for other in _routes:
        if other.place == route.place:
            raise ConfigError(f"two handlers for {route}: {name_of(other.handler)} and {name_of(route.handler)}")
    _routes.append(route)


def find(event: Event) -> Route | None:
    """The one handler that this event goes to."""
    fitting = [(rank, route) for route in _routes if (rank := route.rank(event)) is not None]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def routes() -> list[Route]:
    return list(_routes)


@contextmanager
def alone() -> Iterator[None]:
    """For tests: inside the block there are no handlers but those that are registered in it."""
    before = _routes[:]
    _routes.clear()
    try:
        yield
    finally:
        _routes[:] = before


def periodic(name: str, *, every: timedelta) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register work that the workers do together: one of them, at most every `every`."""

    def register(work: Callable[[], None]) -> Callable[[], None]:
        if name in _periodic:
            raise ConfigError(f"two pieces of work {name!r}: {name_of(_periodic[name].work)} and {name_of(work)}")
        _periodic[name] = Periodic(name, every, work)
        return work

    return register


def periodic_work() -> list[Periodic]:
    return list(_periodic.values())


def asked_by(handler: Callable[..., Any], *, known: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a handler's parameters; ConfigError where it asks for what is not `known`, or cannot be called."""
    where = name_of(handler)
    if inspect.iscoroutinefunction(handler) or inspect.isgeneratorfunction(handler):
        raise ConfigError(f"{where}: a handler is a plain function; nobody would wait for this one")
    asks = tuple(inspect.signature(handler).parameters)
    if unknown := [name for name in asks if name not in known]:
        raise ConfigError(f"{where} asks for {', '.join(unknown)}; a handler may ask for {', '.join(known)}")
    return asks


def name_of(function: Callable[..., Any]) -> str:
    """Module, name and line of a function, as a person looks for it."""
    name = f"{function.__module__}.{getattr(function, '__qualname__', type(function).__qualname__)}"
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{name} (line {code.co_firstlineno})" if code else name


def _is_message(event: Event) -> bool:
    return isinstance(event, Message) or (isinstance(event, Unknown) and event.msg_type != "event")


def _text_of(event: Event) -> str:
    """What a route's key is compared with."""
    if isinstance(event, CardTap):
        return event.event_key
    if isinstance(event, TextMessage):
        return event.content.strip()
    return event.name if isinstance(event, Unknown) else ""
