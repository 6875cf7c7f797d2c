"""Door: how states, moments and errcodes are shown. One colour and one word for one state, wherever it appears."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from wecom.errcodes import explain

# What needs a person is red or orange, what is done is green, everything else is grey.
_RED = ["dead", "poison", "stuck", "undelivered", "failed"]
_ORANGE = ["parked", "quarantined", "unsure"]
_GREEN = ["done", "inferred", "delivered", "accepted", "closed", "returned", "applied"]
TONES: Mapping[str, str] = {
    **dict.fromkeys(_RED, "danger"),
    **dict.fromkeys(_ORANGE, "warning"),
    **dict.fromkeys(_GREEN, "success"),
}
EMPTY = "–"


def badge(state: str, words: object) -> SafeString:
    """The words of a state in its colour."""
    shown = render_to_string("unfold/helpers/label.html", {"text": words, "variant": TONES.get(state, "default")})
    return mark_safe(" ".join(shown.split()))  # noqa: S308  a template escaped it


def state_badge(row: Any, field: str = "state") -> SafeString | str:
    """The badge of a field with choices; a dash where it is empty."""
    value = getattr(row, field)
    return badge(value, getattr(row, f"get_{field}_display")()) if value else EMPTY


def exact(moment: datetime | None) -> SafeString | str:
    """Local date and time to the millisecond, in a shape that sorts and compares by eye."""
    if moment is None:
        return EMPTY
    local = timezone.localtime(moment)
    return format_html(
        '<span class="lf-moment">{} <b>{}</b><small>.{}</small></span>',
        f"{local:%Y-%m-%d}",
        f"{local:%H:%M:%S}",
        f"{local.microsecond // 1000:03d}",
    )


def brief(moment: datetime | None) -> SafeString | str:
    """Local date and time to the minute, for lists."""
    if moment is None:
        return EMPTY
    local = timezone.localtime(moment)
    return format_html('<span class="lf-moment" title="{}">{}</span>', local.isoformat(), f"{local:%Y-%m-%d %H:%M}")


def time_left(moment: datetime) -> str:
    """In words, how long it is until then; `over` where it is past."""
    left = moment - timezone.now()
    if left <= timedelta(0):
        return _("over")
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    if hours:
        return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    return ngettext("%(count)d minute left", "%(count)d minutes left", minutes) % {"count": minutes}


def duration(time: timedelta) -> str:
    """Roughly, in the unit that people would use."""
    seconds = time.total_seconds()
    if seconds < 60:
        return _("%(count)s s") % {"count": f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"}
    if seconds < 3600:
        return _("%(count)s min") % {"count": f"{seconds / 60:.0f}"}
    if seconds < 48 * 3600:
        return _("%(count)s h") % {"count": f"{seconds / 3600:.0f}"}
    return _("%(count)s d") % {"count": f"{seconds / 86400:.0f}"}


def errcode_words(code: int) -> tuple[str, str]:
    """What an errcode means and what to do about it, in the reader's language."""
    row = explain(code)
    if (get_language() or "").startswith("zh"):
        return row.meaning_zh, row.remedy_zh
    return row.meaning_en, row.remedy_en


def errcode_line(code: int | None) -> SafeString | str:
    """The number with its meaning, the remedy on hovering: an errcode never stands alone."""
    if code is None:
        return EMPTY
    meaning, remedy = errcode_words(code)
    return format_html('<span class="lf-errcode" title="{}"><b>{}</b> {}</span>', remedy, code, meaning)


def errcode_full(code: int | None) -> SafeString | str:
    """The number, its meaning and its remedy, one below the other."""
    if code is None:
        return EMPTY
    meaning, remedy = errcode_words(code)
    return format_html('<div class="lf-errcode"><b>{}</b> {}<p>{}</p></div>', code, meaning, remedy)
