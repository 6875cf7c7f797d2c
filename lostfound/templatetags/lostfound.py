"""Door: what the templates of the lost and found need."""

from datetime import datetime

from django import template

from lostfound.spoken import spoken

register = template.Library()


@register.filter
def said(moment: datetime) -> str:
    """今天 10:32, 昨天 18:05, 11月3日."""
    return spoken(moment)
