"""Door: how lists are narrowed. A name that no filter has is refused, so that a slip does not return everything."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from lostfound.models import ContactRequest, Item
from lostfound.states import Category, ItemKind, ItemState, RequestState

from .fields import LARGEST_ID
from .members import Caller, finders_known, owners_known, reporters_known
from .pagination import Pages

LONGEST_SEARCH = 1000


class MomentForm(IsoDateTimeField):
    """A moment that every database can compare with."""

    def clean(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().clean(value)
        except OverflowError as exc:
            raise ValidationError(_("Enter a valid date/time."), code="invalid") from exc
        if moment and not 1970 < moment.year < 3000:
            raise ValidationError(_("Enter a valid date/time."), code="invalid")
        return moment and moment.astimezone(UTC)  # PostgreSQL refuses displacements beyond 16 hours


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = MomentForm


class IdFilter(django_filters.Filter):
    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class WordsFilter(django_filters.CharFilter):
    """The text anywhere in the fields, literally: % and _ are only themselves."""

    def __init__(self, *fields: str, **kwargs: Any) -> None:
        self.fields = fields
        super().__init__(**kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        if len(value) > LONGEST_SEARCH:
            return qs.none()
        either = Q()
        for field in self.fields:
            either |= Q(**{f"{field}__icontains": value})
        return qs.filter(either)


class MemberFilter(django_filters.CharFilter):
    """A UserID; finds rows only where the caller may know whose it is, so that nobody is found out by asking."""

    def __init__(self, known: Callable[[Caller], Q], **kwargs: Any) -> None:
        self.known = known
        super().__init__(max_length=64, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter(qs, value)
        return found.filter(self.known(self.parent.request.user)) if value else found


class ItemFilter(FilterSet):
    kind = django_filters.ChoiceFilter(choices=ItemKind.choices)
    state = django_filters.ChoiceFilter(choices=ItemState.choices)
    category = django_filters.ChoiceFilter(choices=Category.choices)
    reporter = MemberFilter(reporters_known)
    place = WordsFilter("place", label=_("Part of the place."))
    search = WordsFilter("title", "description", "place", label=_("Part of title, description or place."))
    happened_from = MomentFilter(field_name="happened_at", lookup_expr="gte")
    happened_to = MomentFilter(field_name="happened_at", lookup_expr="lte")

    class Meta:
        model = Item
        fields: list[str] = []


class ContactRequestFilter(FilterSet):
    state = django_filters.ChoiceFilter(choices=RequestState.choices)
    item = IdFilter(field_name="item_id")
    requester = MemberFilter(owners_known, field_name="owner")
    finder = MemberFilter(finders_known)
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_to = MomentFilter(field_name="created_at", lookup_expr="lte")

    class Meta:
        model = ContactRequest
        fields: list[str] = []


class StrictFilters(DjangoFilterBackend):
    """REST_FRAMEWORK["DEFAULT_FILTER_BACKENDS"]: answers 400 to a query name that means nothing here."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is not None:
            known = {*filterset_class.base_filters, Pages.page_query_param, Pages.page_size_query_param}
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                raise exceptions.ValidationError({name[:100]: [_("There is no such filter.")] for name in unknown})
        result: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return result
