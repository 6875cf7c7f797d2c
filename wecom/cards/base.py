"""Facts: what all blocks of a card share. Fields say their rules; this file checks, writes and reads by them.

A field of a block is annotated with its rule, `title: Annotated[str, Text(advised=36)] = ""`. It is required where it
has no default, and left out of the payload where it equals its default. Its name is WeCom's own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, NamedTuple, Self

from wecom.errors import CardInvalid

# Source: https://developer.work.weixin.qq.com/document/path/90313 (82004: such content could crash clients)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Advice(NamedTuple):
    """A text longer than WeCom advises: it is sent all the same, and may be cut on small screens."""

    field: str
    limit: int
    actual: int

    def __str__(self) -> str:
        return f"{self.field}: advised are at most {self.limit} characters, found {self.actual}"


class Rule:
    """What one field may hold, and how it looks in JSON. `path` names the field in errors."""

    def check(self, value: Any, path: str) -> None:
        """Raise CardInvalid unless `value` may stand here."""

    def clean(self, value: Any) -> Any:
        """The value to keep: immutable."""
        return value

    def dump(self, value: Any) -> Any:
        return value

    def load(self, value: Any, path: str) -> Any:
        return value

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        yield from ()


@dataclass(frozen=True, slots=True)
class Text(Rule):
    """A text.

    advised  characters; more are merely discouraged
    most     bytes of UTF-8; more are refused by WeCom
    pattern  what it must match as a whole where it is not empty; `looks` says so in words
    """

    advised: int | None = None
    most: int | None = None
    pattern: re.Pattern[str] | None = None
    looks: str = ""

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise CardInvalid(path, "a text", type(value).__name__)
        if _CONTROL.search(value):
            raise CardInvalid(path, "no control characters", repr(value[:40]))
        if self.most is not None and len(value.encode()) > self.most:
            raise CardInvalid(path, f"at most {self.most} bytes", f"{len(value.encode())} bytes")
        if self.pattern and value and not self.pattern.fullmatch(value):
            raise CardInvalid(path, self.looks, repr(value[:40]))

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        if self.advised is not None and len(value) > self.advised:
            yield Advice(path, self.advised, len(value))


@dataclass(frozen=True, slots=True)
class Number(Rule):
    """A whole number out of a few."""

    allowed: Sequence[int]

    def check(self, value: Any, path: str) -> None:
        if type(value) is not int or value not in self.allowed:
            raise CardInvalid(path, "one of " + ", ".join(map(str, self.allowed)), repr(value)[:40])


@dataclass(frozen=True, slots=True)
class Between(Rule):
    """A number, whole or not, from `least` to `most`."""

    least: float
    most: float

    def check(self, value: Any, path: str) -> None:
        if type(value) not in (int, float) or not self.least <= value <= self.most:
            raise CardInvalid(path, f"a number from {self.least} to {self.most}", repr(value)[:40])


class Flag(Rule):
    """True or false."""

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, bool):
            raise CardInvalid(path, "true or false", repr(value)[:40])


@dataclass(frozen=True, slots=True)
class One(Rule):
    """A block inside the block."""

    kind: "type[Block]"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, self.kind):
            raise CardInvalid(path, f"a {self.kind.__name__}", type(value).__name__)

    def dump(self, value: Any) -> Any:
        return value.to_payload()

    def load(self, value: Any, path: str) -> Any:
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

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise CardInvalid(path, "a list", type(value).__name__)
        if not self.least <= len(value) <= self.most:
            raise CardInvalid(path, f"{self.least} to {self.most} entries", f"{len(value)} entries")
        for position, item in enumerate(value):
            One(self.kind).check(item, f"{path}[{position}]")
        keys = [getattr(item, self.unique) for item in value] if self.unique else []
        for position, key in enumerate(keys):
            if key and key in keys[:position]:
                raise CardInvalid(f"{path}[{position}].{self.unique}", "a value no other entry has", repr(key[:40]))

    def clean(self, value: Any) -> Any:
        return tuple(value)

    def dump(self, value: Any) -> Any:
        return [item.to_payload() for item in value]

    def load(self, value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple):
            raise CardInvalid(path, "a list", type(value).__name__)
        return tuple(self.kind.from_payload(item) for item in value)

    def advice(self, value: Any, path: str) -> Iterator[Advice]:
        for position, item in enumerate(value):
            yield from item.advice_at(f"{path}[{position}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A checked, immutable piece of a card. Making one that WeCom would refuse raises CardInvalid.

    PATH   how WeCom's documents name the place of this block
    NEEDS  for each value of `type`, the field that must then be filled
    """

    PATH: ClassVar[str] = ""
    NEEDS: ClassVar[Mapping[int, str]] = {}

    def __post_init__(self) -> None:
        for f, rule in _rules(self):
            value = getattr(self, f.name)
            if value is None and f.default is None:
                continue
            rule.check(value, self.path(f.name))
            if f.default is MISSING and value == "":
                raise CardInvalid(self.path(f.name), "a text", "nothing")
            object.__setattr__(self, f.name, rule.clean(value))
        needed = self.NEEDS.get(getattr(self, "type", 0))
        if needed and not getattr(self, needed):
            raise CardInvalid(self.path(needed), f"a text when type is {getattr(self, 'type', 0)}", "nothing")
        self.check_together()

    def check_together(self) -> None:
        """Rules between fields; each of them is fine by itself when this runs."""

    @classmethod
    def path(cls, name: str) -> str:
        return f"{cls.PATH}.{name}" if cls.PATH else name

    def to_payload(self) -> dict[str, Any]:
        """The JSON object that WeCom documents, without what equals its default."""
        filled = ((f, rule, getattr(self, f.name)) for f, rule in _rules(self))
        return {f.name: rule.dump(value) for f, rule, value in filled if f.default is MISSING or value != f.default}

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """The block behind to_payload(). Raises CardInvalid for any JSON value that is not one."""
        return cls._load(payload)

    @classmethod
    def _load(cls, payload: Any) -> Self:
        if not isinstance(payload, dict):
            raise CardInvalid(cls.PATH or "template_card", "an object", type(payload).__name__)
        rules = {f.name: (f, rule) for f, rule in _rules(cls)}
        for name in payload:
            if name not in rules:
                raise CardInvalid(cls.path(str(name)[:40]), "a field of this block", "an unknown one")
        for name, (f, _) in rules.items():
            if f.default is MISSING and name not in payload:
                raise CardInvalid(cls.path(name), "a value", "nothing")
        return cls(**{name: rules[name][1].load(value, cls.path(name)) for name, value in payload.items()})

    def advice(self) -> list[Advice]:
        """Which texts are longer than advised. None of them keeps the card from being sent."""
        return list(self.advice_at(""))

    def advice_at(self, outer: str) -> Iterator[Advice]:
        for f, rule in _rules(self):
            value = getattr(self, f.name)
            if value is not None:
                yield from rule.advice(value, f"{outer}.{f.name}" if outer else f.name)


def _rules(block: Block | type[Block]) -> Iterator[tuple[Field[Any], Rule]]:
    for f in fields(block):
        yield f, f.type.__metadata__[0]  # type: ignore[union-attr]  # every field of a block is Annotated
