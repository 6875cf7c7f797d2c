"""Decisions: the effects that the cards of one follower owe, and putting a failed one back to work.

    <follower>.send_card      the card                        send_card:<task_id>
    <follower>.update_card    one change of it                update_card:<task_id>:<change>[:<n>]
    <follower>.recall_card    taking it back                  recall_card:<task_id>
    <follower>.card_text      what it was to say, in words    card_text:<task_id>

Where a card is not of the app `default`, the alias stands before the task_id.
"""

from collections.abc import Callable
from datetime import timedelta

from wecom import outbox
from wecom.outbox import Kind, Outgoing, State

from . import applying, following, queue, rescue, rows, sending, wallet
from .following import Follower

NO_CODE = "no usable response code is left; a tap on the card would bring one"


def follow(name: str, follower: Follower) -> None:
    """Let `follower` hear of all cards that are sent in its name. The same name twice is a ConfigError at start-up."""
    following.register(name, follower)
    first = name or following.OWN
    outbox.register(
        Kind(
            name=f"{first}.{sending.SEND}",
            prepare=sending.prepare,
            settle=sending.settle,
            keeps_trying_for=timedelta(hours=20),  # who has not answered a card soon after sees it expire
        )
    )
    outbox.register(
        Kind(
            name=f"{first}.{queue.UPDATE}",
            prepare=applying.prepare,
            settle=applying.settle,
            keeps_trying_for=timedelta(hours=72),  # no code lives longer
            when_refused=State.DEAD,
        )
    )
    outbox.register(
        Kind(
            name=f"{first}.{rescue.RECALL}",
            prepare=rescue.prepare,
            settle=rescue.settle,
            keeps_trying_for=timedelta(hours=1),
            when_refused=State.DEAD,
        )
    )
    outbox.register(
        Kind(
            name=f"{first}.{rescue.TEXT}",
            prepare=rescue.prepare_text,
            settle=rescue.settle_text,
            keeps_trying_for=timedelta(days=2),
            repeat_within=outbox.REPEAT_WITHIN,
            when_refused=State.DEAD,
        )
    )


def put_back(row: Outgoing) -> str:
    """The card's side of a retry of one of its effects, before outbox.retry(); why not, or "" where it may go on."""
    whose, _, word = row.kind.rpartition(".")
    return _AGAIN[word](row) if word in _AGAIN and following.is_known(whose) else ""


def _send_again(row: Outgoing) -> str:
    card = rows.locked_for(row, pk=row.subject)
    if card.state not in sending.NOT_SHOWN_YET:
        return f"the card is {card.state}"
    rows.move(card, rows.State.OWED)
    return ""


def _update_again(row: Outgoing) -> str:
    card, change = applying.locked_change(row)
    if not change.final or card.state not in (rows.State.STUCK, rows.State.CLOSING):
        return f"the card is {card.state}"
    if change.state != change.State.OWED:
        return "a later change takes its place"
    if not wallet.reserved_code(card, outgoing_id=row.pk) and not wallet.usable_codes(card).exists():
        return NO_CODE
    rows.move(card, rows.State.CLOSING)
    return ""


def _recall_again(row: Outgoing) -> str:
    card = rows.locked_for(row, pk=row.subject)
    if card.state not in (rows.State.SHOWN, rows.State.STUCK):
        return f"the card is {card.state}"  # it shows its last content, or is about to
    if not rescue.is_recallable(card):
        return rescue.TOO_LATE
    if card.state == rows.State.SHOWN:
        rows.move(card, recall_wanted=True)  # a stuck one is still waiting for a tap's code, which may be quicker
    return ""


_AGAIN: dict[str, Callable[[Outgoing], str]] = {
    sending.SEND: _send_again,
    queue.UPDATE: _update_again,
    rescue.RECALL: _recall_again,
}
