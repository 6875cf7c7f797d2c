"""Door: what the command palette finds: items, requests, people, cards, callbacks, and what an errcode means.

Every look-up is by an index or among few rows: the palette asks at every pause of the typing.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from lostfound import wording
from lostfound.models import Card, ContactRequest, Item
from wecom.admin.labels import errcode_words
from wecom.models import Callback, Member, Outgoing

MOST = 5  # of each sort
LARGEST_KEY = 2**63 - 1

Found = Iterator[SearchResult]


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """UNFOLD["COMMAND"]: the best of each sort that this person may see; unfold gives the term in small letters."""
    term = term.replace("\0", "").strip()
    return [
        result
        for label, look in _LOOKS
        if any(request.user.has_perm(label.replace(".", f".{right}_")) for right in ("view", "change"))
        for result in look(term)
    ]


def _number(term: str) -> int | None:
    """#12 and 12 are the number of a row."""
    digits = term.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and 0 < int(digits) <= LARGEST_KEY else None


def _items(term: str) -> Found:
    words = wording.query_words(term)
    by_number = Q(pk=_number(term) or 0)
    rows = Item.objects.order_by("-pk")
    found = {row.pk: row for row in rows.filter(by_number)}
    if words:
        by_words = rows.filter(*(Q(search_text__contains=word) for word in words))
        found |= {row.pk: row for row in by_words[:MOST]}
    for row in found.values():
        told = " · ".join(
            str(word) for word in (row.get_kind_display(), row.get_state_display(), row.place) if str(word)
        )
        yield _result(f"#{row.pk} {row.title}", told, "lostfound.item", row.pk, "inventory_2")


def _requests(term: str) -> Found:
    row = ContactRequest.objects.filter(pk=_number(term) or 0).first()
    if row:
        told = f"{_('contact request')} · {row.get_state_display()}"
        yield _result(f"#{row.pk} {row.item_title}", told, "lostfound.contactrequest", row.pk, "handshake")


def _people(term: str) -> Found:
    """Members by name or UserID: each leads to what concerns them.

    Whom WeCom has not told us of yet is found by the whole UserID, if there is a request.
    """
    known = Member.objects.filter(Q(name__icontains=term) | Q(userid__istartswith=term)).order_by("userid")
    people = {str(row.userid): str(row.name) for row in known[:MOST]}
    if _requests_of(term).exists():
        people.setdefault(term.lower(), "")
    for userid, name in people.items():
        number = _requests_of(userid).count()
        told = _("%(count)s contact requests") % {"count": number}
        yield _results_of("lostfound.contactrequest", userid, f"{name or userid} ({userid})", told, "person")


def _requests_of(userid: str) -> "QuerySet[ContactRequest]":
    return ContactRequest.objects.filter(Q(owner=userid) | Q(finder=userid))


def _cards(term: str) -> Found:
    """By task_id or its beginning, and by WeCom's msgid."""
    if len(term) < 4:
        return
    cards = Card.objects.defer("payload").filter(Q(task_id__startswith=term) | Q(msgid__iexact=term)).order_by("-pk")
    for card in cards[:MOST]:
        yield _result(card.task_id, f"{_('card')} · {card.get_state_display()}", "lostfound.card", card.pk, "sms")


def _callbacks(term: str) -> Found:
    """By task_id and by the MsgId of a message."""
    if len(term) < 4:
        return
    rows = Callback.objects.filter(Callback.HAS_TASK, task_id=term) | (
        Callback.objects.filter(msg_id=term).exclude(msg_id="")
    )
    for row in rows.order_by("-pk")[:MOST]:
        told = f"{_('callback')} · {row.get_state_display()} · {row.userid}"
        yield _result(f"#{row.pk} {row.event}", told, "wecom.callback", row.pk, "inbox")


def _errcodes(term: str) -> Found:
    """An errcode leads to the messages that WeCom last answered with it."""
    if not term.removeprefix("-").isdecimal() or len(term) > 9 or not term.isascii():
        return
    code = int(term)
    number = Outgoing.objects.filter(last_errcode=code).count()
    if number:
        meaning, _remedy = errcode_words(code)
        told = _("%(count)s messages") % {"count": number}
        yield _results_of("wecom.outgoing", term, f"errcode {code}: {meaning}", told, "error")


_LOOKS: tuple[tuple[str, Callable[[str], Found]], ...] = (
    ("lostfound.item", _items),
    ("lostfound.contactrequest", _requests),
    ("lostfound.contactrequest", _people),
    ("lostfound.card", _cards),
    ("wecom.callback", _callbacks),
    ("wecom.outgoing", _errcodes),
)


def _result(title: str, told: str, label: str, key: Any, icon: str) -> SearchResult:
    address = reverse(f"admin:{label.replace('.', '_')}_change", args=[key])
    return SearchResult(title=title, description=told, link=address, icon=icon)


def _results_of(label: str, term: str, title: str, told: str, icon: str) -> SearchResult:
    """A list that is searched for the same."""
    address = reverse(f"admin:{label.replace('.', '_')}_changelist")
    return SearchResult(title=title, description=told, link=f"{address}?{urlencode({'q': term})}", icon=icon)
