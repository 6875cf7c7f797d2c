"""Decisions: owners are told of found things that may be theirs: of what is new, once a day, if they want it.

    a found item ─► its matches, once ─► one message a day and member, with all that is new by then

A match that was told carries the number of the message that told it: the message sent again is the same.
"""

import logging
from datetime import datetime, time

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from lostfound import matching
from lostfound.models import Item, Match, Preference
from lostfound.states import ItemKind, ItemState
from wecom import outbox
from wecom.outbox import Outgoing

logger = logging.getLogger(__name__)

SUGGEST = "lostfound.suggest"
NOT_BEFORE = time(9)  # of the site's day: nobody is woken by it
AT_ONCE = 100  # items at one look
MOST_TOLD = 10


def match_found_items() -> int:
    """Look once for the owners of each new found item; how many items were looked at."""
    new = Item.objects.filter(kind=ItemKind.FOUND, state=ItemState.OPEN, matched_at=None).order_by("pk")
    items = list(new[:AT_ONCE])
    for item in items:
        try:
            _match(item)
        except Exception:  # one item must not keep the others from their owners
            logger.exception("no owner can be looked for: item=%s", item.pk)
    return len(items)


def owe_suggestions() -> int:
    """Owe today's message to every member for whom there is something new; how many were owed."""
    owners = untold().order_by().values_list("lost__reporter", flat=True).distinct()
    unwilling = set(Preference.objects.filter(wants_matches=False).values_list("userid", flat=True))
    return sum(_owe(member) for member in owners if member not in unwilling)


def untold() -> "QuerySet[Match]":
    """Matches that nobody was told of, both sides of which are still open."""
    return Match.objects.filter(told_in=None, lost__state=ItemState.OPEN, found__state=ItemState.OPEN)


def want_matches(*, member: str, wanted: bool) -> None:
    """Whether this member is told of found things that may be theirs."""
    Preference.objects.update_or_create(userid=member, defaults={"wants_matches": wanted})


def suggestion_to_send(row: Outgoing) -> tuple[str, list[Match]] | outbox.Nothing:
    """The member and the matches to tell of, the likeliest first; or why there is nothing to tell."""
    preference = Preference.objects.select_for_update(no_key=True).filter(pk=row.subject).first()
    if preference is None:
        return outbox.Nothing("the member was erased")
    told = Match.objects.filter(told_in=row.pk)
    if not outbox.is_in_doubt(row):
        told.update(told_in=None)
        if not preference.wants_matches:
            return outbox.Nothing("the member does not want to be told")
        new = untold().filter(lost__reporter=preference.userid).order_by("-score", "-pk")[:MOST_TOLD]
        Match.objects.filter(pk__in=[match.pk for match in new]).update(told_in=row.pk)
    matches = list(told.select_related("lost", "found").order_by("-score", "-pk"))
    return (str(preference.userid), matches) if matches else outbox.Nothing("nothing new was found")


def settle_suggestion(row: Outgoing, result: outbox.Result) -> None:
    """What may have been told stays told; what surely was not is told another day.

    Whoever could not be reached, though WeCom took the message, sees it on the page of their report.
    """
    if result.state not in (outbox.State.DONE, outbox.State.INFERRED) and not outbox.is_in_doubt(row):
        Match.objects.filter(told_in=row.pk).update(told_in=None)


def topic_of(preference: Preference) -> str:
    return f"member:{preference.pk}"


def _match(item: Item) -> None:
    likely = matching.lost_for(item)
    with transaction.atomic():
        if Item.objects.filter(pk=item.pk, matched_at=None).update(matched_at=timezone.now()):
            rows = [Match(lost=one.item, found=item, score=round(one.score)) for one in likely]
            Match.objects.bulk_create(rows, ignore_conflicts=True)


def _owe(member: str) -> bool:
    """False where today's message was owed before."""
    preference, _is_new = Preference.objects.get_or_create(userid=member)
    now = timezone.localtime()
    key = f"suggest:{preference.pk}:{now:%Y%m%d}"
    if Outgoing.objects.filter(effect_key=key).exists():
        return False
    morning = timezone.make_aware(datetime.combine(now.date(), NOT_BEFORE))
    with transaction.atomic():
        outbox.owe(
            SUGGEST,
            subject=preference.pk,
            effect_key=key,
            topic=topic_of(preference),
            due_at=max(now, morning),
        )
    return True
