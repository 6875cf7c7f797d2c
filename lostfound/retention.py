"""Decisions: how long the lost and found keeps what it knows about people. See `wecom.retention`.

contacts   what an owner may get, and the hidden marks, once request or item are over
photos     of items that are over
records    the requests with their cards and timelines, the items, who corrected them in the admin, and who exported
           what: while somebody may ask
"""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone

from wecom.outbox import Outgoing
from wecom.retention import Holding, Rows, register

from .models import ContactRequest, Export, IdempotencyKey, Item, Photo
from .services.owing import DELIVER_CONTACT, topic_of
from .services.photos import delete_photos
from .states import NOBODY, Delivery, ItemState, RequestState

_CONTACT = Outgoing.objects.filter(kind=DELIVER_CONTACT, subject=Cast(OuterRef("pk"), CharField()))
_IS_ON_ITS_WAY = Exists(_CONTACT.filter(state__in=Outgoing.OPEN))
_WAS_SETTLED = Exists(_CONTACT.filter(state=Outgoing.State.SETTLED))
_NOT_DELIVERED = (Delivery.OWED, Delivery.UNSURE, Delivery.FAILED)
_MAY_BE_RETRIED = (
    Q(delivery__in=_NOT_DELIVERED, item__state=ItemState.OPEN) & ~Q(owner__startswith=NOBODY) & ~_WAS_SETTLED
)
STILL_NEEDED = Q(consent_withdrawn_at=None) & (_IS_ON_ITS_WAY | _MAY_BE_RETRIED)


def _decided(kept: timedelta) -> Rows:
    decided = ContactRequest.objects.exclude(state=RequestState.PENDING)
    return decided.filter(decided_at__lt=timezone.now() - kept)


def _contacts(kept: timedelta) -> Rows:
    return _decided(kept).exclude(contact_value="").exclude(STILL_NEEDED)


def _items_over(kept: timedelta) -> Rows:
    return Item.objects.exclude(state=ItemState.OPEN).filter(closed_at__lt=timezone.now() - kept)


def _secrets_of_items(kept: timedelta) -> Rows:
    return _items_over(kept).filter(~Q(contact_value="") | ~Q(hidden_marks=""))


def _photos(kept: timedelta) -> Rows:
    over = Photo.objects.exclude(item__state=ItemState.OPEN)
    return over.filter(item__closed_at__lt=timezone.now() - kept)


def _drop_requests(rows: Rows) -> None:
    """But for those of which something is still to be sent."""
    topics = {topic_of(pk): pk for pk in rows.values_list("pk", flat=True)}
    busy = Outgoing.objects.filter(topic__in=topics, state__in=Outgoing.OPEN).values_list("topic", flat=True)
    ContactRequest.objects.filter(pk__in=set(topics.values()) - {topics[topic] for topic in busy}).delete()


def _items_without_requests(kept: timedelta) -> Rows:
    return _items_over(kept).filter(requests=None)


def _drop_items(rows: Rows) -> None:
    keys: list[Any] = list(rows.values_list("pk", flat=True))
    delete_photos(Photo.objects.filter(item__in=keys))
    Item.objects.filter(pk__in=keys).delete()


def _exports(kept: timedelta) -> Rows:
    return Export.objects.filter(at__lt=timezone.now() - kept)


def _log_of_items(kept: timedelta) -> Rows:
    """Who corrected items in the admin, and what they were called then."""
    ours = LogEntry.objects.filter(content_type__app_label="lostfound")
    return ours.filter(action_time__lt=timezone.now() - kept)


def drop_old_answers() -> None:
    """What calls of the API were answered, once a repeat is not answered so any more."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - IdempotencyKey.KEPT).delete()


register(
    Holding("contacts", "contacts", _contacts, lambda rows: rows.update(contact_value="")),
    Holding("contacts", "items", _secrets_of_items, lambda rows: rows.update(contact_value="", hidden_marks="")),
    Holding("photos", "photos", _photos, delete_photos),
    Holding("records", "requests", _decided, _drop_requests),
    Holding("records", "items", _items_without_requests, _drop_items),
    Holding("records", "exports", _exports, lambda rows: rows.delete()),
    Holding("records", "log", _log_of_items, lambda rows: rows.delete()),
)
