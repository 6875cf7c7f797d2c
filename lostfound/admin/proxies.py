"""Door: the outbox seen in two lists, the updates of cards and everything else."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from wecom.models import Outgoing

UPDATES = ("lostfound.update_card", "lostfound.recall_card")


class CardUpdate(Outgoing):
    """An effect that changes what a card on a finder's phone shows."""

    class Meta:
        proxy = True
        app_label = "lostfound"
        verbose_name = _("card update")
        verbose_name_plural = _("card updates")


def is_update(row: Outgoing) -> bool:
    return row.kind in UPDATES


def only_updates(rows: "QuerySet[Outgoing]") -> "QuerySet[Outgoing]":
    return rows.filter(kind__in=UPDATES)


def without_updates(rows: "QuerySet[Outgoing]") -> "QuerySet[Outgoing]":
    return rows.exclude(kind__in=UPDATES)
