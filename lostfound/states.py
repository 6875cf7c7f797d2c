"""Facts: the states that things and requests go through, and which steps are possible.

request   pending ─► accepted | declined | expired | withdrawn        one filtered UPDATE, one winner
          accepted ─► declined | withdrawn                            only until the contact's send has begun

delivery  none ─► owed ─► delivered | unsure | failed                 the contact on its way to the owner
          unsure, failed ─► owed                                      a person retried

The states of cards and codes are wecom's: see wecom.models.cards.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

NOBODY = "erased-"  # begins the name that a forgotten member has


class ItemKind(TextChoices):
    FOUND = "found", _("found")
    LOST = "lost", _("lost")


class ItemState(TextChoices):
    OPEN = "open", _("open")
    RETURNED = "returned", _("returned")
    CLOSED = "closed", _("closed")


class Category(TextChoices):
    CARD = "card", _("card or badge")
    PHONE = "phone", _("mobile phone")
    ELECTRONICS = "electronics", _("electronics")
    KEYS = "keys", _("keys")
    WALLET = "wallet", _("wallet")
    BAG = "bag", _("bag")
    UMBRELLA = "umbrella", _("umbrella")
    CLOTHING = "clothing", _("clothing")
    BOOK = "book", _("book or paper")
    OTHER = "other", _("other")


# What shows a name or a number is described in words; a picture of it would be seen by everybody.
WITHOUT_PHOTOS = frozenset({Category.CARD})


class Channel(TextChoices):
    """How the owner is to reach the finder; the finder's own choice."""

    WECOM = "wecom", _("WeCom chat")
    PHONE = "phone", _("phone")
    DESK = "desk", _("pick up at the desk")


class Custody(TextChoices):
    """Who keeps a found thing."""

    FINDER = "finder", _("with the finder")
    DESK = "desk", _("at the desk")


class DisposalState(TextChoices):
    """One person proposes where a thing goes that nobody came for; another decides."""

    PROPOSED = "proposed", _("proposed")
    DONE = "done", _("done")
    DROPPED = "dropped", _("dropped")


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


class Final(TextChoices):
    """Why a card got its final text. `card_content` holds the words the finder reads."""

    DELIVERED = "delivered", _("contact delivered")
    FAILED = "failed", _("contact could not be delivered")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REPLACED = "replaced", _("replaced by a new card")
    OVER = "over", _("over, without a claim")


class Happened(TextChoices):
    """What a timeline entry records. One entry a transition; the list is closed."""

    ASKED = "asked", _("asked for the contact")
    CARD_SENT = "card_sent", _("card sent")
    CARD_INFERRED = "card_inferred", _("card had arrived")
    CARD_UNDELIVERED = "card_undelivered", _("card not delivered")
    CARD_UNSURE = "card_unsure", _("card perhaps delivered")
    CARD_CANCELLED = "card_cancelled", _("card not sent any more")
    RESENT = "resent", _("card sent again")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LATE_TAP = "late_tap", _("late tap")
    WRONG_ACTOR = "wrong_actor", _("tap of somebody else")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("consent withdrawn")
    CONTACT_DELIVERED = "contact_delivered", _("contact delivered")
    CONTACT_UNSURE = "contact_unsure", _("contact perhaps delivered")
    CONTACT_FAILED = "contact_failed", _("contact not delivered")
    CLOSING = "closing", _("final text owed")
    CARD_UPDATED = "card_updated", _("card shows its final text")
    UPDATE_INFERRED = "update_inferred", _("card had got its final text")
    CODE_REFUSED = "code_refused", _("response code refused")
    CARD_STUCK = "card_stuck", _("final text not shown")
    RECALLING = "recalling", _("the card is being taken back")
    CARD_RECALLED = "card_recalled", _("card taken back")
    RECALL_FAILED = "recall_failed", _("card not taken back")
    TOLD = "told", _("message sent")
    NOT_TOLD = "not_told", _("message not sent")
    RETRIED = "retried", _("retried")
    REPLAYED = "replayed", _("callback handled again")
    SETTLED = "settled", _("settled by hand")
    REVEALED = "revealed", _("contact shown to an administrator")
    ERASED = "erased", _("a member was forgotten")
