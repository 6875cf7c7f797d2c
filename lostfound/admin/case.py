"""Door: one request on one page. Collects what the page shows, in as few queries as it has parts."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from lostfound import selectors
from lostfound.models import Card, ContactRequest
from lostfound.services import owing
from lostfound.services.recovery import why_not_deliver_again
from wecom import sent_cards
from wecom.admin.cards import lifetime
from wecom.admin.labels import EMPTY, errcode_full, exact, state_badge
from wecom.admin.message import as_json
from wecom.models import Attempt, Outgoing

from .contacts import masked_contact
from .drawing import draw_card
from .kinds import kind_words
from .photos import thumbnails
from .proxies import is_update
from .sentences import sentence
from .story import Line, tell

Shown = SafeString | str


@dataclass(frozen=True, slots=True)
class CodeLine:
    fingerprint: str
    source: str
    member: str
    state: Shown
    issued: Shown
    left: str


@dataclass(frozen=True, slots=True)
class CardPart:
    url: str
    card: Card
    state: Shown
    drawn: SafeString
    sent: Shown
    closed: Shown
    codes: list[CodeLine]


@dataclass(frozen=True, slots=True)
class TryLine:
    number: int
    path: str
    outcome: Shown
    answer: Shown
    started: Shown
    ms: str
    request: Shown
    reply: Shown


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    row: Outgoing
    url: str
    retry_url: str
    what: str
    state: Shown
    why: str
    due: Shown
    finished: Shown
    tries: list[TryLine]


@dataclass(frozen=True, slots=True)
class Case:
    request: ContactRequest
    state: Shown
    delivery: Shown
    contact: str
    asked_to_delete: bool
    photos: Shown
    next_step: str
    when: str
    cards: list[CardPart]
    timeline: list[Line]
    outgoing: list[OutgoingPart]


def open_case(request: ContactRequest, *, may_retry: bool) -> Case:
    """Everything about this request, newest card first, the rest in the order in which it happened."""
    cards = request.cards.order_by("-round").prefetch_related("codes")
    in_vain = {owing.DELIVER_CONTACT} if why_not_deliver_again(request) else set()
    outgoing = [
        _outgoing(row, may_retry=may_retry and row.kind not in in_vain) for row in selectors.outgoing_of(request)
    ]
    pages = {str(part.row.pk): part.url for part in outgoing}
    return Case(
        request=request,
        state=state_badge(request),
        delivery=state_badge(request, "delivery"),
        contact=masked_contact(request),
        asked_to_delete=owing.was_told(request.pk, "please_delete"),
        photos=thumbnails(request.item),
        next_step=selectors.next_step(request),
        when=_when(request),
        cards=[_card(card) for card in cards],
        timeline=[tell(entry, pages) for entry in request.timeline.all()],
        outgoing=outgoing,
    )


def _when(request: ContactRequest) -> str:
    """When the next step comes by itself; empty where nothing does."""
    if due := selectors.next_due(request):
        return _("Due at %(time)s.") % {"time": f"{localtime(due):%m-%d %H:%M:%S}"}
    if ends := selectors.expires_at(request):
        return _("Without an answer it expires at %(time)s.") % {"time": f"{localtime(ends):%m-%d %H:%M}"}
    return ""


def _card(card: Card) -> CardPart:
    return CardPart(
        url=reverse("admin:lostfound_card_change", args=[card.pk]),
        card=card,
        state=state_badge(card),
        drawn=draw_card(card),
        sent=exact(card.sent_at),
        closed=exact(card.closed_at),
        codes=[_code(code) for code in sorted(card.codes.all(), key=lambda code: code.pk)],
    )


def _code(code: sent_cards.ResponseCode) -> CodeLine:
    return CodeLine(
        fingerprint=code.fingerprint[:6],
        source=str(code.get_source_display()),
        member=code.userid or EMPTY,
        state=state_badge(code),
        issued=exact(code.issued_at),
        left=lifetime(code),
    )


def _outgoing(row: Outgoing, *, may_retry: bool) -> OutgoingPart:
    admin = "lostfound_cardupdate" if is_update(row) else "wecom_outgoing"
    failed = row.state in (Outgoing.State.PARKED, Outgoing.State.DEAD)
    return OutgoingPart(
        row=row,
        url=reverse(f"admin:{admin}_change", args=[row.pk]),
        retry_url=reverse(f"admin:{admin}_do", args=[row.pk, "retry"]) if failed and may_retry else "",
        what=kind_words(row),
        state=state_badge(row),
        why=sentence(row.error),
        due=exact(row.due_at) if row.state in Outgoing.OPEN else "",
        finished=exact(row.finished_at),
        tries=[_try(attempt) for attempt in row.tries.all()],
    )


def _try(attempt: Attempt) -> TryLine:
    return TryLine(
        number=attempt.number,
        path=attempt.path,
        outcome=state_badge(attempt, "outcome"),
        answer=errcode_full(attempt.errcode) if attempt.errcode is not None else attempt.errmsg,
        started=exact(attempt.started_at),
        ms="" if attempt.ms is None else str(attempt.ms),
        request=as_json(attempt.request, _("request")),
        reply=as_json(attempt.answer, _("answer")),
    )
