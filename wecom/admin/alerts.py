"""Door: what a person was told, or is about to be told."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from wecom import conf, doctor
from wecom.doctor import State
from wecom.models import Alert, Callback, Outgoing

from .labels import badge, exact
from .records import RecordAdmin

# Each with its meaning and what to do about it: docs/reliability.md says more.
WHAT: dict[str, Any] = {
    "parked": _("a message waits for a person"),
    "dead": _("a message was refused for good"),
    "quarantined": _("a callback was set aside"),
    "poison": _("a callback could not be handled"),
    "paused": _("nothing is sent through it for a while"),
    "old": _("something waits for more than five minutes"),
    "very_old": _("something waits for more than twenty hours"),
    "wrong_actor": _("somebody tapped another member's card"),
    "code_refused": _("a young response code was refused: somebody else may have used it"),
}


WORDS = {State.FINE: _("fine"), State.WRONG: _("wrong"), State.UNKNOWN: _("not known")}
TONES = {State.FINE: "done", State.WRONG: "failed", State.UNKNOWN: "waiting"}  # shown in the colours of these states


class WhatFilter(admin.SimpleListFilter):
    title = _("what")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(WHAT.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(what=self.value()) if self.value() else queryset


class AlertAdmin(RecordAdmin):
    nothing_yet = _("There was nothing to tell yet.")
    list_display = ("shown_what", "about", "meaning", "text", "times", "raised", "told")
    list_display_links = ("shown_what",)
    list_filter = (
        WhatFilter,
        ("raised_at", admin.DateFieldListFilter),
    )
    search_fields = ("what", "subject", "text")
    search_help_text = _("What, about what, or a word of the text")
    fieldsets = ((None, {"fields": (("shown_what", "meaning"), ("about", "times"), "text", ("raised", "told"))}),)

    def get_urls(self) -> list[URLPattern]:
        # It calls WeCom, and that is done in no transaction.
        examining = transaction.non_atomic_requests(self.admin_site.admin_view(self.examine))
        return [path("doctor/", examining, name="wecom_doctor"), *super().get_urls()]

    def examine(self, request: HttpRequest) -> HttpResponse:
        """The same probes as the command wecom_doctor: asked for by a press, because they call WeCom."""
        if not (self.has_view_permission(request) and request.method in ("GET", "HEAD", "POST")):
            raise PermissionDenied
        userid, apps = request.POST.get("user", "").strip()[:64], conf.aliases()
        app = request.POST.get("app", "")
        app = app if app in apps else next(iter(apps), conf.DEFAULT)
        findings = list(doctor.examine(app, userid=userid)) if request.method == "POST" else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Examination"),
            "opts": self.opts,
            "user_id": userid,
            "apps": apps,
            "app": app,
            "findings": [(finding, badge(TONES[finding.state], WORDS[finding.state])) for finding in findings],
            "wrong": sum(finding.state is State.WRONG for finding in findings),
        }
        return TemplateResponse(request, "admin/doctor.html", context)

    @display(description=_("what"), ordering="what")
    def shown_what(self, row: Alert) -> SafeString:
        return badge(row.what, row.what)

    @display(description=Alert._meta.get_field("subject").verbose_name, ordering="subject")
    def about(self, row: Alert) -> SafeString | str:
        """`outgoing 12` leads to that row."""
        word, _blank, key = row.subject.partition(" ")
        model = self.model_of(row, word)
        if model is None or not key.isdecimal():
            return row.subject
        meta = model._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key])
        return format_html('<a class="lf-link" href="{}">{} #{}</a>', address, meta.verbose_name, key)

    def model_of(self, row: Alert, word: str) -> type[Model] | None:
        """What a subject's first word means; an app on top may know more."""
        return {"outgoing": Outgoing, "callback": Callback}.get(word)

    @display(description=_("meaning"))
    def meaning(self, row: Alert) -> str:
        return str(WHAT.get(row.what, ""))

    @display(description=_("raised"), ordering="raised_at")
    def raised(self, row: Alert) -> SafeString | str:
        return exact(row.raised_at)

    @display(description=_("told"), ordering="told_at")
    def told(self, row: Alert) -> SafeString | str:
        return exact(row.told_at)
