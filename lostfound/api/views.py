"""Door: the addresses of API v1. Each reads its input, calls one service and shows the row."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from lostfound import errors, services
from lostfound.models import ContactRequest, Item

from .fields import StrictSerializer
from .filters import ContactRequestFilter, ItemFilter
from .idempotency import once
from .idempotency import parameter as idempotency_key
from .members import acting_as, is_staff, keep_pace, visible_items, visible_requests
from .serializers import ContactRequestDetail, ContactRequestOut, ItemOut, NewContactRequest, NewItem, NoBody

ROW = r"[0-9]{1,18}"


def given(serializer: StrictSerializer) -> dict[str, Any]:
    """What the caller sent, checked; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


@extend_schema_view(list=extend_schema(summary=_("List items")), retrieve=extend_schema(summary=_("See one item")))
class Items(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Item]):
    """Things lost and found. Members see those that are open, their own, and those that they asked about.

    Who found a thing is empty for them: the finder's name stays hidden until they agree to a request.
    """

    queryset = Item.objects.all()
    serializer_class = ItemOut
    filterset_class = ItemFilter
    lookup_value_regex = ROW

    def get_queryset(self) -> QuerySet[Item]:
        if getattr(self, "swagger_fake_view", False):
            return Item.objects.none()
        return visible_items(self.request.user)

    @extend_schema(
        parameters=[idempotency_key],
        request=NewItem,
        responses={
            201: ItemOut,
            400: OpenApiResponse(description=_("Something in it is not valid.")),
            409: OpenApiResponse(description=_("This Idempotency-Key was used for another call.")),
        },
        summary=_("Report a lost or found item"),
    )
    @once
    def create(self, request: Request) -> Response:
        values = given(NewItem(data=request.data))
        values["reporter"] = acting_as(request.user, values.get("reporter"), "reporter")
        item = services.report_item(**values, actor=request.user.get_username())
        return Response(self.get_serializer(item).data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    list=extend_schema(summary=_("List contact requests")),
    retrieve=extend_schema(summary=_("See one request with its cards, messages and timeline")),
)
class ContactRequests(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ContactRequest]):
    """Owners asking for finders' contacts. Members see those where they are owner or finder.

    The owner reads who the finder is once they have agreed, and the finder does not read who asks: what one may not
    know is empty.
    """

    queryset = ContactRequest.objects.all()
    filterset_class = ContactRequestFilter
    lookup_value_regex = ROW

    def get_queryset(self) -> QuerySet[ContactRequest]:
        if getattr(self, "swagger_fake_view", False):
            return ContactRequest.objects.none()
        rows = visible_requests(self.request.user)
        return rows if self.action == "list" else rows.prefetch_related("cards", "timeline")

    def get_serializer_class(self) -> type[ContactRequestOut]:
        return ContactRequestOut if self.action == "list" else ContactRequestDetail

    @extend_schema(
        parameters=[idempotency_key],
        request=NewContactRequest,
        responses={
            201: ContactRequestOut,
            200: OpenApiResponse(
                ContactRequestOut, description=_("It was asked before and is still open: that request.")
            ),
            400: OpenApiResponse(description=_("Something in it is not valid, or there is no such item.")),
            409: OpenApiResponse(description=_("Own item, closed item, or an item that was lost, not found.")),
            429: OpenApiResponse(description=_("Too many within the hour; see Retry-After.")),
        },
        summary=_("Ask for the contact of a finder"),
    )
    @once
    def create(self, request: Request) -> Response:
        values = given(NewContactRequest(data=request.data))
        owner = acting_as(request.user, values.get("requester"), "requester")
        keep_pace(owner)
        try:
            asked, created = services.ask_for_contact(
                item_id=values["item"],
                owner=owner,
                message=values.get("message", ""),
                actor=request.user.get_username(),
            )
        except errors.NotFound as exc:
            raise ValidationError({"item": [str(_("There is no such item."))]}) from exc
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self._brief(asked), status=code)

    @extend_schema(
        parameters=[idempotency_key],
        request=NoBody,
        responses={
            200: ContactRequestOut,
            403: OpenApiResponse(description=_("Only the owner takes a request back.")),
            409: OpenApiResponse(description=_("It is decided, or the contact is on its way.")),
        },
        summary=_("Take a request back"),
    )
    @action(detail=True, methods=["post"])
    @once
    def withdraw(self, request: Request, pk: str) -> Response:
        asked = self.get_object()
        if request.content_type or request.data:
            given(NoBody(data=request.data or {}))
        asked = services.withdraw_contact_request(
            request_id=asked.pk, actor=request.user.get_username(), by_staff=is_staff(request.user)
        )
        return Response(self._brief(asked))

    def _brief(self, asked: ContactRequest) -> dict[str, Any]:
        return dict(ContactRequestOut(asked, context=self.get_serializer_context()).data)
