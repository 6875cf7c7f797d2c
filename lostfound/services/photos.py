"""Decisions: photos of items: taken in one by one, then given to the item whose form they came with.

keep_photo ─► Photo without an item, seen by its sender alone ─► give_photos ─► the item's, seen by all members
                                                └─► drop_loose_photos: the form was never sent
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from lostfound import pictures
from lostfound.errors import TooMany
from lostfound.models import Item, Photo
from lostfound.states import WITHOUT_PHOTOS

SIZES = ("large", "small")
MOST_OF_ITEM = 6
A_MINUTE, A_DAY = 30, 200  # photos of one member
LOOSE = timedelta(days=1)


def keep_photo(*, content: bytes, sent_by: str, patience: float | None = None) -> Photo:
    """Make both sizes of what a camera gave, and keep them for the form that is being filled in.

    patience  seconds to wait for its turn among all that come at once; none: as long as it takes
    Raises pictures.NotAPhoto, and TooMany for a member who sends them faster than people do, or for whom no turn came.
    """
    _keep_pace(sent_by)
    made = pictures.prepare(content, patience=patience)
    photo = Photo(key=secrets.token_urlsafe(18), sent_by=sent_by, width=made.width, height=made.height)
    for size in SIZES:
        default_storage.save(file_of(photo.key, size), ContentFile(getattr(made, size)))
    photo.save()
    return photo


def file_of(key: str, size: str) -> str:
    """The name under which one size lies in the storage."""
    return f"photos/{key[:2].lower()}/{key}-{size}.webp"


def loose_photos(keys: Sequence[str], *, sent_by: str) -> list[Photo]:
    """Those of the keys that are this member's and no item's yet, in the order in which they were named."""
    possible = [key for key in keys[:50] if "\0" not in key]  # PostgreSQL takes none
    found = {photo.key: photo for photo in Photo.objects.filter(key__in=possible, sent_by=sent_by, item=None)}
    return [found[key] for key in dict.fromkeys(keys) if key in found][:MOST_OF_ITEM]


def give_photos(item: Item, photos: Sequence[Photo]) -> int:
    """The item's from now on; how many were given. A document gets none: they are deleted."""
    mine = Photo.objects.filter(pk__in=[photo.pk for photo in photos], item=None)
    if item.category in WITHOUT_PHOTOS:
        _delete(mine)
        return 0
    return mine.update(item=item)


def drop_loose_photos() -> int:
    """Delete those whose form was never sent; how many."""
    return _delete(Photo.objects.filter(item=None, created_at__lt=timezone.now() - LOOSE)[:500])


def delete_photos(photos: "QuerySet[Photo]") -> None:
    """Delete these with their files, whoever's they are; in the caller's transaction."""
    gone = list(photos.values_list("pk", "key"))
    Photo.objects.filter(pk__in=[pk for pk, _ in gone]).delete()
    _delete_files([key for _, key in gone])


def _delete(photos: Iterable[Photo]) -> int:
    """Those that still belong to no item; how many. Files go last: one without a row is a little waste, a row without
    its file a broken picture.
    """
    gone = [photo.key for photo in photos if Photo.objects.filter(pk=photo.pk, item=None).delete()[0]]
    _delete_files(gone)
    return len(gone)


def _delete_files(keys: Iterable[str]) -> None:
    for key in keys:
        for size in SIZES:
            transaction.on_commit(partial(default_storage.delete, file_of(key, size)))


def _keep_pace(member: str) -> None:
    now = timezone.now()
    of_today = Photo.objects.filter(sent_by=member.lower(), created_at__gt=now - timedelta(days=1))
    if of_today.count() >= A_DAY or of_today.filter(Q(created_at__gt=now - timedelta(minutes=1))).count() >= A_MINUTE:
        raise TooMany("photos")
