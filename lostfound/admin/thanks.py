"""Door: who brought things back in a quarter of a year, so that they can be thanked; to read, or as CSV."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from lostfound import selectors, sheets
from lostfound.models import Export
from lostfound.services import record_export
from lostfound.states import ItemKind, ItemState
from wecom import members


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year, in the site's time zone; `str()` is 2026Q3."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def named(cls, words: str) -> "Quarter | None":
        found = re.fullmatch(r"(20\d\d)Q([1-4])", words, re.ASCII)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def start(self) -> datetime:
        return timezone.make_aware(datetime(self.year, self.number * 3 - 2, 1))  # noqa: DTZ001  made aware here

    @property
    def url(self) -> str:
        return f"?quarter={self}"

    def step(self, by: int) -> "Quarter":
        number = self.year * 4 + self.number - 1 + by
        return Quarter(number // 4, number % 4 + 1)


def page(model_admin: Any, request: HttpRequest) -> HttpResponseBase:
    """GET shows the quarter asked for, else the last one that is over; POST is the same as a file."""
    now = Quarter.of(timezone.localdate())
    quarter = Quarter.named(request.GET.get("quarter", "")) or now.step(-1)
    finders = _finders(quarter)
    may_export = request.user.has_perm("lostfound.add_export")
    if request.method == "POST":
        if not may_export:
            raise PermissionDenied
        return _as_file(request, quarter, finders)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Thanks to finders"),
        "opts": model_admin.opts,
        "quarter": quarter,
        "before": quarter.step(-1),
        "after": quarter.step(1) if str(quarter) < str(now) else None,
        "finders": finders,
        "things": sum(finder["things"] for finder in finders),
        "may_export": may_export,
    }
    answer: HttpResponse = TemplateResponse(request, "admin/lostfound/item/thanks.html", context)
    return answer


def _finders(quarter: Quarter) -> list[dict[str, Any]]:
    rows = list(selectors.finders_to_thank(quarter.start, quarter.step(1).start))
    names = members.named(row["reporter"] for row in rows)
    return [{**row, "name": names[row["reporter"]], "url": _things_of(row["reporter"])} for row in rows]


def _things_of(userid: str) -> str:
    wanted = {"q": userid, "kind__exact": ItemKind.FOUND.value, "state__exact": ItemState.RETURNED.value}
    return f"{reverse('admin:lostfound_item_changelist')}?{urlencode(wanted)}"


def _as_file(request: HttpRequest, quarter: Quarter, finders: list[dict[str, Any]]) -> HttpResponseBase:
    record_export(
        by=request.user.get_username(),
        what="lostfound.item",
        form=Export.Form.CSV,
        filters=urlencode({"thanks": str(quarter)}),
        rows=len(finders),
    )
    return StreamingHttpResponse(
        sheets.as_csv(_lines(finders)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="thanks-{quarter}.csv"'},
    )


def _lines(finders: list[dict[str, Any]]) -> Iterator[list[str]]:
    yield [_("UserID"), _("name"), _("things returned"), _("last")]
    for one in finders:
        yield [one["reporter"], one["name"], str(one["things"]), f"{timezone.localtime(one['last']):%Y-%m-%d}"]
