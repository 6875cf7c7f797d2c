"""Decisions: what the finder's card says. How it gets there, and what is done where it cannot, is wecom's.

A final text may give way to another one only while no update of the card can have been applied, and only where it said
less: 已重发 and 未能送达 give way to what the finder and the owner did after.
"""

import secrets

from lostfound import card_content
from lostfound.models import Card, ContactRequest
from lostfound.states import Delivery, Final, RequestState
from wecom import sent_cards

from . import owing

FOLLOWER = "lostfound"
_GIVES_WAY = (Final.REPLACED, Final.FAILED)


def create_card(request: ContactRequest) -> Card:
    """The next round's card, built now and owed to the finder. The request is locked."""
    number = (request.cards.order_by("-round").values_list("round", flat=True).first() or 0) + 1
    task_id = f"lf-{request.pk}-{number}-{secrets.token_hex(6)}"
    card = Card(request=request, round=number)
    question = card_content.question(request, task_id=task_id)
    sent_cards.send(question, to=request.finder, follower=FOLLOWER, topic=owing.topic_of(request.pk), row=card)
    return card


def close_cards(request: ContactRequest, final: Final, *, actor: str, cause: str = "") -> None:
    """Owe this final text to every card of the request; a card whose text is fixed already keeps it."""
    for card in cards_of(request):
        close_card(card, final, actor=actor, cause=cause)


def close_card(card: Card, final: Final, *, actor: str, cause: str = "") -> None:
    """Owe this final text to one card, if it can still be shown one. Safe to repeat."""
    before, card.final = card.final, final
    text = card_content.final_text(final)
    if sent_cards.close(card, text, instead=before in _GIVES_WAY, by=actor, cause=cause):
        Card.objects.filter(pk=card.pk).update(final=final)
    else:
        card.final = before


def revive_card(card: Card, *, actor: str, cause: str) -> None:
    """The finder tapped a card whose request is decided: let it get the final text it still lacks."""
    final = card.final
    if final in ("", Final.FAILED):  # which is not true any more once the consent was withdrawn
        final = final_of(card.request) or final
    if final:
        close_card(card, Final(final), actor=actor, cause=cause)


def reopen_card(card: Card) -> None:
    """The finder answered a card that was about to be replaced: it waits for the true final text instead."""
    if card.final == Final.REPLACED and sent_cards.reopen(card):
        Card.objects.filter(pk=card.pk).update(final="")
        card.final = ""


def final_of(request: ContactRequest) -> Final | None:
    """The final text that this request asks for; None while that is not known."""
    if request.state == RequestState.ACCEPTED:
        if request.consent_withdrawn_at and request.delivery in (Delivery.UNSURE, Delivery.FAILED):
            return Final.OVER  # it is not sent again: nobody will ever know, or see to it
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
