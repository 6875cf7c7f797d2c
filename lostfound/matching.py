"""Decisions: which found things may be what somebody has lost, and why one thinks so. Nothing here changes a row.

    for likeness in matching.found_for(lost): likeness.item, likeness.score, likeness.reasons

Score, of 100: words up to 50, the same category 25, the same place 15, how soon after up to 10. Two categories that
both say something, and not the same, speak against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rapidfuzz import fuzz

from . import search, wording
from .fields import WORDS
from .models import Item
from .states import Category, ItemKind, ItemState

MOST = 5
ENOUGH = 55.0
MISTAKEN_BY = timedelta(days=1)  # nobody knows to the hour when they lost a thing
FOUND_WITHIN = timedelta(days=60)  # what is lost for longer is rarely found
SAME_PLACE = 80.0  # of 100
SOON = ((timedelta(days=1), 10.0), (timedelta(days=3), 6.0), (timedelta(days=7), 3.0))
MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Likeness:
    """`item` may be the other side of another report; `reasons` are in the reader's language, the strongest first."""

    item: Item
    score: float
    reasons: tuple[str, ...]


def found_for(lost: Item, *, most: int = MOST) -> list[Likeness]:
    """Open found things that may be this lost one, the likeliest first, each with its photos."""
    since, until = lost.happened_at - MISTAKEN_BY, lost.happened_at + FOUND_WITHIN
    rows = _open(ItemKind.FOUND).filter(happened_at__gte=since, happened_at__lt=until).exclude(reporter=lost.reporter)
    likely = (likeness(lost, found) for found in _candidates(rows, lost))
    return _best(likely, most)


def lost_for(found: Item, *, most: int = 50) -> list[Likeness]:
    """Open reports of lost things that this found one may be."""
    since, until = found.happened_at - FOUND_WITHIN, found.happened_at + MISTAKEN_BY
    rows = _open(ItemKind.LOST).filter(happened_at__gt=since, happened_at__lte=until).exclude(reporter=found.reporter)
    likely = (likeness(lost, found, shown=lost) for lost in _candidates(rows, found))
    return _best(likely, most)


def likeness(lost: Item, found: Item, *, shown: Item | None = None) -> Likeness:
    """How likely it is that both are one thing; `shown`: the one to be named, which is the found one otherwise."""
    score, reasons = 0.5 * _alike(lost, found), []
    if lost.category == found.category:
        if lost.category != Category.OTHER:
            score += 25
            reasons.append(_("same category"))
    elif Category.OTHER not in (lost.category, found.category):
        score -= 25
    if lost.place and found.place and fuzz.token_set_ratio(_signs(lost.place), _signs(found.place)) >= SAME_PLACE:
        score += 15
        reasons.append(_("same place"))
    if shared := _shared(lost, found):
        reasons.append(_("both say %(words)s") % {"words": _("、").join(shared)})
    apart = abs(found.happened_at - lost.happened_at)
    score += next((points for within, points in SOON if apart <= within), 0)
    reasons.append(_apart(apart))
    return Likeness(shown or found, score, tuple(reasons))


def _open(kind: ItemKind) -> "QuerySet[Item]":
    return Item.objects.filter(kind=kind, state=ItemState.OPEN)


def _candidates(rows: "QuerySet[Item]", like: Item) -> list[Item]:
    """Those that share words with it, its category's among them; a bounded number of bounded reads."""
    spoken, _english = WORDS.get(Category(like.category), ("", ""))
    wanted = wording.query_words(f"{spoken} {like.title}")
    keys = search.sharing(rows, wanted).values_list("pk", flat=True)[: search.CANDIDATES]
    return list(Item.objects.filter(pk__in=list(keys)))


def _best(likely: Iterator[Likeness], most: int) -> list[Likeness]:
    enough = [one for one in likely if one.score >= ENOUGH]
    best = sorted(enough, key=lambda one: (-one.score, -one.item.pk))[:most]
    prefetch_related_objects([one.item for one in best], "photos")
    return best


def _alike(one: Item, other: Item) -> float:
    """Of 100; what a thing is called counts more than what is said about it."""
    titles: float = fuzz.token_set_ratio(_signs(one.title), _signs(other.title))
    whole: float = fuzz.token_set_ratio(_signs(_all(one)), _signs(_all(other)))
    return max(titles, 0.9 * whole)


def _all(item: Item) -> str:
    return f"{item.title} {item.description}"


def _signs(text: str) -> str:
    return " ".join(wording.pieces(wording.folded(text).split(), all_signs=True))


def _shared(one: Item, other: Item) -> list[str]:
    """Words that both use, in the order of the first; a single sign says too little."""
    said: Any = set(wording.folded(_all(other), apart=" ").split())
    words = dict.fromkeys(wording.folded(_all(one), apart=" ").split())
    return [word for word in words if len(word) > 1 and word in said][:MOST_WORDS]


def _apart(time: timedelta) -> str:
    hours = round(time / timedelta(hours=1))
    if hours < 1:
        return _("within the hour")
    if hours < 48:
        return ngettext("%(count)d hour apart", "%(count)d hours apart", hours) % {"count": hours}
    days = round(hours / 24)
    return ngettext("%(count)d day apart", "%(count)d days apart", days) % {"count": days}
