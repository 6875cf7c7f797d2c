"""Door: what members type."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lostfound.models import Item
from lostfound.services.answers import REASON
from lostfound.services.items import CONTACT, DESCRIPTION, MARKS, PLACE, PROOF_QUESTION, TITLE
from lostfound.services.requests import MESSAGE
from lostfound.states import Category, Channel, ItemKind
from wecom.fields import readable

OLDEST = timedelta(days=366)
CLOCKS = timedelta(minutes=10)  # how far a phone's clock may be ahead of ours


class Moment(forms.DateTimeField):
    """What `<input type="datetime-local">` shows and sends."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


class ReportForm(forms.Form):
    """One item, lost or found. Photos are not among its fields: they come one by one."""

    category = forms.ChoiceField(
        label=_("What is it?"),
        choices=Category.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is.")},
    )
    title = forms.CharField(label=_("Item"), max_length=TITLE, required=False)
    place = forms.CharField(label=_("Where"), max_length=PLACE, required=False)
    happened_at = Moment(label=_("When"))
    description = forms.CharField(
        label=_("More about it"), max_length=DESCRIPTION, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    hidden_marks = forms.CharField(
        label=_("Hidden marks"), max_length=MARKS, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    proof_question = forms.CharField(label=_("Question to the owner"), max_length=PROOF_QUESTION, required=False)
    contact_channel = forms.ChoiceField(
        label=_("If the owner asks and you agree, they get"), choices=Channel.choices, widget=forms.RadioSelect
    )
    contact_value = forms.CharField(
        label=_("Phone number or place"),
        max_length=CONTACT,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
    )
    form_key = forms.RegexField(r"\A[0-9a-f]{32}\Z", widget=forms.HiddenInput)

    def __init__(self, kind: str, data: Any = None, *, title: str = "") -> None:
        start = {
            "title": title.replace("\0", "")[:TITLE],
            "happened_at": timezone.localtime().replace(second=0, microsecond=0),
            "contact_channel": Channel.WECOM,
            "form_key": secrets.token_hex(16),
        }
        super().__init__(data, initial=start)
        if kind == ItemKind.LOST:
            del self.fields["contact_channel"], self.fields["contact_value"], self.fields["proof_question"]

    def clean_happened_at(self) -> datetime:
        moment: datetime = self.cleaned_data["happened_at"]
        now = timezone.now()
        if moment > now + CLOCKS:
            raise forms.ValidationError(_("This time is still to come."))
        if moment < now - OLDEST:
            raise forms.ValidationError(_("This is longer ago than a year."))
        return min(moment, now)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        category = values.get("category")
        if category == Category.OTHER and not values.get("title") and "title" not in self.errors:
            self.add_error("title", _("Say in a few words what it is."))
        elif category and not values.get("title"):
            values["title"] = str(Category(category).label)
        channel = values.get("contact_channel", Channel.WECOM)
        if channel != Channel.WECOM and not values.get("contact_value") and "contact_value" not in self.errors:
            self.add_error("contact_value", _("Say which number, or where."))
        return values

    def item(self) -> dict[str, Any]:
        """What `report_item` takes. Its key is that of the page and of what was typed: a page that the browser shows
        again and that says something else now is another report.
        """
        typed = {name: self.data.get(name, "") for name in self.fields}
        key = hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()[:32]
        values = {**self.cleaned_data, "form_key": key}
        if values.get("contact_channel", Channel.WECOM) == Channel.WECOM:
            values["contact_value"] = ""
        return values


class AskForm(forms.Form):
    """Where the finder left a question, it is this that is answered."""

    message = forms.CharField(
        label=_("How do you know that it is yours?"),
        max_length=MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what the finder can check: what is in it, a scratch, a sticker.")},
    )

    def __init__(self, question: str, data: Any = None) -> None:
        super().__init__(data)
        if question:
            self.fields["message"].label = question


class AgreeForm(forms.Form):
    """By which way of contact the finder agrees; the item's own number need not be typed again."""

    contact_channel = forms.ChoiceField(label=_("The owner gets"), choices=Channel.choices, widget=forms.RadioSelect)
    contact_value = forms.CharField(
        label=_("Phone number or place"),
        max_length=CONTACT,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
    )

    def __init__(self, item: Item, data: Any = None) -> None:
        super().__init__(data, initial={"contact_channel": item.contact_channel})
        self.kept = item.contact_channel if readable(item, "contact_value") else ""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        channel = values.get("contact_channel", Channel.WECOM)
        if channel not in (Channel.WECOM, self.kept) and not values.get("contact_value"):
            self.add_error("contact_value", _("Say which number, or where."))
        return values


class DeclineForm(forms.Form):
    reason = forms.CharField(label=_("Why not (the owner reads it)"), max_length=REASON, required=False)


def marked(form: forms.Form, names: Sequence[str] = ()) -> forms.Form:
    """The form with each wrong field told to those who cannot see it: aria-invalid, and where the words are."""
    for name in names or list(form.errors):
        if name in form.fields and form.errors.get(name):
            form.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"error-{name}"}
    return form
