"""Door: what is typed into the pages of an item."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from lostfound.models import Item
from lostfound.services.custody import SPOT
from lostfound.services.handover import DIGITS, PROOF, SIGNATURE
from lostfound.services.items import MARKS
from lostfound.states import Channel, Custody, RequestState
from wecom.fields import readable

from .contacts import cannot_open, masked

FIELDS = (
    "kind",
    "title",
    "category",
    "description",
    "hidden_marks",
    "proof_question",
    "place",
    "happened_at",
    "reporter",
    "contact_channel",
)
EARLIEST = 2000  # the year
CLOCKS = timedelta(minutes=10)  # how far a desk's clock may be ahead of ours
USERID = r"[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}"


class UserIdFormField(forms.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget)
        super().__init__(rf"\A{USERID}\Z", error_messages={"invalid": _("Not a WeCom UserID.")}, **kwargs)

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).lower()


class ItemForm(forms.ModelForm):
    """The contact is written here and never read back: an empty field leaves it as it is."""

    reporter = UserIdFormField(
        label=_("Reporter"), help_text=_("WeCom UserID; of a found thing this is the finder."), max_length=64
    )
    hidden_marks = forms.CharField(
        label=_("Hidden marks"),
        required=False,
        max_length=MARKS,
        help_text=_("What only the owner can know. The desk sees it, and nobody else."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        show_hidden_initial=True,  # what stood in the form, not in the row, says whether it was changed
    )
    new_contact = forms.CharField(
        label=_("Contact"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Item
        fields = FIELDS
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        may_write = "hidden_marks" not in (self._meta.exclude or ())
        unread = may_write and _without_unreadable_marks(kwargs.get("instance"))
        super().__init__(*args, **kwargs)
        if unread:
            self.fields["hidden_marks"].help_text = _("Now: %(contact)s. Leave it empty to keep it.") % {
                "contact": cannot_open()
            }
        self.kept = masked(self.instance) if self.instance.pk else ""
        self.fields["new_contact"].help_text = (
            _("Now: %(contact)s. Leave it empty to keep it.") % {"contact": self.kept}
            if self.kept
            else _("The phone number, or where to pick it up. Empty for WeCom chat.")
        )

    def clean_happened_at(self) -> datetime:
        moment: datetime = self.cleaned_data["happened_at"]
        if moment.year < EARLIEST:
            raise forms.ValidationError(_("This is before the year 2000."))
        if moment > timezone.now() + CLOCKS:
            raise forms.ValidationError(_("This time is still to come."))
        return moment

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        by_wecom = values.get("contact_channel") == Channel.WECOM
        kept = self.kept and "contact_channel" not in self.changed_data
        if values.get("contact_channel") and not (by_wecom or kept or values.get("new_contact")):
            self.add_error("new_contact", _("Say which number, or where."))
        for name in self._asked_about(values):
            words = _("The finder is being asked to pass on what is here now. Wait for the answer, or end the request.")
            self.add_error(name, words)
        return values

    def _asked_about(self, values: dict[str, Any]) -> list[str]:
        """What must stay as it is: a card that waits for its answer says what the owner gets, and from whom.

        The row is locked until the change is saved, so that nobody is asked meanwhile.
        """
        item = Item.objects.select_for_update().filter(pk=self.instance.pk).first()
        if item is None or not item.requests.filter(state=RequestState.PENDING).exists():
            return []
        now = {"reporter": item.reporter, "contact_channel": item.contact_channel, "new_contact": ""}
        return [name for name, value in now.items() if values.get(name, value) != value]


def _without_unreadable_marks(item: Item | None) -> bool:
    """Whether no present key opens them; they stay in the database as they are unless something is typed."""
    if item is None or readable(item, "hidden_marks") is not None:
        return False
    item.hidden_marks = ""
    return True


class AskForm(forms.Form):
    owner = UserIdFormField(label=_("Owner"), help_text=_("WeCom UserID of the one who lost it."), max_length=64)
    message = forms.CharField(
        label=_("Message to the finder"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class MoveForm(forms.Form):
    custody = forms.ChoiceField(label=_("Kept"), choices=Custody.choices, widget=UnfoldAdminRadioSelectWidget)
    shelf = forms.CharField(label=_("Shelf"), required=False, max_length=SPOT, widget=UnfoldAdminTextInputWidget)
    box = forms.CharField(label=_("Box"), required=False, max_length=SPOT, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("custody") == Custody.FINDER and (values.get("shelf") or values.get("box")):
            self.add_error("custody", _("Shelves and boxes are at the desk."))
        return values


class HandOverForm(forms.Form):
    code = forms.CharField(
        label=_("Pick-up code"),
        required=False,
        max_length=DIGITS + 4,
        help_text=_("Six digits that the owner finds on their page 我的. Without it say below what proved it."),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    signature = forms.CharField(
        label=_("Name of who receives it"), max_length=SIGNATURE, widget=UnfoldAdminTextInputWidget
    )
    proof = forms.CharField(
        label=_("What proved that it is theirs"),
        required=False,
        max_length=PROOF,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split())

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not values.get("code") and not values.get("proof") and "proof" not in self.errors:
            self.add_error("proof", _("Enter the pick-up code, or say here what proved it."))
        return values
