"""Door: what goes in and what comes out. No contact and no response code ever comes out."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from lostfound.models import Card, ContactRequest, Item, TimelineEntry
from lostfound.services.journal import WORKER
from lostfound.states import Category, Channel, Final, Happened, ItemKind
from wecom.errcodes import explain
from wecom.outbox import Outgoing

from .fields import IdField, MomentField, StrictSerializer, TextField, UserIdField
from .members import knows_finder, knows_owner, knows_reporter, sees_all_requests

# Of a timeline's details: our own words and numbers. A reason may name anybody, and so may why, where WeCom said it.
MEMBERS_READ = {"round", "kind", "key", "what", "in_doubt", "final", "shows", "rescue", "errcode"}


class NewItem(StrictSerializer):
    kind = serializers.ChoiceField(choices=ItemKind.choices)
    title = TextField(max_length=60)
    description = TextField(max_length=1000, lines=True, allow_blank=True, required=False)
    category = serializers.ChoiceField(choices=Category.choices, required=False)
    place = TextField(max_length=100, allow_blank=True, required=False)
    happened_at = MomentField(required=False)
    reporter = UserIdField(required=False, help_text=_("Needed from staff; anybody else is the reporter themselves."))
    contact_channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    contact_value = TextField(
        max_length=200,
        allow_blank=True,
        required=False,
        write_only=True,
        help_text=_("The phone number, or where to pick it up. Never shown again."),
    )


@extend_schema_serializer(component_name="Item")
class ItemOut(serializers.ModelSerializer[Item]):
    class Meta:
        model = Item
        fields = [
            "id",
            "kind",
            "title",
            "description",
            "category",
            "place",
            "happened_at",
            "reporter",
            "contact_channel",
            "state",
            "created_at",
        ]
        read_only_fields = fields

    def to_representation(self, item: Item) -> dict[str, Any]:
        """The reporter is empty where the caller may not know the finder."""
        shown = super().to_representation(item)
        return shown if knows_reporter(self.context["request"].user, item) else {**shown, "reporter": ""}


class NewContactRequest(StrictSerializer):
    item = IdField()
    requester = UserIdField(required=False, help_text=_("Needed from staff; anybody else asks for themselves."))
    message = TextField(max_length=200, allow_blank=True, required=False)


class NoBody(StrictSerializer):
    """Nothing is to be sent along."""


@extend_schema_serializer(component_name="ContactRequest")
class ContactRequestOut(serializers.ModelSerializer[ContactRequest]):
    requester = serializers.CharField(source="owner", read_only=True)

    class Meta:
        model = ContactRequest
        fields = [
            "id",
            "item",
            "requester",
            "finder",
            "message",
            "state",
            "delivery",
            "created_at",
            "decided_at",
            "delivered_at",
        ]
        read_only_fields = fields

    def to_representation(self, asked: ContactRequest) -> dict[str, Any]:
        """Requester and finder are empty where the caller may not know them."""
        user, shown = self.context["request"].user, super().to_representation(asked)
        if not knows_owner(user, asked):
            shown["requester"] = ""
        if not knows_finder(user, asked):
            shown["finder"] = ""
        return shown


@extend_schema_serializer(component_name="Card")
class CardOut(serializers.ModelSerializer[Card]):
    final = serializers.ChoiceField(choices=Final.choices, allow_blank=True, read_only=True)  # "" while it is open

    class Meta:
        model = Card
        fields = ["task_id", "round", "state", "shows", "final", "recipient", "created_at", "sent_at", "closed_at"]
        read_only_fields = fields


@extend_schema_serializer(component_name="Errcode")
class ErrcodeOut(serializers.Serializer):
    errcode = serializers.IntegerField()
    meaning = serializers.CharField()
    remedy = serializers.CharField()


@extend_schema_serializer(component_name="Outgoing")
class OutgoingOut(serializers.ModelSerializer[Outgoing]):
    errcode = serializers.SerializerMethodField()

    class Meta:
        model = Outgoing
        fields = ["id", "kind", "state", "attempts", "due_at", "deadline", "created_at", "finished_at", "errcode"]
        read_only_fields = fields

    @extend_schema_field(ErrcodeOut(allow_null=True))
    def get_errcode(self, row: Outgoing) -> dict[str, Any] | None:
        """The last errcode with its meaning and its remedy; null where WeCom has not answered yet."""
        if row.last_errcode is None:
            return None
        known = explain(row.last_errcode)
        chinese = (get_language() or "").startswith("zh")
        meaning, remedy = (known.meaning_zh, known.remedy_zh) if chinese else (known.meaning_en, known.remedy_en)
        return {"errcode": row.last_errcode, "meaning": meaning, "remedy": remedy}


@extend_schema_serializer(component_name="TimelineEntry")
class TimelineOut(serializers.ModelSerializer[TimelineEntry]):
    class Meta:
        model = TimelineEntry
        fields = ["at", "event", "actor", "cause", "data"]
        read_only_fields = fields


@extend_schema_serializer(component_name="ContactRequestDetail")
class ContactRequestDetail(ContactRequestOut):
    card = serializers.SerializerMethodField(help_text=_("The card of the newest round."))
    cards = CardOut(many=True, read_only=True)
    outgoing = serializers.SerializerMethodField()
    timeline = TimelineOut(many=True, read_only=True)

    class Meta(ContactRequestOut.Meta):
        fields = [*ContactRequestOut.Meta.fields, "card", "cards", "outgoing", "timeline"]
        read_only_fields = fields

    @extend_schema_field(CardOut(allow_null=True))
    def get_card(self, asked: ContactRequest) -> dict[str, Any] | None:
        newest = max(asked.cards.all(), key=lambda card: card.round, default=None)
        return CardOut(newest).data if newest else None

    def to_representation(self, asked: ContactRequest) -> dict[str, Any]:
        """To members the story names those whom they may know, and no word that an administrator or WeCom wrote."""
        shown = super().to_representation(asked)
        if sees_all_requests(self.context["request"].user):
            return shown
        for card in filter(None, (shown["card"], *shown["cards"])):
            card["recipient"] = shown["finder"]
        told = {WORKER, shown["requester"], shown["finder"]}
        for entry in shown["timeline"]:
            entry["actor"] = entry["actor"] if entry["actor"].lower() in told else ""
            told_of_it = MEMBERS_READ | ({"why"} if entry["event"] == Happened.EXPIRED else set())
            entry["data"] = {name: said for name, said in entry["data"].items() if name in told_of_it}
        return shown

    @extend_schema_field(OutgoingOut(many=True))
    def get_outgoing(self, asked: ContactRequest) -> list[dict[str, Any]]:
        rows = Outgoing.objects.filter(topic=f"request:{asked.pk}").order_by("pk")
        return list(OutgoingOut(rows, many=True).data)
