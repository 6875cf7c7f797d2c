"""Decisions: who has a card, as it is kept with the card."""

from typing import Any, Self

from wecom import recipients
from wecom.models import SentCard

EVERYBODY = recipients.EVERYBODY


class Recipients(recipients.Recipients):
    """Recipients that know their place in a card's row."""

    __slots__ = ()

    @classmethod
    def of(cls, card: SentCard) -> Self:
        return cls(**{name: tuple(card.recipients.get(name, ())) for name in ("users", "parties", "tags")})

    def as_json(self) -> dict[str, list[Any]]:
        return {name: list(value) for name in ("users", "parties", "tags") if (value := getattr(self, name))}
