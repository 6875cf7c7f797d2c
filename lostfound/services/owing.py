"""Decisions: which effects a request can owe the world, and under which keys.

    lostfound.send_card         the question, on the finder's phone        send_card:<task_id>
    lostfound.deliver_contact   the finder's contact, to the owner         deliver_contact:<request>
    lostfound.update_card       the final text of a card                   update_card:<task_id>[:<n>]
    lostfound.recall_card       a card that cannot change any more         recall_card:<task_id>
    lostfound.tell              a short text to one of the two             tell:<request>:<what>

All rows of a request carry its topic. Locks are taken in one order: outgoing row, then request. So whoever holds
a request may owe and retry, and never waits for a row that is being worked on.
"""

from datetime import datetime

from django.db import transaction

from lostfound.models import Card, ContactRequest
from wecom import outbox
from wecom.outbox import Attempt, Outgoing

SEND_CARD = "lostfound.send_card"
DELIVER_CONTACT = "lostfound.deliver_contact"
UPDATE_CARD = "lostfound.update_card"
RECALL_CARD = "lostfound.recall_card"
TELL = "lostfound.tell"

_PERHAPS = (Attempt.Outcome.OPEN, Attempt.Outcome.UNKNOWN)
_FAILED = (outbox.State.PARKED, outbox.State.DEAD)


def topic_of(request_id: int) -> str:
    return f"request:{request_id}"


def request_id_of(row: Outgoing) -> int | None:
    """The request behind a row; None where the row is none of ours."""
    word, _, number = row.topic.partition(":")
    return int(number) if word == "request" and number.isdecimal() else None


def owe_send(card: Card) -> Outgoing:
    return outbox.owe(
        SEND_CARD, subject=card.pk, effect_key=f"send_card:{card.task_id}", topic=topic_of(card.request_id)
    )


def owe_contact(request: ContactRequest) -> Outgoing:
    return outbox.owe(DELIVER_CONTACT, subject=request.pk, effect_key=_contact_key(request), topic=topic_of(request.pk))


def contact_has_begun(request: ContactRequest) -> bool:
    """Whether a try of the contact was made or is under way. With the request locked, no try begins meanwhile."""
    return Outgoing.objects.filter(effect_key=_contact_key(request), attempts__gt=0).exists()


def drop_contact(request: ContactRequest, *, why: str) -> None:
    """Close the contact's row as soon as this transaction holds; prepare would refuse to send it anyway."""
    key = _contact_key(request)
    transaction.on_commit(lambda: outbox.cancel(key, why=why), robust=True)


def owe_update(card: Card, *, due_at: datetime | None = None) -> None:
    """Let the final text of this card be brought to the phone: by the row that is open, else by a retry, else anew."""
    rows = Outgoing.objects.filter(kind=UPDATE_CARD, subject=str(card.pk)).order_by("-pk")
    last = rows.first()
    if last and last.state in Outgoing.OPEN:
        return
    if last and last.state in _FAILED:
        outbox.retry(last.pk)
        return
    number = rows.count() + 1
    key = f"update_card:{card.task_id}" + (f":{number}" if last else "")
    outbox.owe(
        UPDATE_CARD, subject=card.pk, effect_key=key, topic=topic_of(card.request_id), due_at=due_at or card.quiet_until
    )


def postpone_update(card: Card, row: Outgoing) -> None:
    """The row is worked on before the card's quiet time is over: another one follows it."""
    outbox.owe(
        UPDATE_CARD,
        subject=card.pk,
        effect_key=f"update_card:{card.task_id}:after-{row.pk}",
        topic=row.topic,
        due_at=card.quiet_until,
    )


def owe_recall(card: Card) -> bool:
    """False where it was owed before: a card is taken back once."""
    return _once(RECALL_CARD, card.request_id, subject=str(card.pk), key=f"recall_card:{card.task_id}")


def owe_tell(request_id: int, what: str) -> bool:
    """False where it was owed before: each thing is told once. `what`: a key of card_content.TELLS, perhaps -round."""
    return _once(TELL, request_id, subject=f"{request_id}:{what}", key=f"tell:{request_id}:{what}")


def may_have_shown(card: Card) -> bool:
    """Whether an update of this card was applied, or may have been: its final text can then be no other any more."""
    return Attempt.objects.filter(
        outgoing__kind=UPDATE_CARD,
        outgoing__subject=str(card.pk),
        outcome__in=(*_PERHAPS, Attempt.Outcome.APPLIED),
    ).exists()


def is_in_doubt(row: Outgoing, *, since: datetime | None = None) -> bool:
    """Whether a try of this row (from that moment on) may have arrived without our knowing."""
    tries = row.tries.filter(outcome__in=_PERHAPS)
    return (tries.filter(started_at__gte=since) if since else tries).exists()


def _contact_key(request: ContactRequest) -> str:
    return f"deliver_contact:{request.pk}"


def _once(kind: str, request_id: int, *, subject: str, key: str) -> bool:
    if Outgoing.objects.filter(effect_key=key).exists():
        return False
    outbox.owe(kind, subject=subject, effect_key=key, topic=topic_of(request_id))
    return True
