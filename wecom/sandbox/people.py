"""Plumbing: the sandbox's address book."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from . import clock, world
from .models import Member

_TRANSLATED = re.compile(r"\$(userName|userAlias|userAliasOrName|departmentName)=([^$\s]{1,64})\$")


def everybody() -> QuerySet[Member]:
    """All members; the demo's people move in when nobody lives here."""
    if not Member.objects.exists():
        move_in()
    return Member.objects.order_by("id")


def move_in() -> None:
    Member.objects.bulk_create([Member(**person) for person in world.MEMBERS], ignore_conflicts=True)


def find(userids: Iterable[str]) -> dict[str, Member]:
    """Members by lower-cased id; ids are compared without case, as on the platform."""
    wanted = {userid.lower() for userid in userids}
    found = {member.userid: member for member in Member.objects.filter(userid__in=wanted)}
    if len(found) < len(wanted) and not Member.objects.exists():
        move_in()
        found = {member.userid: member for member in Member.objects.filter(userid__in=wanted)}
    return found


def departments() -> dict[int, str]:
    """Id to name; 1 is the whole corporation."""
    return {int(number): name for number, name in clock.load().departments.items()} or world.DEPARTMENTS


def of_department(number: int) -> list[Member]:
    """Everybody in it; in department 1, the root, is everybody."""
    return [member for member in everybody() if number in (member.department, 1)]


def with_tag(number: int) -> list[Member]:
    return [member for member in everybody() if number in member.tags]


def in_range(member: Member | None) -> bool:
    return member is not None and member.visible


def translate_ids(content: Any) -> Any:
    """Replace $userName=ID$ and its sisters in all texts of a message; what names nobody stays as it is."""
    ids = {match[1] for match in _TRANSLATED.findall(str(content))}
    return _translated(content, find(ids)) if ids else content


def _translated(value: Any, members: dict[str, Member]) -> Any:
    match value:
        case str():
            return _TRANSLATED.sub(lambda found: _word(found, members), value)
        case dict():
            return {key: _translated(inner, members) for key, inner in value.items()}
        case list():
            return [_translated(inner, members) for inner in value]
    return value


def _word(found: re.Match[str], members: dict[str, Member]) -> str:
    sort, key = found.groups()
    if sort == "departmentName":
        return departments().get(int(key), found.group()) if key.isdecimal() else found.group()
    member = members.get(key.lower())
    if member is None or not member.visible:
        return found.group()
    return {"userName": member.name, "userAlias": member.alias or found.group()}.get(sort, member.alias or member.name)
