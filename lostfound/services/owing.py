"""Decisions: which effects a request can owe the world, and under which keys.

    lostfound.deliver_contact   the finder's contact, to the owner         deliver_contact:<request>
    lostfound.tell              a short text to one of the two             tell:<request>:<what>[:<n>]

and, owed by its cards (see wecom.sent_cards.kinds), lostfound.send_card, lostfound.update_card, lostfound.recall_card.
All rows of a request carry its topic. Locks are taken in one order: outgoing row, then request. So whoever holds
a request may owe and retry, and never waits for a row that is being worked on.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from lostfound import card_content
from lostfound.models import Card, ContactRequest
from lostfound.states import Delivery
from wecom import outbox
from wecom.outbox import Outgoing

DELIVER_CONTACT = "lostfound.deliver_contact"
TELL = "lostfound.tell"
_TOLD = (*Outgoing.OPEN, outbox.State.DONE, outbox.State.INFERRED)
SEND_CARD, RECALL_CARD = "lostfound.send_card", "lostfound.recall_card"


def topic_of(request_id: int) -> str:
    return f"request:{request_id}"


def request_id_of(topic: str) -> int | None:
    """The request behind a topic; None where it is none of ours."""
    word, _, number = topic.partition(":")
    return int(number) if word == "request" and number.isdecimal() else None


def owe_contact(request: ContactRequest) -> Outgoing:
    return outbox.owe(DELIVER_CONTACT, subject=request.pk, effect_key=_contact_key(request), topic=topic_of(request.pk))


def contacts_begun(requests: Iterable[ContactRequest]) -> set[int]:
    """Those whose contact was tried, or is being tried, or was seen to by a person in another way.

    With a request locked, no try of its contact begins meanwhile.
    """
    keys = {_contact_key(request): request.pk for request in requests}
    begun = Outgoing.objects.filter(Q(attempts__gt=0) | Q(state=outbox.State.SETTLED), effect_key__in=keys)
    return {keys[key] for key in begun.values_list("effect_key", flat=True)}


def contact_has_begun(request: ContactRequest) -> bool:
    return bool(contacts_begun([request]))


def contact_was_settled(request: ContactRequest) -> bool:
    """Whether a person has seen to the contact in another way."""
    return Outgoing.objects.filter(effect_key=_contact_key(request), state=outbox.State.SETTLED).exists()


def owner_may_have_it(request: ContactRequest) -> bool:
    """Whether the contact may have reached the owner, through us or through a person who saw to it."""
    return request.delivery != Delivery.FAILED or contact_was_settled(request)


def drop_contact(request: ContactRequest, *, why: str) -> None:
    """Close the contact's row as soon as this transaction holds; prepare would refuse to send it anyway."""
    key = _contact_key(request)
    transaction.on_commit(lambda: outbox.cancel(key, why=why) or outbox.give_up(key, why=why), robust=True)


def end_failed_contact(request: ContactRequest, *, why: str) -> None:
    """Where it failed, no person is needed any more: it is not sent again."""
    outbox.give_up(_contact_key(request), why=why)


def owe_tell(request_id: int, what: str) -> bool:
    """False where it was owed before: each thing is told once, one that came to nothing may come again.

    what  a key of card_content.TELLS, perhaps -round
    """
    subject = f"{request_id}:{what}"
    earlier = list(_tells(subject).values_list("state", flat=True))
    if any(state != outbox.State.CANCELLED for state in earlier):
        return False
    key = ":".join(map(str, ["tell", subject, *([len(earlier) + 1] if earlier else [])]))
    outbox.owe(TELL, subject=subject, effect_key=key, topic=topic_of(request_id))
    return True


def was_told(request_id: int, what: str) -> bool:
    """Whether it has reached them, as far as is known, or is on its way."""
    return _tells(f"{request_id}:{what}").filter(state__in=_TOLD).exists()


def owe_rescue(card: Card) -> bool:
    """Tell the finder what the card cannot say any more; False where it was told before."""
    return owe_tell(card.request_id, _rescue(card))


def rescue_was_tried(card: Card) -> bool:
    """Whether the finder may have read it: they were told, or nobody knows."""
    return outbox.may_have_worked(TELL, f"{card.request_id}:{_rescue(card)}")


def _tells(subject: str) -> "QuerySet[Outgoing]":
    return Outgoing.objects.filter(kind=TELL, subject=subject)


def _rescue(card: Card) -> str:
    return f"{card_content.RESCUE}-{card.round}"


def _contact_key(request: ContactRequest) -> str:
    return f"deliver_contact:{request.pk}"
