"""Decisions: what a member sees of items and requests, and in which words. Nothing here changes a row."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from wecom.fields import readable
from wecom.sent_cards import CardState

from .models import Card, ContactRequest, Item, Photo, Preference, TimelineEntry
from .services import pickup_code
from .services.owing import contact_was_settled, contacts_begun, was_told
from .spoken import spoken
from .states import Channel, Custody, Delivery, Happened, ItemState, RequestState

MOST = 50  # of one's own rows on one page
FEW = 10  # of what one has agreed to
PLACES, PLACES_OF_DAYS, PLACES_FOR = 30, 90, 600  # how many are suggested, from how many days, kept for seconds
_NOT_THERE = (CardState.UNDELIVERED, CardState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Story:
    """A request as its owner reads it. `tone`: wait, good, bad or over; `may_withdraw`: it can be taken back;
    `code`: what is shown at the desk when the thing is fetched there."""

    request: ContactRequest
    words: str
    tone: str
    may_withdraw: bool = False
    code: str = ""


def item_for(pk: int, *, member: str) -> Item | None:
    """The item, if this member may see it: while it is open everybody, afterwards those whom it concerns."""
    item = Item.objects.prefetch_related("photos").filter(pk=pk).first()
    if item is None or item.state == ItemState.OPEN or item.reporter == member:
        return item
    return item if item.requests.filter(owner=member).exists() else None


def may_close(item: Item, *, member: str) -> bool:
    """Whether this member may say that the thing is back: their own report, unless the desk keeps it."""
    return item.reporter == member and item.state == ItemState.OPEN and item.custody != Custody.DESK


def may_see_photo(photo: Photo, *, member: str) -> bool:
    """One that has no item yet is its sender's alone."""
    if photo.item is None:
        return str(photo.sent_by) == member
    return photo.item.state == ItemState.OPEN or item_for(photo.item.pk, member=member) is not None


def open_request(item: Item, *, owner: str) -> ContactRequest | None:
    return item.requests.filter(owner=owner, state=RequestState.PENDING).first()


def places() -> list[str]:
    """Where things were lost and found lately, the most frequent first."""
    known: list[str] | None = cache.get("lostfound.places")
    if known is None:
        lately = Item.objects.filter(created_at__gt=timezone.now() - timedelta(days=PLACES_OF_DAYS)).exclude(place="")
        counted = lately.order_by().values("place").annotate(times=Count("pk")).order_by("-times", "place")
        known = [row["place"] for row in counted[:PLACES]]
        cache.set("lostfound.places", known, PLACES_FOR)
    return known


def reports_of(member: str) -> list[Item]:
    """One's own reports, each with `asked`: how many wait for one's answer."""
    waiting = Count("requests", filter=Q(requests__state=RequestState.PENDING))
    rows = Item.objects.filter(reporter=member).prefetch_related("photos")
    return list(rows.annotate(asked=waiting).order_by("-pk")[:MOST])


def waiting_for(member: str) -> list[ContactRequest]:
    """What this finder has been asked and has not answered; the answer is given on the card."""
    rows = ContactRequest.objects.filter(finder=member, state=RequestState.PENDING).select_related("item")
    return list(rows.order_by("-pk")[:MOST])


def answered_by(member: str) -> list[Story]:
    """What this finder has agreed to, the newest first: it can be taken back on the request's page."""
    rows = ContactRequest.objects.filter(finder=member, state=RequestState.ACCEPTED).select_related("item")
    return [finders_story(request) for request in rows.order_by("-pk")[:FEW]]


def request_to(pk: int, *, finder: str) -> ContactRequest | None:
    """The request, if it is this member who is asked."""
    rows = ContactRequest.objects.select_related("item").prefetch_related("item__photos")
    return rows.filter(pk=pk, finder=finder).first()


def offered_by(item: Item) -> str:
    """What a tap on the card would pass on of this finder; of a number only its end."""
    if item.contact_channel == Channel.PHONE:
        number = readable(item, "contact_value")
        return _("your phone number (ending in %(end)s)") % {"end": number[-4:]} if number else _("your phone number")
    if item.contact_channel == Channel.DESK:
        return _("the place that you named")
    return _("your name, so that they write to you in WeCom")


def finders_story(request: ContactRequest) -> Story:
    """A request as its finder reads it; `may_withdraw`: the consent can be taken back."""
    at = spoken(request.decided_at) if request.decided_at else ""
    match request.state:
        case RequestState.PENDING:
            return Story(request, _("Waiting for your answer."), "wait")
        case RequestState.ACCEPTED if request.consent_withdrawn_at:
            words = _("You took your consent back; the owner was asked to delete the contact.")
            return Story(
                request, words if was_told(request.pk, "please_delete") else _("You took your consent back."), "over"
            )
        case RequestState.ACCEPTED:
            sent = request.delivery == Delivery.DELIVERED
            words = _("%(at)s: you agreed. The owner has your contact.") if sent else _("%(at)s: you agreed.")
            may_withdraw = request.item.state == ItemState.OPEN or not sent
            return Story(request, words % {"at": at}, "good", may_withdraw=may_withdraw)
        case RequestState.DECLINED:
            return Story(request, _("%(at)s: you said no.") % {"at": at}, "over")
        case RequestState.EXPIRED:
            return Story(
                request, _ENDED_FOR_FINDER.get(_why_ended([request]).get(request.pk, ""), _unanswered)(), "over"
            )
    return Story(request, _("The owner took it back."), "over")


def wants_matches(member: str) -> bool:
    """Whether this member is told of found things like their own; so it is until they say no."""
    return not Preference.objects.filter(userid=member, wants_matches=False).exists()


def requests_of(owner: str) -> list[Story]:
    """One's own requests, the newest first, each with the truth about it."""
    rows = ContactRequest.objects.filter(owner=owner).select_related("item").order_by("-pk")
    asked = list(rows[:MOST])
    cards = {card.request_id: card for card in Card.objects.filter(request__in=asked).order_by("round")}
    why = _why_ended([request for request in asked if request.state == RequestState.EXPIRED])
    begun = contacts_begun(request for request in asked if request.delivery == Delivery.OWED)
    return [
        _story(request, cards.get(request.pk), why.get(request.pk, ""), has_begun=request.pk in begun)
        for request in asked
    ]


def _why_ended(expired: list[ContactRequest]) -> dict[int, str]:
    """What the owner of each was told when it ended without an answer: a key of card_content.TELLS."""
    entries = TimelineEntry.objects.filter(request__in=expired, event=Happened.EXPIRED)
    return {number: data.get("why", "") for number, data in entries.values_list("request_id", "data")}


def _story(request: ContactRequest, card: Card | None, why_ended: str, *, has_begun: bool) -> Story:
    at = spoken(request.decided_at) if request.decided_at else ""
    match request.state:
        case RequestState.PENDING:
            return Story(request, _asking(card), "wait", may_withdraw=True)
        case RequestState.ACCEPTED if request.consent_withdrawn_at:
            words = _("The finder took the consent back. If you have their contact, please delete it.")
            return Story(request, words, "bad")
        case RequestState.ACCEPTED:
            return replace(_agreed(request, at, has_begun=has_begun), code=_code_of(request))
        case RequestState.DECLINED:
            return Story(request, _("%(at)s: the finder said no. Ask the desk if it is yours.") % {"at": at}, "bad")
        case RequestState.EXPIRED:
            return Story(request, _ENDED.get(why_ended, _nobody_answered)(), "over")
    return Story(request, _("You took it back."), "over")


def _nobody_answered() -> str:
    return _("Nobody answered in time. You can ask again.")


def _unanswered() -> str:
    return _("Nobody answered in time; it is over.")


_ENDED: dict[str, Callable[[], str]] = {
    "not_reached": lambda: _("It is not certain that the finder ever got the question. You can ask again."),
    "item_closed": lambda: _("The item was closed, and your request with it."),
    "finder_gone": lambda: _("The finder cannot be reached any more. Ask the desk for help."),
}
_ENDED_FOR_FINDER: dict[str, Callable[[], str]] = {
    "not_reached": lambda: _("Nobody waits for an answer any more; it is over."),
    "item_closed": lambda: _("The item was closed; it is over."),
    "finder_gone": lambda: _("Nobody waits for an answer any more; it is over."),
}


def _asking(card: Card | None) -> str:
    state = card.state if card else CardState.OWED
    if state == CardState.OWED:
        return _("The question is on its way to the finder.")
    if state in _NOT_THERE:
        return _("The question could not be delivered. The desk can send it again.")
    if state == CardState.RECALLED:
        return _("The question was taken back from the finder. The desk can send it again.")
    if state == CardState.UNSURE:
        return _("It is not certain that the finder has got the question.")
    return _("The finder has the question. We wait for the answer.")


def _code_of(request: ContactRequest) -> str:
    item = request.item
    at_the_desk = item.custody == Custody.DESK or request.contact_channel == Channel.DESK
    return pickup_code(request) if at_the_desk and item.state == ItemState.OPEN else ""


def _agreed(request: ContactRequest, at: str, *, has_begun: bool) -> Story:
    match request.delivery:
        case Delivery.DELIVERED:
            words = _("%(at)s: the finder agreed. The contact was sent to you in WeCom.") % {"at": at}
            return Story(request, words, "good")
        case Delivery.UNSURE:
            words = _("%(at)s: the finder agreed. It is not certain that the contact reached you: look into WeCom.")
            return Story(request, words % {"at": at}, "wait")
        case Delivery.FAILED if request.item.state != ItemState.OPEN or contact_was_settled(request):
            return Story(
                request, _("%(at)s: the finder agreed, but the contact could not be sent.") % {"at": at}, "bad"
            )
        case Delivery.FAILED:
            words = _("%(at)s: the finder agreed, but the contact could not be sent. The desk can send it again.")
            return Story(request, words % {"at": at}, "bad")
    words = _("%(at)s: the finder agreed. The contact is on its way to you.") % {"at": at}
    return Story(request, words, "wait", may_withdraw=not has_begun)
