"""Plumbing: who wants to hear of what. Apps register here; the inbox and the worker look up.

Handlers belong into `<app>/handlers.py`, which is imported when Django starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from .errors import ConfigError
from .events import Event
from .replies import UpdateButton


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


Handler = Callable[[Received], Ignored | None]
Feedback = Callable[[Event], UpdateButton | None]
_H = TypeVar("_H", bound=Handler)
_F = TypeVar("_F", bound=Feedback)

_handlers: dict[type, Handler] = {}
_feedback: dict[type, Feedback] = {}
_periodic: dict[str, Periodic] = {}


def on(event_type: type[Event]) -> Callable[[_H], _H]:
    """Register the one handler of an event type.

    It runs in the transaction that closes the callback's row, so it must not touch the network; what is to
    follow it owes to the outbox. Raising makes the callback wait and be tried again.
    """

    def register(handler: _H) -> _H:
        _claim(_handlers, event_type, handler)
        return handler

    return register


def instant(event_type: type[Event]) -> Callable[[_F], _F]:
    """Register what may be answered at once, inside WeCom's 5 seconds: one indexed read, no write."""

    def register(feedback: _F) -> _F:
        _claim(_feedback, event_type, feedback)
        return feedback

    return register


def periodic(name: str, *, every: timedelta) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register work that the workers do together: one of them, at most every `every`."""

    def register(work: Callable[[], None]) -> Callable[[], None]:
        _claim(_periodic, name, Periodic(name, every, work))
        return work

    return register


def handler_for(event: Event) -> Handler | None:
    return _handlers.get(type(event))


def feedback_for(event: Event) -> Feedback | None:
    return _feedback.get(type(event))


def periodic_work() -> list[Periodic]:
    return list(_periodic.values())


def _claim(registry: dict, key: object, value: object) -> None:
    if key in registry:
        raise ConfigError(f"registered twice: {key!r}")
    registry[key] = value
