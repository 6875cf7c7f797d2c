"""Door: things lost and found; registered and corrected by hand."""

from typing import Any

import segno
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from lostfound import conf, errors, selectors, services
from lostfound.models import ContactRequest, HandOver, Item, Move
from lostfound.services.photos import delete_photos
from lostfound.states import WITHOUT_PHOTOS, Channel, Custody, ItemKind, ItemState
from wecom.admin.deeds import DeedMixin
from wecom.admin.labels import EMPTY, brief, exact, state_badge
from wecom.admin.paging import LongListMixin

from . import deeds, thanks
from .contacts import marks_of, masked_contact
from .exporting import ExportMixin
from .forms import FIELDS, AskForm, HandOverForm, ItemForm, MoveForm
from .photos import thumbnails
from .reasons import in_words


class HoldingFilter(admin.SimpleListFilter):
    title = _("holding period")
    parameter_name = "holding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("due", _("over")), ("proposed", _("disposal proposed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "proposed":
            return selectors.items_proposed(queryset)
        return selectors.items_due(queryset) if self.value() == "due" else queryset


class ItemAdmin(ExportMixin, LongListMixin, DeedMixin, ModelAdmin):
    nothing_yet = _("No item has been registered yet.")
    form = ItemForm
    deeds = (deeds.RETURN_ITEM, deeds.CLOSE_ITEM, deeds.DISPOSE, deeds.AGREE, deeds.KEEP)
    list_display = ("number", "title", "kind", "category", "place", "found", "kept", "reporter", "shown_state", "asked")
    list_display_links = ("number", "title")
    exported = (
        "id",
        "kind",
        "title",
        "category",
        "place",
        "happened_at",
        "custody",
        "shelf",
        "box",
        "reporter",
        "state",
        "created_at",
        "closed_at",
        "description",
    )
    list_filter = ("kind", "state", "custody", HoldingFilter, "category", ("happened_at", admin.DateFieldListFilter))
    search_fields = ("title", "description", "place", "reporter")
    search_help_text = _("Title, description, place or reporter")
    readonly_fields = (
        "shown_state",
        "marks",
        "contact",
        "created_at",
        "photographed",
        "kept",
        "held_until",
        "moved",
        "ended",
    )
    change_form_outer_before_template = "admin/lostfound/item/buttons.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "category"),
                    "title",
                    "description",
                    "hidden_marks",
                    "proof_question",
                    "place",
                    "happened_at",
                )
            },
        ),
        (_("Photos"), {"fields": ("photographed",)}),
        (_("Contact"), {"fields": ("reporter", ("contact_channel", "new_contact"))}),
        (_("State"), {"fields": (("shown_state", "created_at"),)}),
        (_("Custody"), {"fields": ("kept", "held_until", "moved", "ended")}),
    )
    add_fieldsets = (fieldsets[0], fieldsets[2])

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of requests: of the rows that are shown, not of all that are listed."""
        mine = ContactRequest.objects.filter(item=OuterRef("pk")).order_by().values("item")
        asks = Coalesce(Subquery(mine.annotate(asks=Count("pk")).values("asks")), 0)
        return super().get_queryset(request).annotate(asks=asks)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Items are closed, never deleted: requests and their timeline hang on them."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if obj is None:
            return sets
        if not self.has_change_permission(request, obj):
            what = tuple("marks" if name == "hidden_marks" else name for name in sets[0][1]["fields"])
            contact: Any = (_("Contact"), {"fields": ("reporter", "contact")})
            sets = ((None, {"fields": what}), sets[1], contact, *sets[3:])
        return sets if obj.kind == ItemKind.FOUND else sets[:4]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look reads `marks` instead."""
        return None if obj is None or self.has_change_permission(request, obj) else ("hidden_marks",)

    def save_model(self, request: HttpRequest, obj: Item, form: Any, change: bool) -> None:
        """A new one through the service; a corrected one is saved as it is, its state untouched."""
        values = form.cleaned_data
        if not change:
            made = services.report_item(
                **{name: values[name] for name in FIELDS},
                contact_value=values["new_contact"],
                actor=request.user.get_username(),
            )
            obj.pk, obj.state, obj.created_at = made.pk, made.state, made.created_at
            return
        changed = [name for name in form.changed_data if name in FIELDS]
        if values["contact_channel"] == Channel.WECOM or values["new_contact"]:
            obj.contact_value = "" if values["contact_channel"] == Channel.WECOM else values["new_contact"]
            changed.append("contact_value")
        obj.save(update_fields=changed)
        if obj.category in WITHOUT_PHOTOS and obj.photos.exists():
            delete_photos(obj.photos.all())
            told = gettext("%(what)s: shown without photos, so those of this item were deleted.")
            messages.info(request, told % {"what": obj.get_category_display()})

    def get_urls(self) -> list[URLPattern]:
        pages = {"ask": self.ask, "move": self.move, "label": self.label, "handover": self.hand_over}
        return [
            path("thanks/", self.admin_site.admin_view(self.thanks), name="lostfound_item_thanks"),
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"lostfound_item_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A form in which the desk asks for the finder's contact on behalf of an owner."""
        item = self.get_object(request, object_id)
        if item is None:
            raise Http404
        if not self.may_ask(request):
            raise PermissionDenied
        form = AskForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            answer = self._send_question(request, item, form)
            if answer is not None:
                return answer
        return self._page(request, "ask", item, title=_("Ask for the finder's contact"), form=form)

    def _page(self, request: HttpRequest, name: str, item: Item, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "item": item, **context}
        return TemplateResponse(request, f"admin/lostfound/item/{name}.html", context)

    def _send_question(self, request: HttpRequest, item: Item, form: AskForm) -> HttpResponse | None:
        try:
            asked, created = services.ask_for_contact(
                item_id=item.pk, **form.cleaned_data, actor=request.user.get_username()
            )
        except errors.LostFoundError as exc:
            form.add_error(None, in_words(exc))
            return None
        told = _("Asked: the finder gets a card.") if created else _("It was asked before and is still open: this one.")
        messages.success(request, told)
        return HttpResponseRedirect(reverse("admin:lostfound_contactrequest_change", args=[asked.pk]))

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A form in which the desk says where a found thing is kept from now on."""
        item = self._found(request, object_id)
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        now = {"custody": item.custody, "shelf": item.shelf, "box": item.box}
        # Most things that are moved come from their finder to the desk.
        form = MoveForm(request.POST or None, initial={**now, "custody": Custody.DESK})
        if request.method == "POST" and form.is_valid():
            try:
                services.move_item(item_id=item.pk, **form.cleaned_data, by=request.user.get_username())
            except errors.LostFoundError as exc:
                form.add_error(None, in_words(exc))
            else:
                messages.success(request, _("Written down: it is kept there now."))
                return HttpResponseRedirect(reverse("admin:lostfound_item_change", args=[item.pk]))
        return self._page(request, "move", item, title=_("Where it is kept"), form=form)

    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A form by which the desk gives a thing to its owner: by the pick-up code, or by another proof."""
        item = self._found(request, object_id)
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        form = HandOverForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.hand_over(item_id=item.pk, **form.cleaned_data, by=request.user.get_username())
            except errors.Invalid as exc:
                unknown = _("No owner to whom the finder agreed has this code.")
                form.add_error(exc.field, unknown if exc.field == "code" else exc.why)
            except errors.LostFoundError as exc:
                form.add_error(None, in_words(exc))
            else:
                messages.success(request, _("Handed over: the item is returned."))
                return HttpResponseRedirect(reverse("admin:lostfound_item_change", args=[item.pk]))
        return self._page(request, "handover", item, title=_("Hand over"), form=form, marks=marks_of(item))

    def thanks(self, request: HttpRequest) -> HttpResponseBase:
        """Who brought things back in a quarter; see `thanks`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return thanks.page(self, request)

    def label(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A label for the thing or its box, to be printed; its QR code opens the item on a phone."""
        item = self._found(request, object_id)
        if not self.has_view_permission(request, item):
            raise PermissionDenied
        code = segno.make(conf.outside_address(reverse("item", args=[item.pk])), error="m", micro=False)
        return self._page(request, "label", item, code=code.svg_inline(scale=4, omitsize=True, border=2))

    def _found(self, request: HttpRequest, object_id: str) -> Item:
        item: Item | None = self.get_object(request, object_id)
        if item is None or item.kind != ItemKind.FOUND:
            raise Http404
        return item

    def may_ask(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("lostfound.add_contactrequest"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            "may_ask": self.may_ask(request),
            "askable": self._askable(object_id),
            "may_move": self.has_change_permission(request),
            "requests_of": f"{reverse('admin:lostfound_contactrequest_changelist')}?item__id__exact={object_id}",
            **(extra_context or {}),
        }
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return answer

    def _askable(self, object_id: str | None) -> bool:
        if not object_id or not object_id.isdigit() or len(object_id) > 18:
            return False
        return Item.objects.filter(pk=object_id, kind=ItemKind.FOUND, state=ItemState.OPEN).exists()

    @display(description=_("No."), ordering="pk")
    def number(self, row: Item) -> str:
        return f"#{row.pk}"

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: Item) -> SafeString | str:
        return state_badge(row)

    @display(description=_("when"), ordering="happened_at")
    def found(self, row: Item) -> SafeString | str:
        return brief(row.happened_at)

    @display(description=_("requests"), ordering="asks")
    def asked(self, row: Any) -> int:
        return int(row.asks)

    @display(description=_("photos"))
    def photographed(self, row: Item) -> SafeString | str:
        return thumbnails(row) if row.pk else EMPTY

    @display(description=_("Hidden marks"))
    def marks(self, row: Item) -> str:
        return marks_of(row) or EMPTY

    @display(description=_("contact"))
    def contact(self, row: Item) -> str:
        return masked_contact(row)

    @display(description=_("kept"), ordering="custody")
    def kept(self, row: Item) -> str:
        return spot_of(row) if row.kind == ItemKind.FOUND else EMPTY

    @display(description=_("held until"))
    def held_until(self, row: Item) -> str:
        return date_format(localtime(row.happened_at + conf.holding(row.category)), "DATE_FORMAT")

    @display(description=_("moves"))
    def moved(self, row: Item) -> SafeString | str:
        lines = [(exact(move.at), spot_of(move), move.by) for move in row.moves.all()]
        return format_html_join(SafeString("<br>"), "{} · {} · {}", lines) or EMPTY

    @display(description=_("hand-over and disposal"))
    def ended(self, row: Item) -> SafeString | str:
        return format_html_join(SafeString("<br>"), "{} · {} · {}", _endings(row)) or EMPTY


def _endings(row: Item) -> list[tuple[Any, ...]]:
    """How it left the desk, and what was proposed for it: when, in words, by whom."""
    lines: list[tuple[Any, ...]] = []
    given = HandOver.objects.select_related("request").filter(item=row).first()
    if given:
        proved = _("pick-up code of %(owner)s") % {"owner": given.request.owner} if given.request else given.proof
        words = _("handed over to %(name)s (%(proof)s)") % {"name": given.signature or EMPTY, "proof": proved or EMPTY}
        lines.append((exact(given.at), words, given.by))
    for one in row.disposals.all():
        words = f"{_('disposal')}: {one.destination} · {one.get_state_display()}"
        people = f"{one.proposed_by} → {one.decided_by}" if one.decided_by else one.proposed_by
        lines.append((exact(one.decided_at or one.proposed_at), words, people))
    return lines


def spot_of(row: Item | Move) -> str:
    """Who keeps it, and on which shelf, in which box."""
    spots = ((_("shelf %(name)s"), row.shelf), (_("box %(name)s"), row.box))
    named = [str(words) % {"name": name} for words, name in spots if name]
    return " · ".join([row.get_custody_display(), *named])
