"""Decisions: one person is forgotten, and what happened stays counted.

    what is open ends ─► nothing is sent to them any more ─► their name becomes one without meaning, words go

Erasing somebody again, or somebody whom nobody knows, finds nothing and says so in the same form.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from urllib.parse import quote_plus

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone, translation

from wecom import forgetting, members
from wecom.outbox import Outgoing

from . import card_content, services
from .errors import LostFoundError, NothingToDo, RequestClosed
from .models import (
    Card,
    ContactRequest,
    Disposal,
    Export,
    HandOver,
    IdempotencyKey,
    Item,
    Move,
    Photo,
    Preference,
    TimelineEntry,
)
from .services import owing, suggesting
from .services.contact import give_up_contact
from .services.journal import note
from .services.photos import delete_photos
from .states import NOBODY, Category, Delivery, Happened, ItemState, RequestState

PATIENCE = timedelta(seconds=70)  # longer than the lease of a dead worker
STILL_OWED = (Outgoing.State.WAITING, Outgoing.State.PARKED, Outgoing.State.DEAD)
COUNTED = ("items", "photos", "requests", "cards", "messages", "callbacks", "codes", "members")


class StillSending(LostFoundError):
    """A message to this member was under way for longer than any lease: ask again."""


def affected(member: str) -> dict[str, int]:
    """What erase() would find."""
    found = Counter(dict.fromkeys(COUNTED, 0))
    found["items"] = Item.objects.filter(reporter=member).count()
    found["photos"] = _photos(member).count()
    found["requests"] = _requests(member).count()
    found["cards"] = Card.objects.filter(request__finder=member).count()
    found["messages"] = _messages(member).count()
    found.update(forgetting.known(member))
    return dict(found)


def erase(*, member: str, by: str, patience: timedelta = PATIENCE) -> dict[str, int]:
    """Forget a member; the number of rows of each sort. Raises StillSending; what was done by then is good."""
    member = member.lower()
    _end_what_is_open(member, by)
    _stop_sending(member, patience)
    counts = affected(member)
    forgetting.forget_open_tries(_naming(member))  # should we die before we do so again, little is left
    with transaction.atomic():
        messages = _forget(member, f"{NOBODY}{secrets.token_hex(6)}", by)
    forgetting.forget_open_tries(messages)
    return counts


def _end_what_is_open(member: str, by: str) -> None:
    for pk in Item.objects.filter(reporter=member, state=ItemState.OPEN).values_list("pk", flat=True):
        _if_possible(partial(services.close_item, item_id=pk, state=ItemState.CLOSED, by=by))
    undecided = (RequestState.PENDING, RequestState.ACCEPTED)
    mine = ContactRequest.objects.filter(owner=member, state__in=undecided).exclude(delivery=Delivery.DELIVERED)
    for pk in mine.values_list("pk", flat=True):
        _if_possible(partial(services.withdraw_contact_request, request_id=pk, actor=by, by_staff=True))
    for pk in ContactRequest.objects.filter(finder=member, state=RequestState.PENDING).values_list("pk", flat=True):
        _if_possible(partial(services.expire_request, request_id=pk, by=by))
    agreed = ContactRequest.objects.filter(finder=member, state=RequestState.ACCEPTED, consent_withdrawn_at=None)
    for pk in agreed.exclude(delivery=Delivery.DELIVERED).values_list("pk", flat=True):
        _if_possible(partial(services.decline_on_page, request_id=pk, finder=member))


def _if_possible(act: Callable[[], object]) -> None:
    try:
        act()
    except (NothingToDo, RequestClosed):
        return  # somebody was quicker, or the contact has begun its way


def _stop_sending(member: str, patience: timedelta) -> None:
    """Take back what was owed to them. A try that is under way ends first; a dead worker's ends with its lease."""
    give_up = time.monotonic() + patience.total_seconds()
    while True:
        now, rows = timezone.now(), _messages(member)
        ended = rows.filter(Q(state__in=STILL_OWED) | Q(state=Outgoing.State.RUNNING, lease_until__lt=now))
        ended.update(
            state=Outgoing.State.CANCELLED,
            error="the member was erased",
            finished_at=now,
            lease_until=None,
            leased_by="",
        )
        if not rows.filter(state=Outgoing.State.RUNNING).exists():
            return
        if time.monotonic() > give_up:
            raise StillSending("a message to this member is still under way")
        time.sleep(0.2)


def _requests(member: str) -> "QuerySet[ContactRequest]":
    return ContactRequest.objects.filter(Q(owner=member) | Q(finder=member))


def _photos(member: str) -> "QuerySet[Photo]":
    return Photo.objects.filter(Q(sent_by=member) | Q(item__reporter=member))


def _messages(member: str) -> "QuerySet[Outgoing]":
    """What goes, or went, to this member."""
    of = {owing.topic_of(request.pk): request for request in _requests(member)}
    rows = Outgoing.objects.filter(topic__in=list(of))
    mine = [row.pk for row in rows if _receiver(of[row.topic], row) == member]
    replies = forgetting.replies_to(member).values("pk")
    return Outgoing.objects.filter(Q(pk__in=mine) | Q(topic__in=_suggested(member)) | Q(pk__in=replies))


def _suggested(member: str) -> list[str]:
    """The topics of what this member heard unasked."""
    return [suggesting.topic_of(row) for row in Preference.objects.filter(userid=member)]


def _receiver(request: ContactRequest, row: Outgoing) -> str:
    if row.kind == owing.DELIVER_CONTACT:
        return str(request.owner)
    if row.kind == owing.TELL:
        return card_content.receiver(request, row.subject.partition(":")[2])
    return str(request.finder)


def _naming(member: str) -> list[int]:
    """The keys of the messages that may name them: those to the other side too."""
    topics = [*(owing.topic_of(request.pk) for request in _requests(member)), *_suggested(member)]
    named = Outgoing.objects.filter(topic__in=topics) | forgetting.replies_to(member)
    return list(named.values_list("pk", flat=True))


def _forget(member: str, nobody: str, by: str) -> list[int]:
    """The keys of the messages that may name them."""
    requests = _held(member)
    messages = _naming(member)
    forgetting.forget_messages(messages)
    Preference.objects.filter(userid=member).delete()
    for request in requests:
        note(request, Happened.ERASED, actor=by)
    TimelineEntry.objects.filter(actor__iexact=member).update(actor=nobody)
    _forget_reasons(requests)
    cards = Card.objects.filter(request__finder=member)
    forgetting.forget_cards([card.pk for card in cards], nobody)
    delete_photos(_photos(member))
    _forget_words(member)
    _forget_endings(member, nobody)
    _end_deliveries(member, by)
    _forget_message(member)
    ContactRequest.objects.filter(owner=member).update(owner=nobody)
    ContactRequest.objects.filter(finder=member).update(finder=nobody, contact_value="", decline_reason="")
    Item.objects.filter(reporter=member).update(
        reporter=nobody,
        description="",
        search_text="",
        contact_value="",
        hidden_marks="",
        proof_question="",
        form_key=None,
    )
    Export.objects.filter(_in_addresses(member)).update(filters="")
    IdempotencyKey.objects.filter(user__username__iexact=member).delete()
    forgetting.forget_member(member, nobody)
    return messages


def _held(member: str) -> list[ContactRequest]:
    """Their requests, locked in the order of design.md: items, then requests; whoever holds one may want its card."""
    items = Item.objects.select_for_update(no_key=True).filter(reporter=member).order_by("pk")
    list(items.values_list("pk", flat=True))
    return list(_requests(member).select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _end_deliveries(member: str, by: str) -> None:
    """No contact is sent to them any more; one that was tried may have arrived. The finders' cards say that it is over,
    their numbers go.
    """
    mine = ContactRequest.objects.filter(owner=member)
    for request in mine.filter(delivery__in=(Delivery.OWED, Delivery.UNSURE)):
        give_up_contact(request, actor=by)
    mine.filter(delivery__in=(Delivery.UNSURE, Delivery.FAILED)).update(contact_value="")


def _forget_message(member: str) -> None:
    """What they wrote to the finders; it stands in the cards too. On the phones it stays."""
    for card in Card.objects.filter(request__owner=member):
        if card.payload.pop("quote_area", None):
            card.save(update_fields=["payload"])
    ContactRequest.objects.filter(owner=member).update(message="")


def _forget_endings(member: str, nobody: str) -> None:
    """Who moved, gave, got, or disposed of things, and took lists of them out."""
    got = Q(request__owner=member) | Q(signature__in=(member, *members.named([member]).values()))
    HandOver.objects.filter(got).update(signature="", proof="")
    named = ((Move, "by"), (HandOver, "by"), (Disposal, "proposed_by"), (Disposal, "decided_by"), (Export, "by"))
    for rows, name in named:
        rows._default_manager.filter(**{f"{name}__iexact": member}).update(**{name: nobody})


def _in_addresses(member: str) -> Q:
    """Exports of a list that was searched for them, by UserID or name; kept as the address had it."""
    found = Q()
    for name in {member, *members.named([member]).values()}:
        found |= Q(filters__icontains=name) | Q(filters__icontains=quote_plus(name))
    return found


def _forget_reasons(requests: Iterable[ContactRequest]) -> None:
    """What administrators typed about these requests may name anybody, and so may what WeCom said of a message."""
    told = Q(data__has_key="reason") | (Q(data__has_key="why") & ~Q(event=Happened.EXPIRED))
    for entry in TimelineEntry.objects.filter(told, request__in=requests):
        entry.data = {name: value for name, value in entry.data.items() if name not in ("reason", "why")}
        entry.save(update_fields=["data"])


def _forget_words(member: str) -> None:
    """What somebody called a thing may name them: it is called by its category from now on, in the admin's history by
    its number.
    """
    numbers = [str(pk) for pk in Item.objects.filter(reporter=member).values_list("pk", flat=True)]
    known = LogEntry.objects.filter(content_type__app_label="lostfound", content_type__model="item")
    known.filter(object_id__in=numbers).update(object_repr=Concat(Value("#"), "object_id", output_field=CharField()))
    with translation.override(settings.LANGUAGE_CODE):
        for category in Category:
            items = Item.objects.filter(reporter=member, category=category)
            ContactRequest.objects.filter(item__in=items).update(item_title=str(category.label))
            items.update(title=str(category.label))
