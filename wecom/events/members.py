"""Facts: members who come, go, open the application, or let it know where they are.

Source: https://developer.work.weixin.qq.com/document/path/90240
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from .base import KEY_BYTES, Decimal, Event, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Event):
    """What these have in common: an event_key that is mostly empty."""

    event_key: Annotated[str, Tag("EventKey", KEY_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterAgent(Visit):
    """A member opened the application."""

    NAME: ClassVar[str] = "enter_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Visit):
    """A member came into the visible range."""

    NAME: ClassVar[str] = "subscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(Visit):
    """A member left the visible range."""

    NAME: ClassVar[str] = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReport(Event):
    """Where a member is, if the application asks for it: degrees, and metres of precision."""

    NAME: ClassVar[str] = "LOCATION"

    latitude: Annotated[float | None, Decimal("Latitude")] = None
    longitude: Annotated[float | None, Decimal("Longitude")] = None
    precision: Annotated[float | None, Decimal("Precision")] = None
    app_type: Annotated[str, Tag("AppType")] = ""


KINDS: tuple[type[Event], ...] = (EnterAgent, Subscribe, Unsubscribe, LocationReport)
