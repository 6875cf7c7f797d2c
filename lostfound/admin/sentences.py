"""Door: the short English reasons that decisions write down, as sentences in the reader's language."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from lostfound.states import ItemState, RequestState
from wecom.outbox import Outgoing
from wecom.sent_cards import CardState

_KNOWN = {
    "it belongs to no contact request": _("It belongs to no contact request."),
    "somebody else was quicker": _("Somebody else was quicker."),
    "it is being handled, or its message was purged": _("It is being handled right now, or its message was purged."),
    "the finder has not agreed to anything": _("The finder has not agreed to anything."),
    "they write to each other in WeCom: there is nothing to see": _("They write to each other in WeCom."),
    "the contact was purged": _("The contact was purged."),
    "it is not set aside": _("It is not set aside."),
    "the member does not want to be told": _("The member does not want to be told."),
    "it is kept there already": _("It is kept there already."),
    "the finder keeps it": _("It is with its finder: write down first that it came to the desk."),
    "somebody has asked for it": _("Somebody has asked for it and waits for the finder's answer."),
    "its disposal is proposed already": _("Its disposal is proposed already."),
    "no disposal is proposed": _("No disposal is proposed."),
    "a second person has to agree": _("You proposed it: a second person has to agree."),
    "nothing new was found": _("Nothing new was found."),
    "the member was erased": _("The member was forgotten."),
    "the card is still being sent": _("The card is still being sent."),
    "the card is being taken back": _("The card is being taken back."),
    "the card cannot be taken back": _("It is not on any phone, or WeCom does not let it be taken back any more."),
    "the card was sent a short while ago": _("The card was sent a short while ago and is still good."),
    "a newer card was sent": _("A newer card was sent."),
    "a newer card replaces it": _("A newer card replaces it."),
    "no update of this card has failed": _("No update of this card has failed."),
    "the finder withdrew the consent": _("The finder withdrew the consent."),
    "the consent was withdrawn": _("The finder withdrew the consent."),
    "the consent was withdrawn after a try": _("The finder withdrew the consent after a try had begun."),
    "the owner took the request back": _("The owner took the request back."),
    "the finder declined": _("The finder declined."),
    "no usable code": _("No usable response code is left."),
    "no usable response code": _("No usable response code is left."),
    "no usable response code is left; a tap on the card would bring one": _(
        "No usable response code is left; a tap on the card would bring one."
    ),
    "the owner cannot be reached": _("The owner cannot be reached."),
    "no recipient can be reached": _("The finder cannot be reached."),
    "errcode 0, but no recipient can be reached": _("WeCom answered 0, but the finder cannot be reached."),
    "errcode 0, but the owner cannot be reached": _("WeCom answered 0, but the owner cannot be reached."),
    "errcode 0, but the member cannot be reached": _("WeCom answered 0, but the member cannot be reached."),
    "errcode 0, but nobody's card was changed": _("WeCom answered 0, but the finder's card was not changed."),
    "WeCom changed nobody's card": _("WeCom did not change the finder's card."),
    "a later change takes its place": _("A later change takes its place."),
    "the card was taken back": _("The card was taken back."),
    "the card was closed before it was sent": _("The card was closed before it was sent."),
    "the card shows its final text after all": _("The card shows its final text after all."),
    "the instant answer is still on its way": _("The instant answer is still on its way."),
    "a repeat would not be the same message any more": _("A repeat would not be the same message any more."),
    "the limit per member": _("The limit of messages per member is reached for the moment."),
    "the limit per api": _("The limit of this API is reached for the moment."),
    "no handler": _("Nothing here is done with such a message."),
    "meant for another app": _("It was meant for another app."),
    "unknown card": _("It is no card of ours."),
    "wrong_actor": _("Somebody tapped who is not the finder."),
    "expired": _("Nobody answered in time."),
    "not_reached": _("The question did not surely reach the finder."),
    "item_closed": _("The item was closed."),
    "finder_gone": _("The finder has left the company."),
}
_STATE = re.compile(r"(the request|the card|the item|it) is (\w+)")
_WHOSE: dict[str, tuple[Any, Any]] = {
    "the request": (_("The request is: %(state)s."), RequestState),
    "the card": (_("The card is: %(state)s."), CardState),
    "the item": (_("The item is: %(state)s."), ItemState),
    "it": (_("It is: %(state)s."), Outgoing.State),
}


def sentence(why: str) -> str:
    """The reason in words; as it was written down where we have none, such as WeCom's own errmsg."""
    if why in _KNOWN:
        return str(_KNOWN[why])
    found = _STATE.fullmatch(why)
    if found and found[2] in _WHOSE[found[1]][1].values:
        words, states = _WHOSE[found[1]]
        return str(words) % {"state": states(found[2]).label}
    return why
