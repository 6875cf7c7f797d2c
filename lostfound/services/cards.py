"""Decisions: what the finder's phone shows, from the send to the final text.

A final text is fixed when it is owed. It may give way to another one only while no update of the card can have
been applied, and only where it said less: 已重发 and 未能送达 give way to what the finder and the owner did after.
"""

import secrets
from datetime import datetime
from typing import Any

from django.utils import timezone

from lostfound import card_content
from lostfound.models import Card, ContactRequest
from lostfound.states import CardState, CodeSource, CodeState, Delivery, Final, Happened, RequestState

from . import owing, wallet
from .journal import WORKER, note

_TAPPABLE_AFTER_ALL = (CardState.OWED, CardState.UNDELIVERED, CardState.UNSURE)
_GONE = (CardState.CANCELLED, CardState.UNDELIVERED, CardState.RECALLED, CardState.CLOSED)
_GIVES_WAY = (Final.REPLACED, Final.FAILED)


def create_card(request: ContactRequest) -> Card:
    """The next round's card, built now and owed to the finder. The request is locked."""
    number = (request.cards.order_by("-round").values_list("round", flat=True).first() or 0) + 1
    task_id = f"lf-{request.pk}-{number}-{secrets.token_hex(6)}"
    card = Card.objects.create(
        request=request,
        round=number,
        task_id=task_id,
        recipient=request.finder,
        payload=card_content.question(request, task_id=task_id).to_payload(),
    )
    owing.owe_send(card)
    return card


def mark_shown(card: Card, event: Happened | None, *, actor: str = WORKER, cause: str = "") -> None:
    """The card is on the phone, its buttons alive. A final text that became due meanwhile goes on its way now."""
    if card.state not in _TAPPABLE_AFTER_ALL:
        return
    move_card(card, CardState.SHOWN, sent_at=card.sent_at or timezone.now(), shows=card_content.BUTTONS)
    if event:
        note(card.request, event, actor=actor, cause=cause, round=card.round)
    if card.final:
        _begin_closing(card, actor=actor, cause=cause)


def keep_send_answer(card: Card, answer: dict[str, Any]) -> None:
    """Keep what the send's answer brought, whatever became of the card meanwhile."""
    now = timezone.now()
    Card.objects.filter(pk=card.pk).update(msgid=str(answer.get("msgid") or "")[:190])
    card.msgid = str(answer.get("msgid") or "")[:190]
    wallet.keep_code(
        card=card,
        code=str(answer.get("response_code") or ""),
        source=CodeSource.SEND,
        userid=card.recipient,
        issued_at=now,
    )


def mark_not_shown(card: Card, state: CardState, event: Happened, *, cause: str, **data: Any) -> bool:
    """The send came to nothing. False where a tap has proved the opposite."""
    if card.state != CardState.OWED:
        return False
    move_card(card, state)
    note(card.request, event, actor=WORKER, cause=cause, round=card.round, **data)
    return True


def close_cards(request: ContactRequest, final: Final, *, actor: str, cause: str = "") -> None:
    """Owe this final text to every card of the request; a card whose text is fixed already keeps it."""
    for card in cards_of(request):
        close_card(card, final, actor=actor, cause=cause)


def close_card(card: Card, final: Final, *, actor: str, cause: str = "") -> None:
    """Owe this final text to one card, if it can still be shown one. Safe to repeat."""
    if card.state in _GONE or not _may_become(card, final):
        return
    move_card(card, CardState(card.state), final=final)
    if card.state == CardState.SHOWN or (card.state == CardState.STUCK and wallet.usable_codes(card).exists()):
        _begin_closing(card, actor=actor, cause=cause)


def revive_card(card: Card, *, actor: str, cause: str) -> None:
    """A fresh code came for a card whose request is decided: let it get the final text it still lacks."""
    final = card.final or final_of(card.request)
    if final:
        close_card(card, Final(final), actor=actor, cause=cause)


def reopen_card(card: Card) -> None:
    """The finder answered a card that was about to be replaced: it waits for the true final text instead."""
    if card.state != CardState.CLOSING or card.final != Final.REPLACED or owing.may_have_shown(card):
        return
    card.codes.filter(state=CodeState.RESERVED).update(state=CodeState.LIVE, reserved_for=None, used_at=None)
    move_card(card, CardState.SHOWN, final="")


def final_of(request: ContactRequest) -> Final | None:
    """The final text that this request asks for; None while that is not known."""
    if request.state == RequestState.ACCEPTED:
        return {Delivery.DELIVERED: Final.DELIVERED, Delivery.FAILED: Final.FAILED}.get(Delivery(request.delivery))
    return {
        RequestState.DECLINED: Final.DECLINED,
        RequestState.EXPIRED: Final.EXPIRED,
        RequestState.WITHDRAWN: Final.WITHDRAWN,
    }.get(RequestState(request.state))


def cards_of(request: ContactRequest) -> list[Card]:
    """The cards of a locked request, each knowing this very object as its request."""
    cards = list(request.cards.order_by("round"))
    for card in cards:
        card.request = request
    return cards


def keep_quiet(card: Card, until: datetime | None) -> None:
    """A passive answer is on its way to the phone: an update before this moment could be covered by it."""
    if until and (card.quiet_until is None or until > card.quiet_until):
        move_card(card, CardState(card.state), quiet_until=until)


def _may_become(card: Card, final: Final) -> bool:
    if card.final in ("", final):
        return True
    return card.final in _GIVES_WAY and not owing.may_have_shown(card)


def _begin_closing(card: Card, *, actor: str, cause: str) -> None:
    move_card(card, CardState.CLOSING)
    note(card.request, Happened.CLOSING, actor=actor, cause=cause, round=card.round, final=card.final)
    owing.owe_update(card)


def move_card(card: Card, state: CardState, **fields: Any) -> None:
    """Write a state and what goes with it; the request is locked, so nobody else writes."""
    Card.objects.filter(pk=card.pk).update(state=state, **fields)
    card.state = state
    for name, value in fields.items():
        setattr(card, name, value)
