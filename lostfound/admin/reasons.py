"""Door: why a decision was refused, in the reader's language."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from lostfound import errors
from wecom.admin.deeds import NotDone

from .sentences import sentence


def in_words(exc: errors.LostFoundError) -> str:
    """One sentence for an administrator; the decision's own where we have no better one."""
    if isinstance(exc, errors.NotFound):
        return _("There is no such row.")
    if isinstance(exc, errors.OwnItem):
        return _("This member reported the item: nobody asks for their own contact.")
    if isinstance(exc, errors.ItemClosed):
        return _("Only an open found item can be asked about.")
    if isinstance(exc, errors.RequestClosed):
        return _("The request is decided already, the contact is on its way, or an answer waits to be read.")
    if isinstance(exc, errors.Invalid):
        return f"{exc.field}: {exc.why}"
    return sentence(getattr(exc, "why", str(exc)))


def translated(act: Callable[[Any, str, str], object]) -> Callable[[Any, str, str], object]:
    """The same deed, whose refusals an administrator can read."""

    def wrapped(key: Any, by: str, why: str) -> object:
        try:
            return act(key, by, why)
        except errors.LostFoundError as exc:
            raise NotDone(in_words(exc)) from exc

    return wrapped
