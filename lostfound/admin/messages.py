"""Door: what goes out and what came in, as it serves the lost and found."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lostfound.models import ContactRequest
from wecom.admin.alerts import AlertAdmin
from wecom.admin.callbacks import CallbackAdmin
from wecom.admin.labels import EMPTY
from wecom.admin.outgoing import OutgoingAdmin
from wecom.models import Alert, Callback
from wecom.outbox import Outgoing

from . import deeds
from .exporting import ExportMixin
from .kinds import KINDS, kind_words, request_id_of
from .proxies import UPDATES, CardUpdate, only_updates, without_updates
from .sentences import sentence


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        updates = isinstance(model_admin, CardUpdateAdmin)
        return [(name, words) for name, words in KINDS.items() if (name in UPDATES) == updates]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Outgoing]") -> "QuerySet[Outgoing]":
        return queryset.filter(kind=self.value()) if self.value() else queryset


class OurOutgoingAdmin(ExportMixin, OutgoingAdmin):
    """The same list and page, with the kinds in words and the way to the request."""

    list_display = ("number", "what", "belongs_to", "shown_state", "attempts", "answered", "due", "created")
    exported = (
        "id",
        "what",
        "belongs_to",
        "state",
        "attempts",
        "answered",
        "why",
        "settled",
        "created_at",
        "due_at",
        "finished_at",
    )
    list_filter: ClassVar[tuple[Any, ...]] = ("state", KindFilter, ("created_at", admin.DateFieldListFilter))
    fieldsets = (
        (None, {"fields": (("what", "shown_state"), ("belongs_to", "attempts"), "answered_fully", "why", "settled")}),
        (_("When"), {"fields": (("created", "due"), ("until", "finished"))}),
        (_("Details"), {"fields": (("effect_key", "topic"), ("subject", "app"), ("failures", "leased_by"))}),
    )

    def describe(self, row: Outgoing) -> str:
        return f"#{row.pk} {kind_words(row)}"

    @display(description=_("kind"), ordering="kind")
    def what(self, row: Outgoing) -> str:
        return kind_words(row)

    @display(description=_("last error"))
    def why(self, row: Outgoing) -> str:
        return sentence(row.error) or EMPTY

    @display(description=_("contact request"), ordering="topic")
    def belongs_to(self, row: Outgoing) -> SafeString | str:
        key = request_id_of(row)
        if not key:
            return row.topic or EMPTY
        return format_html(
            '<a class="lf-link" href="{}">#{}</a>', reverse("admin:lostfound_contactrequest_change", args=[key]), key
        )


class CardUpdateAdmin(OurOutgoingAdmin):
    nothing_yet = _("No card had to be changed yet.")
    deeds = (deeds.RETRY_UPDATE, deeds.SETTLE)

    def get_queryset(self, request: HttpRequest) -> Any:
        return only_updates(super().get_queryset(request))


class OtherOutgoingAdmin(OurOutgoingAdmin):
    deeds = (deeds.RETRY, deeds.SETTLE)

    def get_queryset(self, request: HttpRequest) -> Any:
        return without_updates(super().get_queryset(request))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """An alert that was told knows one address for all that goes out."""
        if object_id.isdecimal() and only_updates(Outgoing.objects.filter(pk=object_id)).exists():
            return redirect("admin:lostfound_cardupdate_change", object_id)
        return super().change_view(request, object_id, *args, **kwargs)


class OurAlertAdmin(AlertAdmin):
    """The same list and page, with the way to our own rows."""

    def model_of(self, row: Alert, word: str) -> type[Model] | None:
        if word == "outgoing" and any(f"kind={kind} " in row.text for kind in UPDATES):
            return CardUpdate
        return ContactRequest if word == "request" else super().model_of(row, word)


class OurCallbackAdmin(ExportMixin, CallbackAdmin):
    """The same list and page, with the reasons in the reader's language."""

    exported = (
        "id",
        "event",
        "event_key",
        "userid",
        "task_id",
        "state",
        "repeats",
        "answer_ms",
        "why",
        "settled",
        "received_at",
        "finished_at",
    )
    deeds = (deeds.REPLAY, deeds.SETTLE_CALLBACK)

    @display(description=_("last error"))
    def why(self, row: Callback) -> str:
        return sentence(row.error) or EMPTY
