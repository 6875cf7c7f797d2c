"""What is seen of the system from outside, once it has come to rest: all that the checker may look at."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One owner asking one finder. Everybody is new, so that nobody's limit and nobody's chat is shared."""

    number: int
    item: int
    finder: str
    owner: str
    phone: str


@dataclass(frozen=True, slots=True)
class Post:
    """One POST of a callback: what was inside, and the status that came back (None: no answer)."""

    digest: str
    status: int | None


def seconds_between(earlier: Row, later: Row) -> float:
    """From one call of the ledger to another."""
    return (datetime.fromisoformat(later["at"]) - datetime.fromisoformat(earlier["at"])).total_seconds()


@dataclass(frozen=True, slots=True)
class Evidence:
    """ledger: the sandbox's · books: the audit export · posts: every callback posted · sink: what the alert hook got"""

    ledger: Row
    books: list[Row]
    posts: list[Post]
    cases: list[Case]
    sink: list[Row] = field(default_factory=list)

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.books if row["type"] == kind]

    def chat(self, member: str) -> list[Row]:
        """What a member has in the chat and really sees: no suppressed repeat, nothing dropped or taken back."""
        found = self.ledger["members"].get(member, {"messages": []})
        return [message for message in found["messages"] if message["visible"]]

    def calls(self, path: str) -> list[Row]:
        return [call for call in self.ledger["calls"] if call["path"] == path]


def digest_of(plaintext: str, app: str = "default") -> str:
    """How the inbox names a message: documented, so that a stranger can find it again."""
    return hashlib.sha256(app.encode() + b"\0" + plaintext.encode()).hexdigest()


def posts_of(ledger: Row) -> list[Post]:
    """The POSTs that the sandbox made by itself."""
    return [
        Post(digest_of(delivery["plaintext"]), one["status"])
        for delivery in ledger["deliveries"]
        if delivery["event"] != "url_check"
        for one in delivery["tries"]
    ]
