"""Door: contact requests; each on one page that reads like a letter."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lostfound import selectors
from lostfound.models import ContactRequest
from wecom.admin.labels import brief, state_badge
from wecom.admin.records import RecordAdmin

from . import deeds
from .case import open_case
from .exporting import ExportMixin


class QuestionFilter(admin.SimpleListFilter):
    title = _("question")
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unseen", _("did not arrive"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return selectors.requests_not_seen(queryset) if self.value() == "unseen" else queryset


class ContactRequestAdmin(ExportMixin, RecordAdmin):
    nothing_yet = _("Nobody has asked for a contact yet.")
    list_display = (
        "number",
        "about",
        "owner",
        "finder",
        "shown_state",
        "shown_delivery",
        "asked",
        "delivered",
    )
    exported = (
        "id",
        "item_title",
        "owner",
        "finder",
        "state",
        "delivery",
        "contact_channel",
        "created_at",
        "decided_at",
        "delivered_at",
    )
    list_filter = ("state", "delivery", QuestionFilter, ("created_at", admin.DateFieldListFilter))
    search_fields = ("=id", "item__title", "owner", "finder", "cards__task_id")
    search_help_text = _("Number, item, owner, finder or task id")
    deeds = (deeds.RESEND, deeds.EXPIRE, deeds.WITHDRAW, deeds.REVEAL)
    change_form_template = "admin/lostfound/contactrequest/change_form.html"
    fields = ()

    def describe(self, row: ContactRequest) -> str:
        return f"#{row.pk} {row.item_title} · {row.owner} → {row.finder}"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id else None
        context = dict(extra_context or {})
        if row is not None and self.has_view_permission(request, row):
            context["case"] = open_case(row, may_retry=self.may_act(request))
        return super().changeform_view(request, object_id, form_url, context)

    @display(description=_("No."), ordering="pk")
    def number(self, row: ContactRequest) -> str:
        return f"#{row.pk}"

    @display(description=_("item"), ordering="item")
    def about(self, row: ContactRequest) -> SafeString:
        address = reverse("admin:lostfound_item_change", args=[row.item_id])
        return format_html('<a class="lf-link" href="{}">{}</a>', address, row.item_title or row.item.title)

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: ContactRequest) -> SafeString | str:
        return state_badge(row)

    @display(description=_("contact"), ordering="delivery")
    def shown_delivery(self, row: ContactRequest) -> SafeString | str:
        return state_badge(row, "delivery")

    @display(description=_("asked"), ordering="created_at")
    def asked(self, row: ContactRequest) -> SafeString | str:
        return brief(row.created_at)

    @display(description=_("contact delivered"), ordering="delivered_at")
    def delivered(self, row: ContactRequest) -> SafeString | str:
        return brief(row.delivered_at)
