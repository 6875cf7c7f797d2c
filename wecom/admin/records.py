"""Door: the page and the list of rows that nobody writes by hand."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline

from .deeds import DeedMixin
from .paging import LongListMixin


class RecordAdmin(LongListMixin, DeedMixin, ModelAdmin):
    """Read-only: whoever may see the rows sees them, and what can be done with them are deeds."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Also for whoever may act on such rows."""
        return bool(super().has_view_permission(request, obj)) or self.may_act(request)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"show_history": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)


class RecordInline(TabularInline):
    """Rows below their record, read-only."""

    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the record sees these."""
        return True
