"""Door: what came in."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from wecom import events, inbox
from wecom.models import Callback

from .deeds import Deed, NotDone
from .labels import EMPTY, duration, exact, state_badge
from .message import message_table
from .records import RecordAdmin

State = Callback.State
# Names are few and known; asking the table for them would read all of it.
EVENTS = (
    "template_card_event",
    "template_card_menu_event",
    "text",
    "image",
    "enter_agent",
    "subscribe",
    "unsubscribe",
)


def replay(callback_id: Any, by: str, why: str) -> None:
    """The decision of wecom alone; an app on top may bring its own."""
    if not inbox.replay(callback_id):
        raise NotDone(gettext("It is being handled right now, or its message was purged."))


def released(rows: Sequence[Callback]) -> list[str]:
    """What was set aside is believed by whoever lets it through."""
    number = sum(row.state == State.QUARANTINED for row in rows)
    if not number:
        return []
    told = ngettext(
        "%(count)d was quarantined: it may be a copy of an old tap. Ask the finder first.",
        "%(count)d were quarantined: they may be copies of old taps. Ask the finders first.",
        number,
    )
    return [told % {"count": number}]


REPLAY = Deed(
    name="replay",
    label=_("Handle again"),
    act=replay,
    fits=lambda row: row.state not in Callback.OPEN,
    risks=released,
    warning=_(
        "The message is handled once more, as if it had just come in. What was already decided stays decided; "
        "a quarantined message is released by this."
    ),
    icon="replay",
)


def settle(callback_id: Any, by: str, why: str) -> None:
    """The decision of wecom alone; an app on top may bring its own."""
    if not inbox.settle(callback_id, why=f"{by}: {why}"):
        raise NotDone(gettext("It is not set aside."))


SETTLE = Deed(
    name="settle",
    label=_("Settled by hand"),
    act=settle,
    fits=lambda row: row.state in Callback.NEEDS_PERSON,
    warning=_("Nothing is sent. It does not count as waiting for somebody any more."),
    reason=True,
    icon="task_alt",
)


def what_is_off(row: Callback) -> str:
    """One sentence where the time that a message says does not fit its arrival; else nothing."""
    sent_at = row.sent_at
    off = row.off_by(sent_at) if sent_at else timedelta(0)
    if not off:
        return ""
    if sent_at == events.EPOCH:
        return gettext("It does not say when it was sent. What counts is when it came in.")
    before = gettext("It says that it was sent %(span)s before it came in. What counts is when it came in.")
    after = gettext("It says that it was sent %(span)s after it came in. What counts is when it came in.")
    return (before if off > timedelta(0) else after) % {"span": duration(abs(off))}


class EventFilter(admin.SimpleListFilter):
    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, name) for name in EVENTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Callback]) -> QuerySet[Callback]:
        return queryset.filter(event=self.value()) if self.value() else queryset


class CallbackAdmin(RecordAdmin):
    nothing_yet = _("Nothing has come in from WeCom yet.")
    list_display = (
        "number",
        "event",
        "event_key",
        "userid",
        "task_id",
        "shown_state",
        "repeats",
        "answer_ms",
        "received",
    )
    list_display_links = ("number", "event")
    list_filter = ("state", EventFilter, "instant_reply", ("received_at", admin.DateFieldListFilter))
    search_fields = ("userid", "task_id", "event_key")
    search_help_text = _("Member, task id or event key")
    deeds = (REPLAY, SETTLE)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("shown_state", "received"),
                    "sent",
                    ("event", "event_key"),
                    ("userid", "task_id"),
                    ("repeats", "answer_ms"),
                    "at_once",
                )
            },
        ),
        (_("Message"), {"fields": ("message",)}),
        (
            _("Handling"),
            {"fields": (("attempts", "due"), ("finished", "leased_by"), "why", "settled", "digest", "app")},
        ),
    )

    @display(description=_("No."), ordering="pk")
    def number(self, row: Callback) -> str:
        return f"#{row.pk}"

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: Callback) -> SafeString | str:
        return state_badge(row)

    @display(description=_("received"), ordering="received_at")
    def received(self, row: Callback) -> SafeString | str:
        off = what_is_off(row)
        mark = format_html(' <abbr title="{}" aria-label="{}">⚠</abbr>', off, off) if off else ""
        return format_html("{}{}", exact(row.received_at), mark)

    @display(description=_("sent, as it says"))
    def sent(self, row: Callback) -> SafeString | str:
        off = what_is_off(row)
        if not off:
            return exact(row.sent_at)
        shown = EMPTY if row.sent_at == events.EPOCH else exact(row.sent_at)
        return format_html('{}<p class="lf-warning">{}</p>', shown, off)

    @display(description=Callback._meta.get_field("instant_reply").verbose_name)
    def at_once(self, row: Callback) -> str:
        return "✓" if row.instant_reply else EMPTY

    @display(description=_("last error"))
    def why(self, row: Callback) -> str:
        return row.error or EMPTY

    @display(description=_("due"))
    def due(self, row: Callback) -> SafeString | str:
        return exact(row.due_at)

    @display(description=_("finished"))
    def finished(self, row: Callback) -> SafeString | str:
        return exact(row.finished_at)

    @display(description=_("fields"))
    def message(self, row: Callback) -> SafeString:
        return message_table(row)
