"""Door: lists that grow without end. They are counted up to a bound only: a whole count reads the whole table."""

from copy import copy
from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from unfold.views import ChangeList

MOST_COUNTED = 100_000


class BoundedPaginator(Paginator):
    """Counts exactly up to MOST_COUNTED; of what is longer it has the pages up to there, and knows so."""

    @cached_property
    def _seen(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self._seen, MOST_COUNTED)

    @property
    def is_cut(self) -> bool:
        return self._seen > MOST_COUNTED

    @property
    def most(self) -> str:
        return f"{MOST_COUNTED:,}"

    @property
    def template_name(self) -> str:
        """Where unfold looks for other words than its own, which say a number."""
        return "admin/more_than.html" if self.is_cut else ""


class LongChangeList(ChangeList):
    """unfold's list, without its claims about a number that is not known and its offer to act on so many rows."""

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        is_all_of_it = not (self.query or self.get_filters_params())
        if is_all_of_it or self.paginator.is_cut:
            self.full_result_count = self.result_count  # else the heading says "… results (show all)"
        if self.paginator.is_cut:
            self.model_admin = copy(self.model_admin)  # unfold has this switch for all lists of an admin, not for one
            self.model_admin.list_disable_select_all = True


class LongListMixin(admin.ModelAdmin):
    """Gives an admin a list whose count costs the same with a million rows as with MOST_COUNTED."""

    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LongChangeList]:
        return LongChangeList

    def response_action(  # type: ignore[override]  # the stubs know an argument that Django does not have
        self, request: HttpRequest, queryset: "QuerySet[Any]"
    ) -> HttpResponseBase | None:
        """Nobody acts on more rows than were counted: the page did not offer it, or the list has grown since."""
        pages: Any = self.get_paginator(request, queryset, self.list_per_page)
        if request.POST.get("select_across", "0") != "0" and pages.is_cut:
            told = _("This list is longer than %(most)s: choose single rows, or filter it first.")
            messages.error(request, told % {"most": pages.most})
            return None
        answer: HttpResponseBase | None = super().response_action(request, queryset)
        return answer
