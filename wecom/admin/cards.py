"""Door: cards that were sent, the codes that pay for changing them, and each change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from wecom import sent_cards, standing
from wecom.models import CardChange, ResponseCode, SentCard

from .deeds import Deed, NotDone
from .labels import EMPTY, brief, exact, state_badge, time_left
from .message import as_json
from .records import RecordAdmin, RecordInline

State, CodeState = SentCard.State, ResponseCode.State
MOST_NAMES = 5  # of recipients, in a list


def recall(card_id: Any, by: str, why: str) -> None:
    """The decision of wecom alone; an app on top may bring its own."""
    if not sent_cards.recall(SentCard.objects.get(pk=card_id)):
        raise NotDone(gettext("It is not on any phone, or WeCom does not let it be taken back any more."))


RECALL = Deed(
    name="recall",
    label=_("Take back"),
    act=recall,
    fits=lambda row: row.state in (State.OWED, State.SHOWN, State.CLOSING, State.STUCK, State.CLOSED),
    warning=_("The card disappears from every phone. WeCom allows that for 24 hours. This cannot be undone."),
    icon="undo",
)


def lifetime(code: ResponseCode) -> str:
    """The time left of a code that can still be spent."""
    return time_left(code.expires_at) if code.state in (CodeState.LIVE, CodeState.RESERVED) else EMPTY


class CodeColumns(admin.ModelAdmin):
    """Columns of a code; the code itself is never among them."""

    nothing_yet = _("There is no response code yet: each card brings one, and each tap.")

    @display(description=_("fingerprint"))
    def shown_fingerprint(self, row: ResponseCode) -> SafeString:
        return format_html('<span class="lf-mono">{}</span>', row.fingerprint[:12])

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: ResponseCode) -> SafeString | str:
        return state_badge(row)

    @display(description=_("issued"), ordering="issued_at")
    def issued(self, row: ResponseCode) -> SafeString | str:
        return exact(row.issued_at)

    @display(description=_("expires"), ordering="expires_at")
    def expires(self, row: ResponseCode) -> SafeString | str:
        return brief(row.expires_at)

    @display(description=_("time left"))
    def left(self, row: ResponseCode) -> str:
        return lifetime(row)

    @display(description=_("used"), ordering="used_at")
    def used(self, row: ResponseCode) -> SafeString | str:
        return exact(row.used_at)


class CodeInline(RecordInline):
    model = ResponseCode
    verbose_name_plural = _("wallet of codes")
    fields = readonly_fields = ("shown_fingerprint", "source", "userid", "shown_state", "issued", "left", "used")
    shown_fingerprint, shown_state = CodeColumns.shown_fingerprint, CodeColumns.shown_state
    issued, left, used = CodeColumns.issued, CodeColumns.left, CodeColumns.used


class ChangeInline(RecordInline):
    model = CardChange
    verbose_name_plural = _("changes")
    fields = readonly_fields = ("shows", "only_for", "last", "shown_state", "created", "finished", "body")

    @display(description=_("only for"))
    def only_for(self, row: CardChange) -> str:
        return ", ".join(row.members) or EMPTY

    @display(description=_("final"))
    def last(self, row: CardChange) -> str:
        return gettext("final") if row.final else EMPTY

    @display(description=_("state"))
    def shown_state(self, row: CardChange) -> SafeString | str:
        return state_badge(row)

    @display(description=_("owed since"))
    def created(self, row: CardChange) -> SafeString | str:
        return exact(row.created_at)

    @display(description=_("finished"))
    def finished(self, row: CardChange) -> SafeString | str:
        return exact(row.finished_at)

    @display(description=_("content"))
    def body(self, row: CardChange) -> SafeString:
        return as_json(row.content, gettext("content"))


class CardColumns(admin.ModelAdmin):
    """Columns of a card, for every model that is one."""

    nothing_yet = _("No card has been sent yet.")

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: SentCard) -> SafeString | str:
        return state_badge(row)

    @display(description=_("created"))
    def created(self, row: SentCard) -> SafeString | str:
        return exact(row.created_at)

    @display(description=_("sent"), ordering="sent_at")
    def sent(self, row: SentCard) -> SafeString | str:
        return exact(row.sent_at)

    @display(description=_("closed at"), ordering="closed_at")
    def closed(self, row: SentCard) -> SafeString | str:
        return exact(row.closed_at)

    @display(description=_("no update before"))
    def quiet(self, row: SentCard) -> SafeString | str:
        return exact(row.quiet_until)


class SentCardAdmin(CardColumns, RecordAdmin):
    list_display = ("key", "to", "shown_state", "shows", "follower", "sent", "closed")
    list_filter = ("state", "follower", "app", ("created_at", admin.DateFieldListFilter))
    search_fields = ("key", "task_id", "msgid", "topic", "recipients")
    search_help_text = _("Name, task id, msgid, topic or member")
    inlines = (ChangeInline, CodeInline)
    deeds = (RECALL,)
    fieldsets = (
        (None, {"fields": (("shown_state", "shows"), ("to", "missed"), ("follower", "topic"))}),
        (_("As it was sent"), {"fields": ("body",)}),
        (_("When"), {"fields": (("created", "sent"), ("closed", "expires"), "quiet")}),
        (_("Details"), {"fields": (("key", "task_id"), ("msgid", "app"))}),
    )

    @display(description=_("to"))
    def to(self, row: SentCard) -> str:
        groups = (("parties", gettext("department")), ("tags", gettext("tag")))
        names = [*row.recipients.get("users", ())]
        names += [f"{words} {number}" for name, words in groups for number in row.recipients.get(name, ())]
        return ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")

    @display(description=_("not reached"))
    def missed(self, row: SentCard) -> str:
        return ", ".join(row.unreached) or EMPTY

    @display(description=_("expires"))
    def expires(self, row: SentCard) -> SafeString | str:
        return exact(row.expires_at)

    @display(description=_("card"))
    def body(self, row: SentCard) -> SafeString:
        return as_json(row.payload, gettext("card"))


class DyingFilter(admin.SimpleListFilter):
    title = _("dies soon")
    parameter_name = "dying"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("within two hours, on a card that may still change"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return standing.dying_codes(queryset) if self.value() else queryset


class ResponseCodeAdmin(CodeColumns, RecordAdmin):
    card_page = "wecom_sentcard"
    list_display = (
        "shown_fingerprint",
        "of_card",
        "source",
        "userid",
        "shown_state",
        "issued",
        "expires",
        "left",
        "used",
    )
    list_filter = ("state", "source", DyingFilter, ("expires_at", admin.DateFieldListFilter))
    search_fields = ("card__task_id", "userid", "^fingerprint")
    search_help_text = _("Task id, member or the beginning of a fingerprint")
    list_select_related = ("card",)
    fieldsets = (
        (None, {"fields": (("shown_fingerprint", "shown_state"), ("of_card", "source"), ("userid", "app"))}),
        (_("When"), {"fields": (("issued", "expires"), ("left", "used"))}),
        (_("Details"), {"fields": ("reserved_for",)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("card__payload")

    @display(description=_("card"), ordering="card")
    def of_card(self, row: ResponseCode) -> SafeString:
        address = reverse(f"admin:{self.card_page}_change", args=[row.card_id])
        return format_html('<a class="lf-link lf-mono" href="{}">{}</a>', address, row.card.task_id)
