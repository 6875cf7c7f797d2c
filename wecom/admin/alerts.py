"""Door: what a person was told, or is about to be told."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from wecom.models import Alert

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
}


class AlertAdmin(RecordAdmin):
    list_display = ("shown_what", "subject", "meaning", "text", "times", "raised", "told")
    list_display_links = ("shown_what", "subject")
    list_filter = (("raised_at", admin.DateFieldListFilter),)
    search_fields = ("what", "subject", "text")
    search_help_text = _("What, about what, or a word of the text")
    fieldsets = ((None, {"fields": (("shown_what", "meaning"), ("subject", "text"), ("times", "raised", "told"))}),)

    @display(description=_("what"), ordering="what")
    def shown_what(self, row: Alert) -> SafeString:
        return badge(row.what, row.what)

    @display(description=_("meaning"))
    def meaning(self, row: Alert) -> str:
        return str(WHAT.get(row.what, ""))

    @display(description=_("raised"), ordering="raised_at")
    def raised(self, row: Alert) -> SafeString | str:
        return exact(row.raised_at)

    @display(description=_("told"), ordering="told_at")
    def told(self, row: Alert) -> SafeString | str:
        return exact(row.told_at)
