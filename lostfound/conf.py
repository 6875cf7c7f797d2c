"""Plumbing: the times of the lost and found, which follow from how long a response code lives."""

from datetime import timedelta

from wecom import sent_cards


def expire_after() -> timedelta:
    """How long a finder may leave a card unanswered: the code kept from the send can then still close the card."""
    return sent_cards.answer_within()


def stale_after() -> timedelta:
    """How long a card stands unanswered before a person may send the question again."""
    return expire_after() / 2
