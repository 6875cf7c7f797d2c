"""Door: the photos of an item, small, each opening the large one."""

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lostfound.models import Item


def thumbnails(item: Item) -> SafeString | str:
    """Nothing where there is none."""
    shown = format_html_join(
        "",
        '<a href="{}"><img src="{}" alt="{}" width="96" height="96" loading="lazy"></a>',
        (
            (
                reverse("photo", args=[photo.key, "large"]),
                reverse("photo", args=[photo.key, "small"]),
                _("%(title)s, photo %(number)s") % {"title": item.title, "number": number},
            )
            for number, photo in enumerate(item.photos.all(), 1)
        ),
    )
    return format_html('<span class="lf-photos">{}</span>', shown) if shown else ""
