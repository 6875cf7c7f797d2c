"""Decisions: what a person, or a fresh code, can still mend."""

from lostfound.models import Card


def resend_card(*, request_id: int, by: str) -> Card:
    """A new round of the question: new card, new task_id; the old card is closed.

    Only while the request is pending and its newest card was not delivered, is stuck or stale.
    Raises NotFound, and NothingToDo with the reason.
    """
    raise NotImplementedError


def retry_outgoing(*, outgoing_id: int, by: str) -> None:
    """Put a parked or dead effect back to work. Raises NotFound, NothingToDo (also for the second of two at once)."""
    raise NotImplementedError


def replay_callback(*, callback_id: int, by: str) -> None:
    """Handle a kept callback once more. Raises NotFound, NothingToDo."""
    raise NotImplementedError
