"""Door: what we owe the world, and each try of it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from wecom import outbox, sent_cards
from wecom.models import Attempt, Outgoing

from .deeds import Deed, NotDone
from .labels import errcode_full, errcode_line, exact, state_badge
from .message import as_json
from .records import RecordAdmin, RecordInline

State = Outgoing.State
RETRYABLE = (State.PARKED, State.DEAD)


@transaction.atomic
def retry(outgoing_id: Any, by: str, why: str) -> None:
    """The decision of wecom alone; an app on top may bring its own."""
    row = Outgoing.objects.get(pk=outgoing_id)
    if row.state in RETRYABLE and (why := sent_cards.put_back(row)):
        if why == sent_cards.NO_CODE:
            raise NotDone(gettext("No usable response code is left; a tap on the card would bring one."))
        raise NotDone(gettext("The card does not wait for this any more."))
    if not outbox.retry(outgoing_id):
        raise NotDone(gettext("It is neither parked nor dead."))


def settle(outgoing_id: Any, by: str, why: str) -> None:
    """The decision of wecom alone; an app on top may bring its own."""
    if not outbox.settle(outgoing_id, why=f"{by}: {why}"):
        raise NotDone(gettext("It is neither parked nor dead."))


def doubled(rows: Sequence[Outgoing]) -> list[str]:
    """What was tried without an answer may have worked."""
    number = sum(row.state in RETRYABLE and outbox.is_in_doubt(row) for row in rows)
    if not number:
        return []
    told = ngettext(
        "%(count)d may arrive twice: an earlier try ended without an answer, and nobody knows whether it worked.",
        "%(count)d may arrive twice: earlier tries ended without an answer, and nobody knows whether they worked.",
        number,
    )
    return [told % {"count": number}]


SETTLE = Deed(
    name="settle",
    label=_("Settled by hand"),
    act=settle,
    fits=lambda row: row.state in RETRYABLE,
    warning=_("Nothing is sent. It does not count as waiting for somebody any more."),
    reason=True,
    icon="task_alt",
)
RETRY = Deed(
    name="retry",
    label=_("Try again"),
    act=retry,
    fits=lambda row: row.state in RETRYABLE,
    warning=_("It is due at once and tried anew."),
    risks=doubled,
    icon="refresh",
)


class AttemptInline(RecordInline):
    model = Attempt
    verbose_name_plural = _("tries")
    fields = readonly_fields = ("number", "path", "shown_outcome", "answered", "duration", "started", "body", "reply")

    @display(description=_("outcome"))
    def shown_outcome(self, row: Attempt) -> SafeString | str:
        return state_badge(row, "outcome")

    @display(description=_("errcode"))
    def answered(self, row: Attempt) -> SafeString | str:
        return errcode_full(row.errcode) if row.errcode is not None else row.errmsg

    @display(description=_("ms"))
    def duration(self, row: Attempt) -> str:
        return "" if row.ms is None else f"{row.ms}"

    @display(description=_("started"))
    def started(self, row: Attempt) -> SafeString | str:
        return exact(row.started_at)

    @display(description=_("request"))
    def body(self, row: Attempt) -> SafeString:
        return as_json(row.request, gettext("request"))

    @display(description=_("answer"))
    def reply(self, row: Attempt) -> SafeString:
        return as_json(row.answer, gettext("answer"))


class OutgoingAdmin(RecordAdmin):
    nothing_yet = _("Nothing has been sent yet.")
    list_display = ("number", "what", "subject", "shown_state", "attempts", "answered", "due", "created")
    list_display_links = ("number", "what")
    list_filter: ClassVar[tuple[Any, ...]] = ("state", ("created_at", admin.DateFieldListFilter))
    search_fields = ("effect_key", "topic", "last_errcode__exact")
    search_help_text = _("Effect key, topic or errcode")
    inlines = (AttemptInline,)
    deeds = (RETRY, SETTLE)
    fieldsets = (
        (None, {"fields": (("what", "shown_state"), ("answered_fully",), "error", "settled")}),
        (_("When"), {"fields": (("created", "due"), ("until", "finished"))}),
        (
            _("Details"),
            {"fields": (("effect_key", "topic"), ("subject", "app"), ("attempts", "failures"), "leased_by")},
        ),
    )

    @display(description=_("No."), ordering="pk")
    def number(self, row: Outgoing) -> str:
        return f"#{row.pk}"

    @display(description=_("kind"), ordering="kind")
    def what(self, row: Outgoing) -> str:
        return row.kind

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: Outgoing) -> SafeString | str:
        return state_badge(row)

    @display(description=_("last errcode"), ordering="last_errcode")
    def answered(self, row: Outgoing) -> SafeString | str:
        return errcode_line(row.last_errcode)

    @display(description=_("last errcode"))
    def answered_fully(self, row: Outgoing) -> SafeString | str:
        return errcode_full(row.last_errcode)

    @display(description=_("due"), ordering="due_at")
    def due(self, row: Outgoing) -> SafeString | str:
        return exact(row.due_at)

    @display(description=_("deadline"))
    def until(self, row: Outgoing) -> SafeString | str:
        return exact(row.deadline)

    @display(description=_("created"), ordering="created_at")
    def created(self, row: Outgoing) -> SafeString | str:
        return exact(row.created_at)

    @display(description=_("finished"))
    def finished(self, row: Outgoing) -> SafeString | str:
        return exact(row.finished_at)
