"""Decisions: an owner asks, a finder answers, time runs out."""

from lostfound.models import ContactRequest


def ask_for_contact(*, item_id: int, owner: str, message: str = "", actor: str = "") -> tuple[ContactRequest, bool]:
    """The request of this owner for this found item, and whether it is new.

    A repeat, also at the same moment, returns the open request and owes nothing twice.
    Raises NotFound, OwnItem, ItemClosed, Invalid.
    """
    raise NotImplementedError


def withdraw_contact_request(*, request_id: int, actor: str, by_staff: bool = False) -> ContactRequest:
    """The owner takes the request back. `by_staff`: somebody acts for the owner.

    Raises NotFound, WrongActor, and RequestClosed once it is decided or the contact is on its way.
    """
    raise NotImplementedError


def expire_request(*, request_id: int, by: str) -> ContactRequest:
    """Nobody answered: the request ends, the card reads 已过期, the owner is told. Raises NotFound, RequestClosed."""
    raise NotImplementedError
