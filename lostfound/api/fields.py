"""Door: fields that take what they are meant for and convert nothing else. The same on every database."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Control characters, and those that turn the direction of writing and so make a text read as another one.
_UNSEEN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_BAD_TEXT = re.compile(f"[{_UNSEEN}]")
_BAD_LINE = re.compile(rf"[\n\t{_UNSEEN}]")
_USERID = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}\Z")

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LARGEST_ID = 2**63 - 1


class TextField(serializers.CharField):
    """A JSON string; a number is not one. `lines=True` allows line breaks and tabs."""

    default_error_messages = {"unseen": _("Control characters are not allowed.")}

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.unseen = _BAD_TEXT if lines else _BAD_LINE
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.unseen.search(data.strip(" ")):
            self.fail("unseen")
        return super().to_internal_value(data)


class UserIdField(TextField):
    """One member's UserID, in lower case; `@all` and lists of members are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)
        self.validators.append(RegexValidator(_USERID, _("Not a WeCom UserID.")))

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class IdField(serializers.IntegerField):
    """The number of a row: a JSON integer, neither text nor true nor 1.0."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class MomentField(serializers.DateTimeField):
    """When something happened: ISO 8601, not before 2000 and not in the future; without a zone it is local time."""

    default_error_messages = {
        "early": _("This is before the year 2000."),
        "late": _("This is in the future."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        try:
            moment = super().to_internal_value(value)
            early, late = moment < EARLIEST, moment > timezone.now() + timedelta(days=1)
        except OverflowError:
            self.fail("overflow", timezone=timezone.get_current_timezone_name())
        if early:
            self.fail("early")
        if late:
            self.fail("late")
        return moment


class StrictSerializer(serializers.Serializer):
    """Refuses names that it does not write: nothing unknown is overlooked, nothing read-only is taken."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - {field.field_name for field in self._writable_fields})
            if unknown:
                raise serializers.ValidationError({name[:100]: [_("This field cannot be given.")] for name in unknown})
        return super().to_internal_value(data)
