"""Facts: what a decision about lost property may refuse, and what the caller does next.

LostFoundError
├── NotFound         there is no such row: say which one was asked for
├── Invalid          the caller's input: show `field` and `why` beside it
├── OwnItem          nobody asks for the contact of themselves
├── ItemClosed       nothing can be asked about this item: it is no open found item
├── RequestClosed    the request was decided, or the contact's send has begun: nothing was changed
├── WrongActor       this member may not decide here
├── TooMany          not now: more than people do; `what` was too many
└── NothingToDo      the act would change nothing: `why` says so in a sentence
"""


class LostFoundError(Exception):
    """The base of all of them; `str()` is an English sentence without contacts or codes."""


class NotFound(LostFoundError):
    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"there is no {what} {key}")
        self.what, self.key = what, key


class Invalid(LostFoundError):
    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class OwnItem(LostFoundError):
    pass


class ItemClosed(LostFoundError):
    pass


class RequestClosed(LostFoundError):
    pass


class WrongActor(LostFoundError):
    pass


class NothingToDo(LostFoundError):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooMany(LostFoundError):
    def __init__(self, what: str) -> None:
        super().__init__(f"too many {what} within a short time")
        self.what = what
