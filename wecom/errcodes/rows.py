"""Facts: what one errcode says about the call that got it. The tables beside this file are made of these."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """What became of the call."""

    APPLIED = "applied"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Reaction(StrEnum):
    """What to do next."""

    GO_ON = "go_on"  # nothing is wrong
    RETRY = "retry"  # same body, soon
    RENEW_TOKEN = "renew_token"  # noqa: S105  drop the token, once
    WAIT = "wait"  # same body, when the window of the limit is over
    GIVE_UP = "give_up"  # never again with this body
    PAUSE = "pause"  # nothing at all on this app until a person has acted


class Text(NamedTuple):
    """One sentence in both languages of the people who will read it."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errcode:
    """One row: what WeCom means by `code`, and what an operator can do about it.

    known  False where the code is in no table; it is then treated as a refusal and deserves an alarm
    """

    code: int
    outcome: Outcome
    reaction: Reaction
    meaning_zh: str
    meaning_en: str
    remedy_zh: str
    remedy_en: str
    known: bool = True


def rows(reaction: Reaction, remedy: Text, meanings: Mapping[int | range, Text]) -> Iterator[Errcode]:
    """One Errcode per code of a family that shares its remedy; a range stands for each of its codes."""
    for codes, meaning in meanings.items():
        for code in [codes] if isinstance(codes, int) else codes:
            yield row(code, reaction, meaning, remedy)


def row(code: int, reaction: Reaction, meaning: Text, remedy: Text, *, known: bool = True) -> Errcode:
    return Errcode(
        code=code,
        outcome=_outcome(code, reaction),
        reaction=reaction,
        meaning_zh=meaning.zh,
        meaning_en=meaning.en,
        remedy_zh=remedy.zh,
        remedy_en=remedy.en,
        known=known,
    )


def table(*families: Iterable[Errcode]) -> dict[int, Errcode]:
    """All rows by code; a code that stands in two families is a slip of ours and raises ValueError."""
    found: dict[int, Errcode] = {}
    for family in families:
        for entry in family:
            if entry.code in found:
                raise ValueError(f"errcode {entry.code} is listed twice")
            found[entry.code] = entry
    return found


def _outcome(code: int, reaction: Reaction) -> Outcome:
    if code == -1:  # the system was busy: before or after it did what we asked, it does not say
        return Outcome.UNKNOWN
    return {Reaction.GO_ON: Outcome.APPLIED, Reaction.GIVE_UP: Outcome.REFUSED}.get(reaction, Outcome.NOT_SENT)
