"""Facts: who gets a message or has a card: members, departments, tags, or everybody.

Source: https://developer.work.weixin.qq.com/document/path/90236
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from .errors import MessageInvalid

__all__ = ["EVERYBODY", "Recipients"]

EVERYBODY = "@all"
MEMBERS, GROUPS = 1000, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """users in lower case, or ("@all",); parties and tags by their numbers."""

    users: tuple[str, ...] = ()
    parties: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()

    @classmethod
    def named(cls, to: str | Iterable[str] = (), parties: Iterable[int] = (), tags: Iterable[int] = ()) -> Self:
        """Those whom a caller names. Raises MessageInvalid where WeCom would refuse the list, or take it otherwise."""
        users = tuple(dict.fromkeys(one.lower() for one in ([to] if isinstance(to, str) else to)))
        found = cls(users=users, parties=tuple(dict.fromkeys(parties)), tags=tuple(dict.fromkeys(tags)))
        if not (found.users or found.parties or found.tags):
            raise MessageInvalid("touser", "at least one recipient", "nobody")
        for field, names, most in (
            ("touser", found.users, MEMBERS),
            ("toparty", found.parties, GROUPS),
            ("totag", found.tags, GROUPS),
        ):
            if len(names) > most:
                raise MessageInvalid(field, f"at most {most}", f"{len(names)}")
        for user in found.users:
            if not user.strip() or "|" in user or (user == EVERYBODY and found != cls(users=(EVERYBODY,))):
                raise MessageInvalid("touser", "UserIDs, or @all alone", repr(user)[:40])
        return found

    @property
    def members(self) -> tuple[str, ...]:
        """Those whom we know by name."""
        return () if EVERYBODY in self.users else self.users

    @property
    def are_all_known(self) -> bool:
        """Whether nobody else is meant."""
        return bool(self.members) and not self.parties and not self.tags

    @property
    def only_one(self) -> str:
        """The one member who is meant; "" where there are more."""
        return self.users[0] if self.are_all_known and len(self.users) == 1 else ""

    def may_include(self, userid: str) -> bool:
        """Whether this member may be meant; who is in a department or has a tag is not known here."""
        return userid.lower() in self.users or not self.are_all_known

    def for_send(self) -> dict[str, str]:
        """The fields of message/send, joined with `|`."""
        named = {"touser": self.users, "toparty": self.parties, "totag": self.tags}
        return {name: "|".join(map(str, values)) for name, values in named.items() if values}

    def for_update(self) -> dict[str, Any]:
        """The fields of message/update_template_card: lists, and a number for everybody.

        Source: https://developer.work.weixin.qq.com/document/path/94888
        """
        if EVERYBODY in self.users:
            return {"atall": 1}
        named = {"userids": self.users, "partyids": self.parties, "tagids": self.tags}
        return {name: list(values) for name, values in named.items() if values}
