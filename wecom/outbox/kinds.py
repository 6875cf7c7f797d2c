"""Decisions: the sorts of effects, as an app describes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from wecom.errcodes import Outcome
from wecom.errors import ConfigError
from wecom.models import Outgoing

State = Outgoing.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to WeCom. Its body has no agentid: the client of the row's app adds it.

    to       members who will see it, for the limit per member
    private  strings inside the body that must never be stored or logged (a contact, a code)
    proof    errcodes which, after a doubt, say that an earlier try had worked
    """

    path: str
    body: Mapping[str, Any] = field(repr=False)
    to: tuple[str, ...] = ()
    private: tuple[str, ...] = field(default=(), repr=False)
    proof: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Nothing:
    """prepare's answer where nothing is to be sent: the row is cancelled, or done where that is the truth."""

    why: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a row, for settle: the state it is about to take, and the last answer."""

    state: Outgoing.State
    outcome: Outcome
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
    errcode: int | None = None
    errmsg: str = ""
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """settle's answer where another way is left: the row is prepared anew after `delay`."""

    delay: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Park:
    """settle's answer where errcode 0 was not the truth, or a person must decide."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of effect.

    prepare           builds the call from the present state, inside the transaction that writes the try; it may
                      reserve what it uses and never touches the network
    settle            writes what the result means, inside the transaction that closes the row; it is not asked
                      while the row goes back to waiting, nor after Nothing
    keeps_trying_for  how long failures are followed by another try; one try is made even after it
    repeat_within     after a doubt no try begins later than this after the doubtful one, and none with another
                      body; None: no such bound
    when_refused      PARKED: a person may mend it and retry · DEAD: nothing can be done
    """

    name: str
    prepare: Callable[[Outgoing], Call | Nothing]
    settle: Callable[[Outgoing, Result], Again | Park | None]
    keeps_trying_for: timedelta
    repeat_within: timedelta | None = None
    when_refused: Outgoing.State = State.PARKED


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known; the same name twice is a ConfigError at start-up."""
    if kind.name in _kinds:
        raise ConfigError(f"registered twice: {kind.name}")
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> Kind:
    """The kind of this name; raises ConfigError where no app registered it."""
    try:
        return _kinds[name]
    except KeyError:
        raise ConfigError(f"no kind {name!r} is registered") from None
