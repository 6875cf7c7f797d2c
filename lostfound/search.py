"""Decisions: the lists that members look through. Nothing here changes a row.

    page = search.look(kind="found", words="黑色雨伞", category="umbrella", days=7, after="")

An exact search wants each word, in any order. Where it finds nothing, the newest items are ranked by how much of the
words they share: misspelt, abridged or turned round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import add

from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone
from rapidfuzz import fuzz

from . import wording
from .models import Item
from .states import ItemState

PAGE = 20
FORGIVING_AMONG = 15_000  # the newest open items
CANDIDATES = 100
MOST_GRAMS = 8
ALIKE, ALIKE_OF_TWO = 40.0, 25.0  # of 100: a quarter of the pieces is shared; of two signs, one
NEWEST_FIRST = ("-happened_at", "-id")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `more`: where the next one starts, empty at the end; `alike`: nothing fits exactly."""

    items: list[Item]
    more: str = ""
    alike: bool = False


def look(*, kind: str, words: str = "", category: str = "", days: int = 0, after: str = "", page: int = PAGE) -> Page:
    """Open items, newest first, each with its photos.

    words     what somebody typed; every word must be there
    days      only what happened within so many days; 0 for all
    after     `more` of the page before; anything else starts at the beginning
    """
    rows = Item.objects.filter(kind=kind, state=ItemState.OPEN)
    if category:
        rows = rows.filter(category=category)
    if days:
        rows = rows.filter(happened_at__gte=timezone.now() - timedelta(days=days))
    wanted = wording.query_words(words)
    found = rows.filter(*(Q(search_text__contains=word) for word in wanted))
    keys = list(_after(found, after).order_by(*NEWEST_FIRST).values_list("happened_at", "pk")[: page + 1])
    if keys or not wanted or after:
        return Page(_in_order([pk for _, pk in keys[:page]]), more=_mark(keys[page - 1]) if len(keys) > page else "")
    return Page(_in_order(_alike(rows, wanted)[:page]), alike=True)


def sharing(rows: "QuerySet[Item]", wanted: Sequence[str]) -> "QuerySet[Item]":
    """Of the newest of these rows those that share pieces of the words, first those that share most."""
    grams = wording.pieces(wanted)[:MOST_GRAMS]
    if not grams:
        return rows.none()
    newest = rows.order_by(*NEWEST_FIRST)
    oldest = newest.values_list("happened_at", flat=True)[FORGIVING_AMONG : FORGIVING_AMONG + 1].first()
    if oldest:
        newest = newest.filter(happened_at__gte=oldest)
    shared = reduce(add, (Case(When(search_text__contains=gram, then=1), default=0) for gram in grams))
    return newest.annotate(shared=shared).filter(shared__gt=0).order_by("-shared", *NEWEST_FIRST)


def _after(rows: "QuerySet[Item]", after: str) -> "QuerySet[Item]":
    """What comes after that mark: moment and number of the last one shown, so that nothing is shown twice."""
    try:
        moment, number = after.split("_")
        last, pk = datetime.fromisoformat(moment), int(number)
        if last.tzinfo is None or not 0 < pk < 2**63:
            return rows
        last = last.astimezone(UTC)
    except (ValueError, OverflowError):
        return rows
    return rows.filter(happened_at__lte=last).exclude(happened_at=last, pk__gte=pk)


def _mark(key: tuple[datetime, int]) -> str:
    return f"{key[0].isoformat()}_{key[1]}"


def _in_order(pks: Sequence[int]) -> list[Item]:
    found = Item.objects.prefetch_related("photos").in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


def _alike(rows: "QuerySet[Item]", wanted: list[str]) -> list[int]:
    """Numbers of the items that share enough with the words, the best first.

    rapidfuzz compares what stands between blanks, which Chinese has not: so it gets pieces of one and two signs.
    """
    texts = dict(sharing(rows, wanted).values_list("pk", "search_text")[:CANDIDATES])
    query = " ".join(wording.pieces(wanted, all_signs=True))
    scores = {
        pk: fuzz.token_set_ratio(query, " ".join(wording.pieces(text.split(), all_signs=True)))
        for pk, text in texts.items()
    }
    enough = ALIKE_OF_TWO if len("".join(wanted)) < 3 else ALIKE
    return sorted((pk for pk, score in scores.items() if score >= enough), key=lambda pk: -scores[pk])
