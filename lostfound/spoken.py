"""Plumbing: moments as people say them: 今天 10:32, 昨天 18:05, 11月3日."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

_DAY = {"zh": ("n月j日", "Y年n月j日")}
_ELSEWHERE = ("j M", "j M Y")


def spoken(moment: datetime) -> str:
    """The moment in local time, in the language of the reader."""
    local, now = timezone.localtime(moment), timezone.localtime()
    days = (now.date() - local.date()).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return _("today %(time)s") % {"time": clock}
    if days == 1:
        return _("yesterday %(time)s") % {"time": clock}
    this_year, any_year = _DAY.get((get_language() or "zh")[:2], _ELSEWHERE)
    return date_format(local, this_year if local.year == now.year else any_year)
