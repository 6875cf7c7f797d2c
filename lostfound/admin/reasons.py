"""Door: why a decision was refused, in the reader's language."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lostfound import errors
from lostfound.states import CardState, RequestState
from wecom.admin.deeds import NotDone
from wecom.outbox import Outgoing

_SAID = {
    "it belongs to no contact request": gettext_lazy("It belongs to no contact request."),
    "somebody else was quicker": gettext_lazy("Somebody else was quicker."),
    "it is being handled": gettext_lazy("It is being handled right now."),
    "the card is still being sent": gettext_lazy("The card is still being sent."),
    "the card was sent a short while ago": gettext_lazy("The card was sent a short while ago and is still good."),
    "no update of this card has failed": gettext_lazy("No update of this card has failed."),
    "a newer card was sent": gettext_lazy("A newer card was sent."),
    "the finder withdrew the consent": gettext_lazy("The finder withdrew the consent."),
    "no usable response code is left; a tap on the card would bring one": gettext_lazy(
        "No usable response code is left; a tap on the card would bring one."
    ),
}
_STATE = re.compile(r"(the request|the card|it) is (\w+)")
_WHOSE: dict[str, tuple[Any, Any]] = {
    "the request": (gettext_lazy("The request is already: %(state)s."), RequestState),
    "the card": (gettext_lazy("The card is: %(state)s."), CardState),
    "it": (gettext_lazy("It is: %(state)s."), Outgoing.State),
}


def in_words(exc: errors.LostFoundError) -> str:
    """One sentence for an administrator; the decision's own where we have no better one."""
    if isinstance(exc, errors.NotFound):
        return _("There is no such row.")
    if isinstance(exc, errors.OwnItem):
        return _("This member reported the item: nobody asks for their own contact.")
    if isinstance(exc, errors.ItemClosed):
        return _("Only an open found item can be asked about.")
    if isinstance(exc, errors.RequestClosed):
        return _("The request is decided already, or the contact is on its way.")
    if isinstance(exc, errors.Invalid):
        return f"{exc.field}: {exc.why}"
    return _said(getattr(exc, "why", str(exc)))


def _said(why: str) -> str:
    if why in _SAID:
        return str(_SAID[why])
    found = _STATE.fullmatch(why)
    if found and found[2] in _WHOSE[found[1]][1].values:
        sentence, states = _WHOSE[found[1]]
        return str(sentence) % {"state": states(found[2]).label}
    return why


def translated(act: Callable[[Any, str], object]) -> Callable[[Any, str], None]:
    """The same deed, whose refusals an administrator can read."""

    def wrapped(key: Any, by: str) -> None:
        try:
            act(key, by)
        except errors.LostFoundError as exc:
            raise NotDone(in_words(exc)) from exc

    return wrapped
