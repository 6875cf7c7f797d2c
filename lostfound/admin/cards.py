"""Door: cards, and the codes that pay for changing them."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lostfound.models import Card, ResponseCode
from wecom.admin.labels import EMPTY, brief, exact, state_badge, time_left
from wecom.admin.records import RecordAdmin, RecordInline
from wecom.sent_cards import CodeState
from wecom.sent_cards import ResponseCode as AnyResponseCode

from . import deeds
from .drawing import draw_card


def link_to_request(request_id: int) -> SafeString:
    address = reverse("admin:lostfound_contactrequest_change", args=[request_id])
    return format_html('<a class="lf-link" href="{}">#{}</a>', address, request_id)


def lifetime(code: AnyResponseCode) -> str:
    """The time left of a code that can still be spent."""
    return time_left(code.expires_at) if code.state in (CodeState.LIVE, CodeState.RESERVED) else EMPTY


class CodeColumns(admin.ModelAdmin):
    """Columns of a code; the code itself is never among them."""

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

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).defer("code")


class CardAdmin(RecordAdmin):
    list_display = ("task_id", "belongs_to", "round", "recipient", "shown_state", "shows", "final", "sent", "closed")
    list_filter = ("state", "final", ("created_at", admin.DateFieldListFilter))
    search_fields = ("task_id", "msgid", "recipients")
    search_help_text = _("Task id, msgid or member")
    date_hierarchy = "created_at"
    inlines = (CodeInline,)
    deeds = (deeds.RETRY_CARD, deeds.RESEND_CARD)
    fieldsets = (
        (None, {"fields": (("shown_state", "shows"), ("belongs_to", "round"), ("recipient", "final"))}),
        (_("As the finder sees it"), {"fields": ("drawn",)}),
        (_("When"), {"fields": (("created", "sent"), ("closed", "quiet"))}),
        (_("Details"), {"fields": (("task_id", "msgid"),)}),
    )

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("request").defer("request__contact_value")

    @display(description=_("contact request"), ordering="request")
    def belongs_to(self, row: Card) -> SafeString:
        return link_to_request(row.request_id)

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: Card) -> SafeString | str:
        return state_badge(row)

    @display(description=_("created"))
    def created(self, row: Card) -> SafeString | str:
        return exact(row.created_at)

    @display(description=_("sent"), ordering="sent_at")
    def sent(self, row: Card) -> SafeString | str:
        return exact(row.sent_at)

    @display(description=_("closed at"), ordering="closed_at")
    def closed(self, row: Card) -> SafeString | str:
        return exact(row.closed_at)

    @display(description=_("no update before"))
    def quiet(self, row: Card) -> SafeString | str:
        return exact(row.quiet_until)

    @display(description=_("card"))
    def drawn(self, row: Card) -> SafeString:
        return draw_card(row)


class ResponseCodeAdmin(CodeColumns, RecordAdmin):
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
    list_filter = ("state", "source", ("expires_at", admin.DateFieldListFilter))
    search_fields = ("card__task_id", "userid", "^fingerprint")
    search_help_text = _("Task id, member or the beginning of a fingerprint")
    date_hierarchy = "issued_at"
    list_select_related = ("card",)
    sensitive = ("code",)
    fieldsets = (
        (None, {"fields": (("shown_fingerprint", "shown_state"), ("of_card", "source"), ("userid", "app"))}),
        (_("When"), {"fields": (("issued", "expires"), ("left", "used"))}),
        (_("Details"), {"fields": ("reserved_for",)}),
    )

    def may_act(self, request: Any) -> bool:
        """Nothing can be done with a code by itself; whoever may change codes may at least see them."""
        return super().may_act(request)

    @display(description=_("card"), ordering="card")
    def of_card(self, row: ResponseCode) -> SafeString:
        address = reverse("admin:lostfound_card_change", args=[row.card_id])
        return format_html('<a class="lf-link lf-mono" href="{}">{}</a>', address, row.card.task_id)
