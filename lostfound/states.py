"""Facts: the states that things, requests, cards and codes go through, and which steps are possible.

    request   pending ─► accepted | declined | expired | withdrawn        one filtered UPDATE, one winner
              accepted ─► declined | withdrawn                            only until the contact's send has begun

    delivery  none ─► owed ─► delivered | unsure | failed                 the contact on its way to the owner
              unsure, failed ─► owed                                      a person retried

    card      owed ─► shown ─► closing ─► closed | stuck                  what the finder's phone shows
              owed ─► undelivered | cancelled;   stuck ─► closing         a person retried

    code      live ─► reserved ─► spent | refused;   live ─► expired      pays for one change of a card
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ItemKind(TextChoices):
    FOUND = "found", _("found")
    LOST = "lost", _("lost")


class ItemState(TextChoices):
    OPEN = "open", _("open")
    RETURNED = "returned", _("returned")
    CLOSED = "closed", _("closed")


class Category(TextChoices):
    CARD = "card", _("card or badge")
    PHONE = "phone", _("phone")
    ELECTRONICS = "electronics", _("electronics")
    KEYS = "keys", _("keys")
    WALLET = "wallet", _("wallet")
    BAG = "bag", _("bag")
    UMBRELLA = "umbrella", _("umbrella")
    CLOTHING = "clothing", _("clothing")
    BOOK = "book", _("book or paper")
    OTHER = "other", _("other")


class Channel(TextChoices):
    """How the owner is to reach the finder; the finder's own choice."""

    WECOM = "wecom", _("WeCom chat")
    PHONE = "phone", _("phone")
    DESK = "desk", _("pick up at the desk")


class RequestState(TextChoices):
    PENDING = "pending", _("pending")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Delivery(TextChoices):
    """Where the finder's contact is on its way to the owner."""

    NONE = "none", _("not owed")
    OWED = "owed", _("on its way")
    DELIVERED = "delivered", _("delivered")
    UNSURE = "unsure", _("unsure")
    FAILED = "failed", _("failed")


class CardState(TextChoices):
    OWED = "owed", _("to be sent")
    SHOWN = "shown", _("shown")
    CLOSING = "closing", _("final text owed")
    CLOSED = "closed", _("closed")
    STUCK = "stuck", _("final text not shown")
    UNDELIVERED = "undelivered", _("not delivered")
    CANCELLED = "cancelled", _("never sent")


class CodeState(TextChoices):
    LIVE = "live", _("live")
    RESERVED = "reserved", _("reserved")
    SPENT = "spent", _("spent")
    REFUSED = "refused", _("refused")
    EXPIRED = "expired", _("expired")


class CodeSource(TextChoices):
    SEND = "send", _("from the send")
    TAP = "tap", _("from a tap")


class Final(TextChoices):
    """Why a card got its final text. `card_content` holds the words the finder reads."""

    DELIVERED = "delivered", _("contact delivered")
    FAILED = "failed", _("contact could not be delivered")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REPLACED = "replaced", _("replaced by a new card")
