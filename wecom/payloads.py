"""Facts: JSON objects as checked, immutable classes: the fields say their rules, this file applies them.

    class MainTitle(Block):
        title: Annotated[str, Text(advised=36)] = ""

A field is required where it has no default, and left out of the payload where it equals its default. Its name is
WeCom's own. What WeCom refuses is refused here; what it merely discourages, or cuts, is told by `advice()`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, NamedTuple, Self

from .errors import ContentInvalid

# Source: https://developer.work.weixin.qq.com/document/path/90313 (82004: such content could crash clients)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Advice(NamedTuple):
    """A text longer than is good for it. It is sent all the same.

    cut   False: may be cut on small screens; True: WeCom cuts it after `limit` and tells nobody
    unit  what `limit` and `actual` count: characters, or bytes of UTF-8
    """

    field: str
    limit: int
    actual: int
    unit: str = "characters"
    cut: bool = False

    def __str__(self) -> str:
        rule = f"is cut after {self.limit} {self.unit}" if self.cut else f"advised are at most {self.limit} {self.unit}"
        return f"{self.field}: {rule}, found {self.actual}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: its path in WeCom's documents, and the error to be raised there."""

    path: str
    error: type[ContentInvalid] = ContentInvalid

    def fault(self, limit: object, actual: object) -> ContentInvalid:
        return self.error(self.path, limit, actual)

    def entry(self, position: int) -> "Place":
        return Place(f"{self.path}[{position}]", self.error)

    def field(self, name: str) -> "Place":
        return Place(f"{self.path}.{name}", self.error)


class Rule:
    """What one field may hold, and how it looks in JSON."""

    def check(self, value: Any, at: Place) -> None:
        """Raise the place's error unless `value` may stand here."""

    def clean(self, value: Any) -> Any:
        """The value to keep: immutable."""
        return value

    def dump(self, value: Any) -> Any:
        return value

    def load(self, value: Any, at: Place) -> Any:
        return value

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        yield from ()


@dataclass(frozen=True, slots=True)
class Text(Rule):
    """A text.

    advised      characters; more are merely discouraged
    cut          bytes of UTF-8; WeCom cuts what is beyond, without telling
    cut_letters  characters; the same
    most         bytes of UTF-8; more are refused
    letters      how many characters it must have where it is not empty, a range
    pattern      what it must match as a whole where it is not empty; `looks` says so in words
    """

    advised: int | None = None
    cut: int | None = None
    cut_letters: int | None = None
    most: int | None = None
    letters: range | None = None
    pattern: re.Pattern[str] | None = None
    looks: str = ""

    def check(self, value: Any, at: Place) -> None:
        if not isinstance(value, str):
            raise at.fault("a text", type(value).__name__)
        if _CONTROL.search(value):
            raise at.fault("no control characters", repr(value[:40]))
        if self.most is not None and len(value.encode()) > self.most:
            raise at.fault(f"at most {self.most} bytes", f"{len(value.encode())} bytes")
        if self.letters and value and len(value) not in self.letters:
            raise at.fault(f"{self.letters[0]} to {self.letters[-1]} characters", f"{len(value)} characters")
        if self.pattern and value and not self.pattern.fullmatch(value):
            raise at.fault(self.looks, repr(value[:40]))

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        if self.advised is not None and len(value) > self.advised:
            yield Advice(path, self.advised, len(value))
        if self.cut is not None and len(value.encode()) > self.cut:
            yield Advice(path, self.cut, len(value.encode()), "bytes", True)
        if self.cut_letters is not None and len(value) > self.cut_letters:
            yield Advice(path, self.cut_letters, len(value), "characters", True)


@dataclass(frozen=True, slots=True)
class Number(Rule):
    """A whole number out of a few."""

    allowed: Sequence[int]

    def check(self, value: Any, at: Place) -> None:
        if type(value) is not int or value not in self.allowed:
            raise at.fault("one of " + ", ".join(map(str, self.allowed)), repr(value)[:40])


@dataclass(frozen=True, slots=True)
class Between(Rule):
    """A number, whole or not, from `least` to `most`."""

    least: float
    most: float

    def check(self, value: Any, at: Place) -> None:
        if type(value) not in (int, float) or not self.least <= value <= self.most:
            raise at.fault(f"a number from {self.least} to {self.most}", repr(value)[:40])


class Flag(Rule):
    """True or false."""

    def check(self, value: Any, at: Place) -> None:
        if not isinstance(value, bool):
            raise at.fault("true or false", repr(value)[:40])


@dataclass(frozen=True, slots=True)
class One(Rule):
    """A block inside the block."""

    kind: "type[Block]"

    def check(self, value: Any, at: Place) -> None:
        if not isinstance(value, self.kind):
            raise at.fault(f"a {self.kind.__name__}", type(value).__name__)

    def dump(self, value: Any) -> Any:
        return value.to_payload()

    def load(self, value: Any, at: Place) -> Any:
        return self.kind.from_payload(value)

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        yield from value.advice_at(path)


@dataclass(frozen=True, slots=True)
class Many(Rule):
    """A list of blocks: `least` to `most`, no two of which have the same `unique` field unless it is empty."""

    kind: "type[Block]"
    least: int
    most: int
    unique: str = ""

    def check(self, value: Any, at: Place) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise at.fault("a list", type(value).__name__)
        if not self.least <= len(value) <= self.most:
            raise at.fault(f"{self.least} to {self.most} entries", f"{len(value)} entries")
        for position, item in enumerate(value):
            One(self.kind).check(item, at.entry(position))
        keys = [getattr(item, self.unique) for item in value] if self.unique else []
        for position, key in enumerate(keys):
            if key and key in keys[:position]:
                raise at.entry(position).field(self.unique).fault("a value no other entry has", repr(key[:40]))

    def clean(self, value: Any) -> Any:
        return tuple(value)

    def dump(self, value: Any) -> Any:
        return [item.to_payload() for item in value]

    def load(self, value: Any, at: Place) -> Any:
        if not isinstance(value, list | tuple):
            raise at.fault("a list", type(value).__name__)
        return tuple(self.kind.from_payload(item) for item in value)

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        for position, item in enumerate(value):
            yield from item.advice_at(f"{path}[{position}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A checked, immutable object. Making one that WeCom would refuse raises ERROR.

    PATH   how WeCom's documents name the place of this block
    ERROR  what is raised, with the path of the field
    NEEDS  for each value of `type`, the field that must then be filled
    """

    PATH: ClassVar[str] = ""
    ERROR: ClassVar[type[ContentInvalid]] = ContentInvalid
    NEEDS: ClassVar[Mapping[int, str]] = {}

    def __post_init__(self) -> None:
        for f, rule in rules_of(self):
            value = getattr(self, f.name)
            if value is None and f.default is None:
                continue
            rule.check(value, self.place(f.name))
            if f.default is MISSING and value == "":
                raise self.place(f.name).fault("a text", "nothing")
            object.__setattr__(self, f.name, rule.clean(value))
        needed = self.NEEDS.get(getattr(self, "type", 0))
        if needed and not getattr(self, needed):
            raise self.place(needed).fault(f"a text when type is {getattr(self, 'type', 0)}", "nothing")
        self.check_together()

    def check_together(self) -> None:
        """Rules between fields; each of them is fine by itself when this runs."""

    @classmethod
    def path(cls, name: str) -> str:
        return f"{cls.PATH}.{name}" if cls.PATH else name

    @classmethod
    def place(cls, name: str) -> Place:
        return Place(cls.path(name), cls.ERROR)

    def to_payload(self) -> dict[str, Any]:
        """The JSON object that WeCom documents, without what equals its default."""
        filled = ((f, rule, getattr(self, f.name)) for f, rule in rules_of(self))
        return {f.name: rule.dump(value) for f, rule, value in filled if f.default is MISSING or value != f.default}

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """The block behind to_payload(). Raises ERROR for any JSON value that is not one."""
        return cls._load(payload)

    @classmethod
    def _load(cls, payload: Any) -> Self:
        if not isinstance(payload, dict):
            raise cls.ERROR(cls.PATH or cls.__name__, "an object", type(payload).__name__)
        rules = {f.name: (f, rule) for f, rule in rules_of(cls)}
        for name in payload:
            if name not in rules:
                raise cls.place(str(name)[:40]).fault("a field of this block", "an unknown one")
        for name, (f, _) in rules.items():
            if f.default is MISSING and name not in payload:
                raise cls.place(name).fault("a value", "nothing")
        return cls(**{name: rules[name][1].load(value, cls.place(name)) for name, value in payload.items()})

    def advice(self) -> list[Advice]:
        """Which texts are longer than is good for them. None of them keeps the rest from being sent."""
        return list(self.advice_at(""))

    def advice_at(self, outer: str) -> Iterator[Advice]:
        for f, rule in rules_of(self):
            value = getattr(self, f.name)
            if value is not None:
                yield from rule.advice(value, f"{outer}.{f.name}" if outer else f.name)


def rules_of(block: Block | type[Block]) -> Iterator[tuple[Field[Any], Rule]]:
    """The fields of a block, each with its rule."""
    for f in fields(block):
        yield f, f.type.__metadata__[0]  # type: ignore[union-attr]  # every field of a block is Annotated
