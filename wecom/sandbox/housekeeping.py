"""Decisions: settings of the sandbox, its people, and starting afresh."""

from . import clock, people
from .models import (
    ApiCall,
    Change,
    Code,
    Copy,
    Delivery,
    Fault,
    GroupChat,
    LoginCode,
    Media,
    Member,
    Menu,
    Message,
    Token,
    Try,
    World,
)


def reset() -> None:
    """Everything as on the first day; `chats` and `wire` go on counting, so that open pages notice."""
    with clock.change() as world:
        for model in (
            Try,
            Delivery,
            Code,
            Change,
            Copy,
            Message,
            GroupChat,
            Media,
            Menu,
            Token,
            LoginCode,
            Fault,
            ApiCall,
            Member,
        ):
            model.objects.all().delete()
        people.move_in()
        fresh = World(pk=world.pk, chats=world.chats, wire=world.wire)
        fresh.save()


def configure(*, advance: int = 0, code_ttl_hours: float | None = None, retry_pause_ms: int | None = None) -> None:
    """Let time pass, set how long a code lives (24 and 72 are documented), set the pause between tries."""
    changes: dict[str, float] = {}
    if code_ttl_hours is not None:
        changes["code_ttl_hours"] = _within(float(code_ttl_hours), 0, 24 * 365)
    if retry_pause_ms is not None:
        changes["retry_pause_ms"] = int(_within(int(retry_pause_ms), 0, 600_000))
    with clock.change():
        clock.advance(int(_within(advance, -(10**9), 10**9)))
        if changes:
            World.objects.filter(pk=clock.ONLY).update(**changes)


def put_member(*, userid: str, **fields: object) -> Member:
    """Make a member or change one; raises ValueError for an unknown field."""
    allowed = {"name", "alias", "position", "department", "tags", "visible", "licensed"}
    if not fields.keys() <= allowed or not 1 <= len(userid.encode()) <= 64:
        raise ValueError(f"userid of 1 to 64 bytes, and of these: {sorted(allowed)}")
    people.everybody()
    with clock.change():
        defaults = fields if Member.objects.filter(userid=userid.lower()).exists() else {"name": userid, **fields}
        return Member.objects.update_or_create(userid=userid.lower(), defaults=defaults)[0]


def remove_member(userid: str) -> int:
    """The member leaves the corporation; their chat stays readable in the ledger."""
    with clock.change():
        return Member.objects.filter(userid=userid.lower()).delete()[0]


def _within(number: float, least: float, most: float) -> float:
    if not least <= number <= most:
        raise ValueError(f"{number} is not within {least} and {most}")
    return number
