"""Decisions: the books as one stream of plain rows, for an audit and for whoever checks that they are right.

Ids, states and times; no contact, no response code, no word that anybody wrote.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet

from wecom.models import Alert, Callback
from wecom.outbox import Outgoing

from .models import Card, ContactRequest

Row = dict[str, Any]
AT_ONCE = 500  # rows in memory

_CALLBACK = (
    "id app event event_key userid task_id digest repeats instant_reply state attempts failures"
    " sent_at received_at finished_at"
)
_REQUEST = "id item_id owner finder state delivery created_at decided_at delivered_at consent_withdrawn_at"
_TIMELINE = "event actor cause data at"
_OUTGOING = (
    "id app kind subject topic effect_key state attempts failures last_errcode created_at due_at deadline finished_at"
)
_TRY = "number path body_digest outcome errcode worker started_at ms"
_CARD = "id request_id round task_id recipient state shows final created_at sent_at closed_at"
_ALERT = "id what subject times raised_at told_at"
_CODE = "fingerprint source userid state issued_at expires_at used_at"


def rows() -> Iterator[Row]:
    """Every row of the books: {"type": callback | request | card | outgoing | alert, …}, each sort oldest first.

    A request holds its timeline, a card its codes, an outgoing row its tries. Times are aware datetimes.
    """
    for callback in _all(Callback.objects.all()):
        yield {"type": "callback", **_fields(callback, _CALLBACK)}
    for request in _all(ContactRequest.objects.defer("message").prefetch_related("timeline")):
        yield {"type": "request", **_fields(request, _REQUEST), "timeline": _timeline(request)}
    for card in _all(Card.objects.defer("payload").prefetch_related("codes")):
        yield {"type": "card", **_fields(card, _CARD), "codes": _parts(card.codes, _CODE)}
    for row in _all(Outgoing.objects.prefetch_related("tries")):
        yield {"type": "outgoing", **_fields(row, _OUTGOING), "tries": _parts(row.tries, _TRY)}
    for alert in _all(Alert.objects.all()):
        yield {"type": "alert", **_fields(alert, _ALERT)}


def _all(found: "QuerySet[Any]") -> Iterator[Any]:
    return found.order_by("pk").iterator(chunk_size=AT_ONCE)


def _parts(related: Any, names: str) -> list[Row]:
    """What belongs to one row, oldest first."""
    return [_fields(part, names) for part in sorted(related.all(), key=lambda part: part.pk)]


def _timeline(request: ContactRequest) -> list[Row]:
    """Without the reasons that administrators typed."""
    entries = _parts(request.timeline, _TIMELINE)
    return [
        {**entry, "data": {name: said for name, said in entry["data"].items() if name != "reason"}} for entry in entries
    ]


def _fields(row: Model, names: str) -> Row:
    return {name: getattr(row, name) for name in names.split()}
