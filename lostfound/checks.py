"""Door: what is wrong with the settings of the lost and found is said at start-up."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .states import Category

MOST_DAYS = 3650


@register()
def check_holding(**kwargs: Any) -> list[CheckMessage]:
    """A period for a category that there is not would be one for none."""
    days_of = getattr(settings, "LOSTFOUND_HOLDING_DAYS_OF", {})
    periods = {"LOSTFOUND_HOLDING_DAYS": getattr(settings, "LOSTFOUND_HOLDING_DAYS", 90)}
    periods |= {f"LOSTFOUND_HOLDING_DAYS_OF: {category}": days for category, days in days_of.items()}
    unknown = sorted(set(days_of) - set(Category.values))
    wrong = [name for name, days in periods.items() if not 1 <= days <= MOST_DAYS]
    said = [f"LOSTFOUND_HOLDING_DAYS_OF knows no category {name!r}." for name in unknown]
    said += [f"{name} must be between 1 and {MOST_DAYS} days." for name in wrong]
    hint = f"Categories: {', '.join(Category.values)}."
    return [Error(words, hint=hint, id="lostfound.E001") for words in said]
