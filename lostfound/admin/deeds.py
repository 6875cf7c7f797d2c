"""Door: what an administrator can do, each through the service that the commands use too."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from lostfound import errors, selectors, services
from lostfound.models import Card, ContactRequest, Item
from lostfound.services import owing
from lostfound.states import Channel, Delivery, DisposalState, ItemKind, ItemState, RequestState
from wecom import sent_cards
from wecom.admin import callbacks, cards, outgoing
from wecom.admin.deeds import Deed, never_said
from wecom.outbox import Outgoing, State
from wecom.sent_cards import CardState

from .kinds import request_id_of
from .reasons import translated
from .sentences import sentence

FAILED = (State.PARKED, State.DEAD)


def _resend(request_id: Any, by: str, why: str) -> None:
    services.resend_card(request_id=request_id, by=by, why=why)


def _expire(request_id: Any, by: str, why: str) -> None:
    services.expire_request(request_id=request_id, by=by)


def _withdraw(request_id: Any, by: str, why: str) -> None:
    services.withdraw_contact_request(request_id=request_id, actor=by, by_staff=True)


def _return(item_id: Any, by: str, why: str) -> None:
    services.close_item(item_id=item_id, state=ItemState.RETURNED, by=by)


def _close(item_id: Any, by: str, why: str) -> None:
    services.close_item(item_id=item_id, state=ItemState.CLOSED, by=by)


def _propose_disposal(item_id: Any, by: str, why: str) -> None:
    services.propose_disposal(item_id=item_id, destination=why, by=by)


def _agree_to_disposal(item_id: Any, by: str, why: str) -> None:
    services.agree_to_disposal(item_id=item_id, by=by)


def _drop_disposal(item_id: Any, by: str, why: str) -> None:
    services.drop_disposal(item_id=item_id, by=by)


def _resend_of_card(card_id: Any, by: str, why: str) -> None:
    services.resend_card(request_id=Card.objects.values_list("request_id", flat=True).get(pk=card_id), by=by, why=why)


def _retry_update_of_card(card_id: Any, by: str, why: str) -> None:
    row = sent_cards.updates_of(Card.objects.get(pk=card_id)).filter(state__in=FAILED).last()
    if row is None:
        raise errors.NothingToDo("no update of this card has failed")
    services.retry_outgoing(outgoing_id=row.pk, by=by, why=why)


def _recall(card_id: Any, by: str, why: str) -> None:
    """A card of ours through its request; one of another app, which this page shows too, by wecom alone."""
    if Card.objects.filter(pk=card_id).exists():
        services.recall_card(card_id=card_id, by=by, why=why)
    else:
        cards.recall(card_id, by, why)


def _retry(outgoing_id: Any, by: str, why: str) -> None:
    """What belongs to a request through it; a suggestion, a reply, or another app's, by wecom alone."""
    row = Outgoing.objects.filter(pk=outgoing_id).first()
    if row is None or request_id_of(row):
        services.retry_outgoing(outgoing_id=outgoing_id, by=by, why=why)
    else:
        outgoing.retry(outgoing_id, by, why)


def _replay(callback_id: Any, by: str, why: str) -> None:
    services.replay_callback(callback_id=callback_id, by=by, why=why)


def _settle(outgoing_id: Any, by: str, why: str) -> None:
    services.settle_outgoing(outgoing_id=outgoing_id, by=by, why=why)


def _settle_callback(callback_id: Any, by: str, why: str) -> None:
    services.settle_callback(callback_id=callback_id, by=by, why=why)


def _reveal(request_id: Any, by: str, why: str) -> str:
    return services.reveal_contact(request_id=request_id, by=by, why=why)


def _may_withdraw(request: ContactRequest) -> bool:
    return request.state == RequestState.PENDING or (
        request.state == RequestState.ACCEPTED
        and request.delivery == Delivery.OWED
        and not owing.contact_has_begun(request)
    )


def _why_not_withdraw(request: ContactRequest) -> str:
    if request.state == RequestState.ACCEPTED and request.delivery in (Delivery.OWED, Delivery.DELIVERED):
        return str(_("The contact is on its way, or has arrived."))
    return sentence(f"the request is {request.state}")


def _why_not_reveal(request: ContactRequest) -> Any:
    if request.consent_withdrawn_at:
        return _("The finder withdrew the consent.")
    if request.contact_channel == Channel.WECOM:
        return _("They write to each other in WeCom.")
    return _("The finder has not agreed to anything.")


_RESEND_WARNING = _(
    "The finder gets a new card; the old one, where it can be reached, then reads 已重发. "
    "Only cards that did not arrive, are stuck or have waited long are sent again."
)

RESEND = Deed(
    name="resend",
    label=_("Send the card again"),
    act=translated(_resend),
    fits=lambda row: row.state == RequestState.PENDING,
    warning=_RESEND_WARNING,
    icon="forward_to_inbox",
)
EXPIRE = Deed(
    name="expire",
    label=_("Expire"),
    act=translated(_expire),
    fits=lambda row: row.state == RequestState.PENDING,
    warning=_("The request ends, the finder's card reads 已过期, and the owner is told. This cannot be undone."),
    icon="timer_off",
)
WITHDRAW = Deed(
    name="withdraw",
    label=_("Withdraw"),
    act=translated(_withdraw),
    fits=_may_withdraw,
    why_not=_why_not_withdraw,
    warning=_("The request ends as if the owner had taken it back, and the finder's card reads 已撤回."),
    icon="undo",
)
REVEAL = Deed(
    name="reveal",
    label=_("Show the contact"),
    act=translated(_reveal),
    fits=lambda row: row.contact_channel in (Channel.PHONE, Channel.DESK) and not row.consent_withdrawn_at,
    why_not=_why_not_reveal,
    warning=_("The contact is shown to you once. That you saw it, when and why stays in the timeline."),
    reason=True,
    right="lostfound.reveal_contact",
    single=True,
    icon="visibility",
)
RECALL = replace(cards.RECALL, act=translated(_recall), reason=True)
RETRY = replace(outgoing.RETRY, act=translated(_retry))
RETRY_UPDATE = replace(RETRY, label=_("Retry the update"), risks=lambda rows: ())
SETTLE = replace(outgoing.SETTLE, act=translated(_settle))
SETTLE_CALLBACK = replace(callbacks.SETTLE, act=translated(_settle_callback))
REPLAY = replace(callbacks.REPLAY, act=translated(_replay))
RESEND_CARD = replace(
    RESEND,
    act=translated(_resend_of_card),
    fits=lambda row: row.request.state == RequestState.PENDING,
    why_not=lambda row: sentence(f"the request is {row.request.state}"),
)
RETRY_CARD = replace(RETRY_UPDATE, act=translated(_retry_update_of_card), fits=lambda row: row.state == CardState.STUCK)


def _is_open(item: Item) -> bool:
    return item.state == ItemState.OPEN


RETURN_ITEM = Deed(
    name="return",
    label=_("Mark as returned"),
    act=translated(_return),
    fits=_is_open,
    warning=_("The item takes no further requests. Those still pending end, and their owners are told."),
    icon="assignment_turned_in",
)
CLOSE_ITEM = replace(RETURN_ITEM, name="close", label=_("Close without return"), act=translated(_close), icon="archive")


def _is_proposed(item: Item) -> bool:
    return item.disposals.filter(state=DisposalState.PROPOSED).exists()


def _not_due(items: Sequence[Item]) -> list[str]:
    due = set(selectors.items_due().filter(pk__in=[item.pk for item in items]).values_list("pk", flat=True))
    early = [f"#{item.pk}" for item in items if item.pk not in due]
    return [_("Their holding period is not over: %(rows)s") % {"rows": ", ".join(early)}] if early else []


DISPOSE = Deed(
    name="dispose",
    label=_("Propose a disposal"),
    act=translated(_propose_disposal),
    fits=lambda item: item.kind == ItemKind.FOUND and _is_open(item) and not _is_proposed(item),
    why_not=never_said,
    warning=_("A second person has to agree before anything is closed."),
    risks=_not_due,
    asks=_("Where it goes, such as 捐赠 or 销毁"),
    icon="recycling",
)
AGREE = Deed(
    name="agree",
    label=_("Agree to the disposal"),
    act=translated(_agree_to_disposal),
    fits=_is_proposed,
    why_not=never_said,
    warning=_("The item is closed. That you agreed stays with it."),
    icon="done_all",
)
KEEP = Deed(
    name="keep",
    label=_("Keep it after all"),
    act=translated(_drop_disposal),
    fits=_is_proposed,
    why_not=never_said,
    warning=_("The proposal is dropped; the item stays where it is."),
    icon="undo",
)
