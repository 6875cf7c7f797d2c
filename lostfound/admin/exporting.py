"""Door: the chosen rows of a list as a CSV or Excel file, for whoever may; and the list of who took what."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from lostfound import sheets
from lostfound.models import Export
from lostfound.services import record_export
from wecom.admin.labels import EMPTY, exact
from wecom.admin.records import RecordAdmin

CSV, EXCEL = Export.Form.CSV, Export.Form.EXCEL
MOST_IN_EXCEL = 50_000  # a workbook is made whole before it is sent
AT_ONCE = 500
WORDS = {CSV: gettext_lazy("Export as CSV"), EXCEL: gettext_lazy("Export as Excel")}


class ExportMixin(admin.ModelAdmin):
    """Adds two actions to a list.

    exported  the columns: fields, or methods of this admin. Never a contact and nothing encrypted
    """

    exported: tuple[str, ...] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if request.user.has_perm("lostfound.add_export"):
            actions.update({f"export_{form}": (_export(form), f"export_{form}", WORDS[form]) for form in (CSV, EXCEL)})
        return actions

    def export(self, request: HttpRequest, queryset: "QuerySet[Any]", form: Export.Form) -> HttpResponseBase | None:
        """The file, after the export has been written down."""
        number = queryset.count()
        if form == EXCEL and number > MOST_IN_EXCEL:
            told = _("Excel files hold at most %(most)s rows here: choose fewer, or export as CSV.")
            messages.error(request, told % {"most": f"{MOST_IN_EXCEL:,}"})
            return None
        record_export(
            by=request.user.get_username(),
            what=self.opts.label_lower,
            form=form,
            filters=request.GET.urlencode(),
            rows=number,
        )
        name = f"{self.opts.model_name}-{timezone.localtime():%Y%m%d-%H%M%S}.{form}"
        if form == EXCEL:
            file = sheets.as_xlsx(self._lines(queryset), title=str(self.opts.verbose_name_plural))
            return FileResponse(file, as_attachment=True, filename=name)
        return StreamingHttpResponse(
            sheets.as_csv(self._lines(queryset)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _lines(self, queryset: "QuerySet[Any]") -> Iterator[list[str]]:
        """The names of the columns, then row by row."""
        columns = [self._column(name) for name in self.exported]
        yield [str(words) for words, _read in columns]
        for row in queryset.iterator(chunk_size=AT_ONCE):
            yield [_plain(read(row)) for _words, read in columns]

    def _column(self, name: str) -> tuple[Any, Callable[[Any], object]]:
        """A column's name in the reader's language, and how it is read."""
        try:
            field: Any = self.opts.get_field(name)
        except FieldDoesNotExist:
            method = getattr(self, name)
            return method.short_description, method
        shown = f"get_{name}_display" if field.choices else ""
        return field.verbose_name, lambda row: getattr(row, shown)() if shown else getattr(row, name)


def _plain(value: object) -> str:
    """Local time in a shape that spreadsheets understand; no markup, no dash that stands for nothing."""
    if value is None or value == EMPTY:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return strip_tags(value) if isinstance(value, SafeString) else str(value)


def _export(form: Export.Form) -> Callable[..., HttpResponseBase | None]:
    def act(model_admin: ExportMixin, request: HttpRequest, queryset: "QuerySet[Any]") -> HttpResponseBase | None:
        return model_admin.export(request, queryset, form)

    return act


class ExportAdmin(RecordAdmin):
    nothing_yet = _("Nothing has been exported yet.")
    list_display = ("taken", "by", "shown_what", "form", "rows", "filters")
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("by", "what", "filters")
    search_help_text = gettext_lazy("Administrator, list or filter")
    fields = ("taken", "by", "shown_what", "form", "rows", "filters")

    @display(description=gettext_lazy("at"), ordering="at")
    def taken(self, row: Export) -> SafeString | str:
        return exact(row.at)

    @display(description=gettext_lazy("list"), ordering="what")
    def shown_what(self, row: Export) -> str:
        app, _dot, model = row.what.partition(".")
        return str(apps.get_model(app, model)._meta.verbose_name_plural)
