"""Door: the finders' cards, and the codes that pay for changing them: wecom's lists, made larger."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lostfound.models import Card, ResponseCode
from wecom.admin import cards
from wecom.admin.records import RecordAdmin

from . import deeds
from .drawing import draw_card
from .exporting import ExportMixin


def link_to_request(request_id: int) -> SafeString:
    address = reverse("admin:lostfound_contactrequest_change", args=[request_id])
    return format_html('<a class="lf-link" href="{}">#{}</a>', address, request_id)


class OurCodeInline(cards.CodeInline):
    model = ResponseCode


class CardAdmin(ExportMixin, cards.CardColumns, RecordAdmin):
    list_display = ("task_id", "belongs_to", "round", "to", "shown_state", "shows", "final", "sent", "closed")
    exported = (
        "task_id",
        "belongs_to",
        "round",
        "to",
        "state",
        "shows",
        "final",
        "created_at",
        "sent_at",
        "closed_at",
        "msgid",
    )
    list_filter = ("state", "final", ("created_at", admin.DateFieldListFilter))
    search_fields = ("task_id", "msgid", "recipients")
    search_help_text = _("Task id, msgid or member")
    inlines = (OurCodeInline,)
    deeds = (deeds.RETRY_CARD, deeds.RESEND_CARD, deeds.RECALL)
    fieldsets = (
        (None, {"fields": (("shown_state", "shows"), ("belongs_to", "round"), ("to", "final"))}),
        (_("As the finder sees it"), {"fields": ("drawn",)}),
        (_("When"), {"fields": (("created", "sent"), ("closed", "quiet"))}),
        (_("Details"), {"fields": (("task_id", "msgid"),)}),
    )

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("request")

    @display(description=_("contact request"), ordering="request")
    def belongs_to(self, row: Card) -> SafeString:
        return link_to_request(row.request_id)

    @display(description=_("recipient"))
    def to(self, row: Card) -> str:
        return row.recipient

    @display(description=_("card"))
    def drawn(self, row: Card) -> SafeString:
        return draw_card(row)


class AnyCardAdmin(cards.SentCardAdmin):
    """wecom's list of all cards; one of ours is taken back with its request's timeline."""

    deeds = (deeds.RECALL,)


class ResponseCodeAdmin(cards.ResponseCodeAdmin):
    card_page = "lostfound_card"

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).filter(card__lostfound_card__isnull=False)
