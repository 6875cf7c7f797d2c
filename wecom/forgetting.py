"""Decisions: what wecom's own tables hold about one member is dropped; what happened stays counted.

The app above knows which cards and messages were the member's, and calls this in its own transaction.
"""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from .inbox.arguments import topic_of_replies
from .models import Attempt, Bucket, Callback, Member, Outgoing, ResponseCode, SentCard

__all__ = ["forget_cards", "forget_member", "forget_messages", "forget_open_tries", "known", "replies_to"]

State = SentCard.State


def known(member: str) -> dict[str, int]:
    """How many rows of each sort are about this member."""
    return {
        "callbacks": Callback.objects.filter(userid__iexact=member).count(),
        "codes": ResponseCode.objects.filter(userid__iexact=member).count(),
        "members": Member.objects.filter(userid=member.lower()).count(),
    }


def replies_to(member: str) -> "QuerySet[Outgoing]":
    """What handlers answered this member's messages and taps."""
    keys = Callback.objects.filter(userid__iexact=member).values_list("pk", flat=True)
    return Outgoing.objects.filter(topic__in=[topic_of_replies(key) for key in keys])


def forget_messages(messages: Collection[int]) -> None:
    """The words of messages that are over, and of tries; that they were sent, and when, stays known."""
    Outgoing.objects.filter(pk__in=messages).exclude(state__in=Outgoing.OPEN).update(content="", settled="", error="")
    tries = Attempt.objects.filter(outgoing__in=messages)
    tries.exclude(outcome=Attempt.Outcome.OPEN).update(request={}, answer={}, errmsg="")


def forget_open_tries(messages: Collection[int]) -> None:
    """What their tries under way say, and will say. By itself, once the transaction has ended: whoever closes a try
    holds it, and waits for what the app above had locked.
    """
    Attempt.objects.filter(outgoing__in=messages).update(request={}, answer={}, errmsg="")


def forget_cards(cards: Iterable[int], nobody: str) -> None:
    """Cards on this member's phone: they stay as they are there, and nothing of them is known here any more."""
    rows = SentCard.objects.filter(pk__in=list(cards))
    rows.filter(state=State.OWED).update(state=State.CANCELLED)
    rows.filter(state__in=(State.SHOWN, State.CLOSING)).update(state=State.STUCK)
    rows.update(recipients={"users": [nobody]}, unreached=[], payload={}, is_final=True)


def forget_member(member: str, nobody: str) -> None:
    """The rest. A callback that is being handled keeps its message until it is dropped by age."""
    mine = Callback.objects.filter(userid__iexact=member)
    mine.exclude(state__in=Callback.OPEN).update(plaintext="", error="")
    mine.update(userid=nobody, settled="")
    ResponseCode.objects.filter(userid__iexact=member).update(userid=nobody)
    Member.objects.filter(userid=member.lower()).delete()
    Bucket.objects.filter(name__startswith="member:", name__iendswith=f":{member}").delete()
