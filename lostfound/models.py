"""Plumbing: the tables of the lost and found. Only lostfound.services changes a state."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wecom.fields import EncryptedTextField, UserIdField
from wecom.sent_cards import ResponseCode as AnyResponseCode
from wecom.sent_cards import SentCard

from .fields import SEARCHED, SearchTextField
from .states import (
    NOBODY,
    Category,
    Channel,
    Custody,
    Delivery,
    DisposalState,
    Final,
    Happened,
    ItemKind,
    ItemState,
    RequestState,
)


class Item(models.Model):
    """One lost or found thing."""

    kind = models.CharField(_("kind"), max_length=8, choices=ItemKind.choices)
    title = models.CharField(_("title"), max_length=60)
    description = models.TextField(_("description"), max_length=1000, blank=True)
    category = models.CharField(_("category"), max_length=16, choices=Category.choices, default=Category.OTHER)
    place = models.CharField(_("place"), max_length=100, blank=True)
    happened_at = models.DateTimeField(_("lost or found at"), default=timezone.now)
    reporter = UserIdField(_("reporter"), help_text=_("WeCom UserID; of a found thing this is the finder."))
    contact_channel = models.CharField(_("contact by"), max_length=8, choices=Channel.choices, default=Channel.WECOM)
    contact_value = EncryptedTextField(
        _("contact"), blank=True, help_text=_("The phone number, or where to pick it up. Empty for WeCom chat.")
    )
    state = models.CharField(_("state"), max_length=16, choices=ItemState.choices, default=ItemState.OPEN)
    created_at = models.DateTimeField(_("reported"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    hidden_marks = EncryptedTextField(
        _("hidden marks"),
        blank=True,
        help_text=_("What only the owner can know. The desk sees it, and nobody else."),
    )
    proof_question = models.CharField(
        _("question to the owner"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("What only the owner can answer; the finder reads the answer before they decide."),
    )
    # Of a found thing; each change of the three is a Move.
    custody = models.CharField(
        _("kept"), max_length=8, choices=Custody.choices, default=Custody.FINDER, db_default=Custody.FINDER.value
    )
    shelf = models.CharField(_("shelf"), max_length=20, blank=True, db_default="")
    box = models.CharField(_("box"), max_length=20, blank=True, db_default="")
    search_text = SearchTextField(_("searched words"))
    matched_at = models.DateTimeField(null=True, editable=False)  # when owners were looked for; of found things
    # Made with the form it was typed into: the same form sent twice is one item.
    form_key = models.CharField(_("form"), max_length=32, unique=True, null=True, editable=False)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["-id"]
        indexes = [
            # Holds the searched words too: whoever looks for them reads the index alone, in the order of the list.
            models.Index(
                fields=["kind", "state", "-happened_at", "-id", "category", "search_text"], name="lostfound_item_search"
            ),
            models.Index(fields=["reporter", "-id"], name="lostfound_item_reporter"),
            models.Index(
                fields=["id"],
                name="lostfound_item_unmatched",
                condition=Q(kind=ItemKind.FOUND, state=ItemState.OPEN, matched_at=None),
            ),
            # For the statistics: each holds all that is counted.
            models.Index(fields=["kind", "category", "state", "-closed_at"], name="lostfound_item_category"),
            models.Index(fields=["kind", "place", "state", "-closed_at"], name="lostfound_item_place"),
            models.Index(fields=["closed_at"], name="lostfound_item_closed", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        """Without its title: the admin's history keeps this text."""
        return f"#{self.pk}"

    def save(self, **options: Any) -> None:
        """The searched words are saved with the words they are made of."""
        named = options.get("update_fields")
        if named is not None and SEARCHED & set(named):
            options["update_fields"] = {*named, "search_text"}
        super().save(**options)


class Move(models.Model):
    """Where a found thing was put, by whom and when."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="moves", verbose_name=_("item"))
    custody = models.CharField(_("kept"), max_length=8, choices=Custody.choices)
    shelf = models.CharField(_("shelf"), max_length=20, blank=True)
    box = models.CharField(_("box"), max_length=20, blank=True)
    by = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.custody}"


class HandOver(models.Model):
    """A thing left the desk with its owner.

    request    the one whose pick-up code was shown; none where the owner proved it in another way, told in `proof`
    signature  the name that the receiver gave
    """

    item = models.OneToOneField(Item, models.CASCADE, related_name="hand_over", verbose_name=_("item"))
    request = models.ForeignKey(
        "ContactRequest", models.SET_NULL, null=True, related_name="+", verbose_name=_("contact request")
    )
    signature = models.CharField(_("signature"), max_length=60, blank=True)
    proof = models.CharField(_("proof"), max_length=200, blank=True)
    by = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")

    def __str__(self) -> str:
        return f"#{self.item_id}"


class Disposal(models.Model):
    """Where a thing is to go that nobody came for: one person says it, a second one agrees or drops it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="disposals", verbose_name=_("item"))
    destination = models.CharField(_("destination"), max_length=200)
    state = models.CharField(_("state"), max_length=16, choices=DisposalState.choices, default=DisposalState.PROPOSED)
    proposed_by = models.CharField(_("proposed by"), max_length=150)
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("disposal")
        verbose_name_plural = _("disposals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=~Q(state=DisposalState.DROPPED), name="lostfound_one_disposal"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.state}"


class Match(models.Model):
    """A found thing that may be a lost one; told_in: the outgoing message by which its owner was told."""

    lost = models.ForeignKey(Item, models.CASCADE, related_name="+", verbose_name=_("lost item"))
    found = models.ForeignKey(Item, models.CASCADE, related_name="+", verbose_name=_("found item"))
    score = models.PositiveSmallIntegerField(_("score"))
    told_in = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [models.UniqueConstraint(fields=["lost", "found"], name="lostfound_match_once")]

    def __str__(self) -> str:
        return f"{self.lost_id} ← {self.found_id}"


class Preference(models.Model):
    """What a member has chosen about messages that nobody asked for."""

    userid = UserIdField(_("member"), unique=True)
    wants_matches = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"#{self.pk}"


class Photo(models.Model):
    """One picture of an item, kept in two sizes. Until its form is sent it belongs to no item, and is its sender's.

    key  random: part of the address and of the names of the files
    """

    key = models.CharField(_("key"), max_length=32, unique=True)
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="photos", verbose_name=_("item"))
    sent_by = UserIdField(_("sent by"))
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    created_at = models.DateTimeField(_("sent"), default=timezone.now)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["sent_by", "created_at"], name="lostfound_photo_pace"),
            models.Index(fields=["created_at"], condition=Q(item=None), name="lostfound_photo_loose"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ContactRequest(models.Model):
    """One owner asking for one finder's contact."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="requests", verbose_name=_("item"))
    owner = UserIdField(_("owner"), db_index=True)
    finder = UserIdField(_("finder"), db_index=True)
    # As it was called when it was asked for: what is sent twice must be the same to the byte.
    item_title = models.CharField(_("title"), max_length=60)
    message = models.CharField(_("message to the finder"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=RequestState.choices, default=RequestState.PENDING)
    delivery = models.CharField(_("contact"), max_length=16, choices=Delivery.choices, default=Delivery.NONE)
    # What the finder agreed to, taken down at the moment of agreeing: a repeat must be byte-identical.
    contact_channel = models.CharField(_("contact by"), max_length=8, choices=Channel.choices, blank=True)
    contact_value = EncryptedTextField(_("contact"), blank=True)
    decline_reason = models.CharField(_("finder's reason"), max_length=100, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("contact delivered"), null=True, blank=True)
    consent_withdrawn_at = models.DateTimeField(
        _("consent withdrawn"),
        null=True,
        blank=True,
        help_text=_("The finder declined after the contact's send had begun: it is not sent again."),
    )

    class Meta:
        verbose_name = _("contact request")
        verbose_name_plural = _("contact requests")
        ordering = ["-id"]
        permissions = [("reveal_contact", "Can see a contact, with a reason that is recorded")]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "owner"],
                condition=Q(state=RequestState.PENDING),
                name="lostfound_one_open_request",
            )
        ]
        indexes = [
            models.Index(fields=["created_at", "state"], name="lostfound_request_day"),
            models.Index(
                fields=["delivered_at"], name="lostfound_request_delivered", condition=Q(delivered_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def owner_is_erased(self) -> bool:
        return str(self.owner).startswith(NOBODY)

    @property
    def finder_is_erased(self) -> bool:
        return str(self.finder).startswith(NOBODY)


class Card(SentCard):
    """One card sent to the finder in one round of a request: wecom's card, and whose it is."""

    sent_card = models.OneToOneField(
        SentCard, models.CASCADE, parent_link=True, primary_key=True, related_name="lostfound_card"
    )
    request = models.ForeignKey(ContactRequest, models.CASCADE, related_name="cards", verbose_name=_("contact request"))
    round = models.PositiveIntegerField(_("round"), default=1)
    final = models.CharField(_("final text because"), max_length=16, choices=Final.choices, blank=True)

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        ordering = ["-sent_card"]
        constraints = [models.UniqueConstraint(fields=["request", "round"], name="lostfound_card_round")]

    @property
    def recipient(self) -> str:
        """The UserID of the finder whom it was sent to."""
        return str(next(iter(self.recipients.get("users", ())), ""))


class ResponseCode(AnyResponseCode):
    """One code of a card, as the desk sees it."""

    class Meta:
        proxy = True
        verbose_name = _("response code")
        verbose_name_plural = _("response codes")


class TimelineEntry(models.Model):
    """One thing that happened to a request; written in the transaction of what it records, never changed."""

    request = models.ForeignKey(
        ContactRequest, models.CASCADE, related_name="timeline", verbose_name=_("contact request")
    )
    event = models.CharField(_("event"), max_length=32, choices=Happened.choices)
    actor = models.CharField(
        _("actor"), max_length=150, help_text=_("A UserID, the name of an administrator, or what ran by itself.")
    )
    cause = models.CharField(_("cause"), max_length=190, blank=True)
    data = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.event}"


class IdempotencyKey(models.Model):
    """A call of the API that took effect, by the key its caller gave it, for a day."""

    KEPT = timedelta(hours=24)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.UUIDField()
    call = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="lostfound_one_call_per_key")]

    def __str__(self) -> str:
        return str(self.key)


class Export(models.Model):
    """One file of rows that somebody took out of the admin; written before the first row left."""

    class Form(models.TextChoices):
        CSV = "csv", "CSV"
        EXCEL = "xlsx", "Excel"

    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.CharField(_("by"), max_length=150)
    what = models.CharField(_("list"), max_length=64)
    form = models.CharField(_("file format"), max_length=8, choices=Form.choices)
    rows = models.PositiveIntegerField(_("rows"))
    filters = models.CharField(_("filters"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.what}"
