"""Plumbing: the tables of the wire. What may change them stands in inbox, outbox, jobs, tokens and limits."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wecom import conf, events
from wecom.errors import PayloadMalformed
from wecom.fields import CannotOpen, EncryptedTextField, Literal


class Job(models.Model):
    """A row that is its own job: due at some moment, worked on under a lease, closed once.

    A row is open while its state is in OPEN. It may be claimed when it is open, due, and not under a living
    lease. Each claim raises `fence`; whoever writes later compares it, so a worker that was frozen past
    its lease can change nothing any more.
    """

    WAITING = "waiting"
    RUNNING = "running"
    OPEN = (WAITING, RUNNING)
    IS_OPEN = Q(
        state__in=[Literal(state) for state in (WAITING, RUNNING)]
    )  # as OPEN, for what is asked often: by the partial index

    state = models.CharField(_("state"), max_length=16, default=WAITING)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    leased_by = models.CharField(_("leased by"), max_length=100, blank=True)
    fence = models.PositiveIntegerField(_("fence"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    error = models.TextField(_("last error"), blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    settled = models.TextField(
        _("settled by"), blank=True, default="", db_default="", help_text=_("Who saw to it, and how.")
    )

    class Meta:
        abstract = True


class Callback(Job):
    """One callback as WeCom meant it, and the job of handling it."""

    class State(models.TextChoices):
        WAITING = Job.WAITING, _("waiting")
        RUNNING = Job.RUNNING, _("running")
        DONE = "done", _("done")
        IGNORED = "ignored", _("ignored")
        QUARANTINED = "quarantined", _("quarantined")
        POISON = "poison", _("poison")
        SETTLED = "settled", _("settled by hand")

    NEEDS_PERSON = (State.QUARANTINED, State.POISON)

    app = models.CharField(_("app"), max_length=32)
    event = models.CharField(
        _("event"), max_length=64, blank=True, help_text=_("The event's name, or the type of a message.")
    )
    event_key = models.CharField(_("event key"), max_length=128, blank=True, help_text=_("Cut at 128 characters."))
    userid = models.CharField(_("member"), max_length=64, blank=True)
    task_id = models.CharField(_("task id"), max_length=128, blank=True)
    msg_id = models.CharField(_("message id"), max_length=64, blank=True, default="")
    plaintext = EncryptedTextField(_("message"), blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    repeats = models.PositiveIntegerField(_("repeats"), default=0)
    instant_reply = models.BooleanField(_("answered at once"), default=False)
    answer_ms = models.PositiveIntegerField(
        _("answer ms"), default=0, help_text=_("Milliseconds from the request's arrival to this row.")
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    HAS_TASK = ~Q(task_id=Literal(""))  # goes with a search by task_id, for its partial index

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        ordering = ["-id"]
        indexes = [
            # In the order in which they are claimed: behind a backlog lie thousands that are done.
            models.Index(fields=["id"], name="wecom_callback_claims", condition=Q(state__in=Job.OPEN)),
            models.Index(fields=["task_id", "userid"], name="wecom_callback_task", condition=~Q(task_id="")),
            models.Index(
                fields=["state"], name="wecom_callback_needs", condition=Q(state__in=("quarantined", "poison"))
            ),
        ]
        constraints = [
            # Not `unique=True`: PostgreSQL would keep a second index, for a search by LIKE that nobody makes.
            models.UniqueConstraint(fields=["digest"], name="wecom_callback_digest"),
            models.UniqueConstraint(fields=["app", "msg_id"], name="wecom_callback_msgid", condition=~Q(msg_id="")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.event}".rstrip()

    @property
    def sent_at(self) -> datetime | None:
        """What its message says, see `events.Event.created_at`; None where nobody can read that (any more)."""
        try:
            return events.parse(self.plaintext.encode("utf-8", "surrogateescape"), app=self.app).created_at
        except (CannotOpen, PayloadMalformed):
            return None

    def off_by(self, sent_at: datetime) -> timedelta:
        """How long after `sent_at` it came, less than nothing where it came before; nothing where that can be true.

        WeCom sends again within seconds and then no more, whatever was down: so what may lie between is no more than
        between a living request and its timestamp.
        """
        off = self.received_at - sent_at
        return off if abs(off) > conf.freshness() else timedelta(0)


class Outgoing(Job):
    """One effect that we owe the world, and the job of bringing it about."""

    class State(models.TextChoices):
        """Where an effect stands; `wecom.outbox` draws the ways between."""

        WAITING = Job.WAITING, _("waiting")
        RUNNING = Job.RUNNING, _("running")
        DONE = "done", _("done")
        INFERRED = "inferred", _("inferred")
        PARKED = "parked", _("parked")
        DEAD = "dead", _("dead")
        CANCELLED = "cancelled", _("cancelled")
        SETTLED = "settled", _("settled by hand")

    NEEDS_PERSON = (State.PARKED, State.DEAD)

    app = models.CharField(_("app"), max_length=32, default="default")
    kind = models.CharField(_("kind"), max_length=64)
    subject = models.CharField(_("subject"), max_length=64, help_text=_("Key of the row this effect is about."))
    topic = models.CharField(
        _("topic"), max_length=64, blank=True, help_text=_("What the owner of the kind groups by.")
    )
    effect_key = models.CharField(_("effect key"), max_length=190)
    content = EncryptedTextField(
        _("content"), blank=True, default="", help_text=_("What is sent, where no other row holds it.")
    )
    deadline = models.DateTimeField(_("deadline"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    doubt_from = models.PositiveIntegerField(
        _("doubts count from attempt"), default=1, help_text=_("Raised when a person took an earlier doubt upon them.")
    )
    last_errcode = models.IntegerField(_("last errcode"), null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["deadline", "due_at"], name="wecom_outgoing_open", condition=Q(state__in=Job.OPEN)),
            models.Index(fields=["kind", "subject"], name="wecom_outgoing_subject"),
            models.Index(fields=["topic"], name="wecom_outgoing_topic"),
            models.Index(
                fields=["state", "kind"], name="wecom_outgoing_needs", condition=Q(state__in=("parked", "dead"))
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["effect_key"], name="wecom_outgoing_effect")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"


class Attempt(models.Model):
    """One try of an effect: written before the call, closed after it.

    A row still OPEN after its worker's lease has ended means that nobody knows whether the call arrived.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("under way")
        APPLIED = "applied", _("applied")
        REFUSED = "refused", _("refused")
        NOT_SENT = "not_sent", _("not sent")
        UNKNOWN = "unknown", _("unknown")

    outgoing = models.ForeignKey(Outgoing, models.CASCADE, related_name="tries", verbose_name=_("outgoing message"))
    number = models.PositiveIntegerField(_("number"))
    path = models.CharField(_("API"), max_length=64)
    request = models.JSONField(_("request"), default=dict, help_text=_("Secrets, codes and contacts are masked."))
    body_digest = models.CharField(_("body digest"), max_length=64, blank=True)
    answer = models.JSONField(_("answer"), default=dict, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, default=Outcome.OPEN)
    errcode = models.IntegerField(_("errcode"), null=True, blank=True)
    errmsg = models.TextField(_("errmsg"), blank=True)
    worker = models.CharField(_("worker"), max_length=100, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ms = models.PositiveIntegerField(_("ms"), null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["outgoing_id", "number"]
        constraints = [models.UniqueConstraint(fields=["outgoing", "number"], name="wecom_attempt_number")]

    def __str__(self) -> str:
        return f"{self.outgoing_id}/{self.number} {self.outcome}"


class Lease(models.Model):
    """A name, and who may act under it until when; claimed by a filtered UPDATE."""

    name = models.CharField(_("name"), max_length=190, primary_key=True)
    holder = models.CharField(_("holder"), max_length=100, blank=True)
    until = models.DateTimeField(_("until"), default=timezone.now)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.name


class Bucket(models.Model):
    """How much of one rate limit is used up, and until when nothing may pass at all."""

    name = models.CharField(_("name"), max_length=190, primary_key=True)
    busy_until = models.DateTimeField(
        _("used up to"), default=timezone.now, help_text=_("Every call moves it on by the time that one call costs.")
    )
    closed_until = models.DateTimeField(_("closed until"), null=True, blank=True)
    unknowns = models.PositiveIntegerField(_("calls without an answer in a row"), default=0)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """One matter that a person must be told: what it is, and what it is about. See `wecom.alerts`."""

    what = models.CharField(_("what"), max_length=32)
    subject = models.CharField(_("about"), max_length=190)
    text = models.TextField(_("text"), blank=True)
    times = models.PositiveIntegerField(_("times"), default=0)
    raised_at = models.DateTimeField(_("raised"), default=timezone.now, db_index=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    telling_until = models.DateTimeField(_("being told until"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-raised_at"]
        constraints = [models.UniqueConstraint(fields=["what", "subject"], name="wecom_alert_matter")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.what}"
