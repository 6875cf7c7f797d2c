"""Door: the kinds of effects in words."""

from django.utils.translation import gettext_lazy as _

from wecom.outbox import Outgoing

KINDS = {
    "lostfound.send_card": _("question card"),
    "lostfound.deliver_contact": _("contact to the owner"),
    "lostfound.update_card": _("final text of a card"),
    "lostfound.recall_card": _("recall of a card"),
    "lostfound.tell": _("short message"),
    "lostfound.suggest": _("likely found things"),
}


def kind_words(row: Outgoing) -> str:
    return str(KINDS.get(row.kind, row.kind))


def request_id_of(row: Outgoing) -> str:
    """The key of the contact request this effect belongs to; empty where it belongs to none."""
    name, _colon, key = row.topic.partition(":")
    return key if name == "request" and key.isdigit() else ""
