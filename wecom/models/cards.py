"""Plumbing: the tables of cards as a service. Only wecom.sent_cards changes a state in them.

card      owed ─► shown ─► closing ─► closed | stuck       what stands on the phones
          owed ─► undelivered | unsure | cancelled
          stuck ─► closing                                 a fresh code came, or a person retried
          shown, closing, stuck ─► recalled                taken back
          undelivered, unsure ─► shown                     a tap proves that it had arrived
          undelivered, unsure ─► owed                      a person retried

change    owed ─► shown | given_up;   owed ─► replaced     one content, fixed when it is owed

code      live ─► reserved ─► spent | refused;   live ─► expired      pays for one change of a card
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wecom import cards
from wecom.fields import EncryptedTextField, UserIdField

NAME = 128  # characters of a key or a task_id


class SentCard(models.Model):
    """One template card that we sent, or are about to send, and what it shows. An app may extend it by inheritance.

    recipients  {"users": [...], "parties": [...], "tags": [...]}; users in lower case, or ["@all"]
    payload     the `template_card` as sent; what it shows now is `shows`
    is_final    its last content is fixed: nothing else may follow
    """

    class State(models.TextChoices):
        """Where a card stands; `wecom.sent_cards` draws the ways between."""

        OWED = "owed", _("to be sent")
        SHOWN = "shown", _("shown")
        CLOSING = "closing", _("final text owed")
        CLOSED = "closed", _("closed")
        STUCK = "stuck", _("final text not shown")
        UNDELIVERED = "undelivered", _("not delivered")
        UNSURE = "unsure", _("perhaps delivered")
        CANCELLED = "cancelled", _("never sent")
        RECALLED = "recalled", _("taken back")

    app = models.CharField(_("app"), max_length=32, default="default")
    task_id = models.CharField(_("task id"), max_length=NAME)
    key = models.CharField(
        _("key"), max_length=NAME, help_text=_("Our own name for it; the task id where none was given.")
    )
    follower = models.CharField(
        _("follower"), max_length=32, blank=True, help_text=_("Whose card it is: who hears of what becomes of it.")
    )
    topic = models.CharField(_("topic"), max_length=64, blank=True)
    recipients = models.JSONField(_("recipients"), default=dict)
    unreached = models.JSONField(
        _("not reached"), default=list, blank=True, help_text=_("Recipients whom WeCom named as unreachable.")
    )
    payload = models.JSONField(_("card as sent"), default=dict)
    msgid = models.CharField(_("msgid"), max_length=190, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OWED)
    shows = models.CharField(
        _("shows"), max_length=60, blank=True, help_text=_("What stands on the buttons now, as far as we know.")
    )
    is_final = models.BooleanField(_("last content fixed"), default=False)
    recall_wanted = models.BooleanField(_("to be taken back"), default=False)
    # An instant answer is on its way to the phone: an update before this moment could be covered by it.
    quiet_until = models.DateTimeField(_("no update before"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    expired_content = models.JSONField(_("content once expired"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("sent card")
        verbose_name_plural = _("sent cards")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["app", "task_id"], name="wecom_card_task"),
            models.UniqueConstraint(fields=["app", "key"], name="wecom_card_key"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="wecom_card_expires", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.key or self.task_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = self.key or self.task_id
        super().save(*args, **kwargs)

    @property
    def is_forgotten(self) -> bool:
        """Whether it was erased with its member: it is still on their phone, and nothing of it is known here."""
        return not self.payload

    @property
    def card(self) -> cards.Card:
        """The card as it was sent. Raises CardInvalid where the row holds none."""
        return cards.Card.from_payload(self.payload)


class ResponseCode(models.Model):
    """One code of a card: pays for one change of what the card shows."""

    class State(models.TextChoices):
        """Whether a code can still pay for a change."""

        LIVE = "live", _("live")
        RESERVED = "reserved", _("reserved")
        SPENT = "spent", _("spent")
        REFUSED = "refused", _("refused")
        EXPIRED = "expired", _("expired")

    class Source(models.TextChoices):
        SEND = "send", _("from the send")
        TAP = "tap", _("from a tap")

    card = models.ForeignKey(SentCard, models.CASCADE, related_name="codes", verbose_name=_("card"))
    app = models.CharField(_("app"), max_length=32, default="default")
    code = EncryptedTextField(_("code"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    userid = UserIdField(_("member"), blank=True)
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("expires"), help_text=_("Planned with the shorter lifetime."))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.LIVE)
    reserved_for = models.PositiveBigIntegerField(_("reserved for"), null=True, blank=True)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("response code")
        verbose_name_plural = _("response codes")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["app", "fingerprint"], name="wecom_code_once")]
        indexes = [
            models.Index(fields=["card", "state"], name="wecom_code_card"),
            models.Index(fields=["expires_at"], name="wecom_code_alive", condition=Q(state="live")),
        ]

    def __str__(self) -> str:
        return f"…{self.fingerprint[:6]}"


class CardChange(models.Model):
    """One change of what a card shows, owed or done; each spends one code.

    content  {"button": {...}} or {"template_card": {...}}; never changed, so that a repeat shows the same
    members  whose view it changes; empty: everybody who has the card
    final    nothing follows it
    rescue_text  what the members are told where the card cannot be changed any more
    """

    class State(models.TextChoices):
        OWED = "owed", _("owed")
        SHOWN = "shown", _("shown")
        GIVEN_UP = "given_up", _("given up")
        REPLACED = "replaced", _("replaced by a later one")

    card = models.ForeignKey(SentCard, models.CASCADE, related_name="changes", verbose_name=_("card"))
    content = models.JSONField(_("content"))
    shows = models.CharField(_("shows"), max_length=60, blank=True)
    members = models.JSONField(_("only for"), default=list, blank=True)
    final = models.BooleanField(_("final"), default=False)
    rescue_text = models.TextField(_("told instead"), blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OWED)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of a card")
        verbose_name_plural = _("changes of cards")
        ordering = ["id"]
        indexes = [models.Index(fields=["card", "state"], name="wecom_change_card")]

    def __str__(self) -> str:
        return self.shows or f"#{self.pk}"
