"""Decisions: a card on its way to the phones."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from wecom import cards, conf, outbox
from wecom.models import CardChange, SentCard
from wecom.outbox import Outgoing

from . import contents, wallet
from .contents import Content
from .following import What, effect_key, follower_of, hear, kind
from .queue import go_on, strike
from .recipients import Recipients
from .rescue import take_back_if_wanted
from .rows import State, locked_for, move, owed_changes

SEND = "send_card"
NOT_SHOWN_YET = (State.OWED, State.UNDELIVERED, State.UNSURE)
# task_id exists already: after a doubt this says that the first try had arrived.
# Source: https://developer.work.weixin.qq.com/document/path/90313
TASK_ID_EXISTS = frozenset({42014})

_Row = TypeVar("_Row", bound=SentCard)


def new_task_id(prefix: str = "card") -> str:
    """A task_id that no other card has: `card-` and 24 hexadecimal digits."""
    return f"{prefix}-{secrets.token_hex(12)}"


def send(
    card: cards.Card,
    *,
    to: str | Iterable[str] = (),
    parties: Iterable[int] = (),
    tags: Iterable[int] = (),
    key: str = "",
    app: str = conf.DEFAULT,
    follower: str = "",
    topic: str = "",
    expires_in: timedelta | None = None,
    expired_text: Content = "已过期",
    row: SentCard | None = None,
) -> SentCard:
    """Promise a card, inside the transaction that makes it due; sending under the same key again changes nothing.

    to               UserIDs, or "@all"
    key              our own name for it, unique per app; the task_id where it is left out
    follower         the name of the Follower whose card it is; "": nobody hears of it
    topic            what its owner groups by; its effects carry it too
    expires_in       closed by itself that long after now, or earlier while the code of the send can still do it;
                     it then shows expired_text
    row              an unsaved instance of a model of the caller's that extends SentCard
    Raises CardInvalid or MessageInvalid where WeCom would refuse it, ConfigError for an unknown app or follower.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a card is owed inside the transaction that makes it due")
    row = SentCard() if row is None else row
    payload = card.to_payload()
    row.app, row.follower, row.topic = conf.app(app).alias, follower, topic
    row.task_id = payload.setdefault("task_id", new_task_id())
    row.key = key or row.task_id
    row.payload, row.recipients = payload, Recipients.named(to, parties, tags).as_json()
    follower_of(row)  # it exists
    if expires_in is not None:
        row.expires_at = timezone.now() + min(expires_in, conf.answer_within())
        row.expired_content = contents.for_card(row, expired_text)
    if not _is_new(row):
        return SentCard.objects.get(app=app, key=row.key)
    owe(row)
    return row


def owe(card: SentCard) -> Outgoing:
    return outbox.owe(
        kind(card, SEND), subject=card.pk, effect_key=effect_key(card, SEND), topic=card.topic, app=card.app
    )


def prepare(row: Outgoing) -> outbox.Call | outbox.Nothing:
    """The card to be sent; or why it is not sent, which is then written down."""
    card = locked_for(row, pk=row.subject)
    if card.state != State.OWED:
        if card.state == State.SHOWN:  # a tap was quicker, and a recall has waited for what this row brings
            take_back_if_wanted(card, cause=f"outgoing {row.pk}")
        return outbox.Nothing(f"the card is {card.state}", done=card.state != State.CANCELLED)
    why = follower_of(card).unwanted(card) or _unwanted(card)
    if not why:
        to = Recipients.of(card)
        body = {**to.for_send(), "msgtype": "template_card", "template_card": card.payload, **outbox.DUPLICATE_CHECK}
        return outbox.Call(path=outbox.SEND, body=body, to=to.members, proof=TASK_ID_EXISTS)
    if outbox.is_in_doubt(row):
        mark_not_shown(card, State.UNSURE, What.UNSURE, cause=f"outgoing {row.pk}", why=why)
    else:
        mark_not_shown(card, State.CANCELLED, What.CANCELLED, cause=f"outgoing {row.pk}", why=why)
        for change in owed_changes(card):
            strike(card, change, CardChange.State.GIVEN_UP)
    return outbox.Nothing(why)


def settle(row: Outgoing, result: outbox.Result) -> outbox.Park | None:
    """Write down whether the card stands on the phones."""
    card = locked_for(row, pk=row.subject)
    cause = f"outgoing {row.pk}"
    if result.state == outbox.State.DONE:
        to, left_out = Recipients.of(card), outbox.unreached(result.answer)
        if to.are_all_known and left_out.issuperset(to.members):
            mark_not_shown(card, State.UNDELIVERED, What.UNDELIVERED, cause=cause, why="no recipient can be reached")
            if card.state == State.SHOWN:  # an earlier try had reached them
                take_back_if_wanted(card, cause=cause)
            return outbox.Park("errcode 0, but no recipient can be reached")
        _keep_answer(card, dict(result.answer), unreached=sorted(left_out & set(to.members)))
        mark_shown(card, What.SENT, cause=cause)
        take_back_if_wanted(card, cause=cause)
    elif result.state == outbox.State.INFERRED:
        mark_shown(card, What.INFERRED, cause=cause)
        take_back_if_wanted(card, cause=cause)
    elif card.state == State.SHOWN:
        take_back_if_wanted(card, cause=cause)
    elif result.in_doubt:
        mark_not_shown(card, State.UNSURE, What.UNSURE, cause=cause, why=result.errmsg)
    else:
        why, errcode = result.errmsg, result.errcode
        mark_not_shown(card, State.UNDELIVERED, What.UNDELIVERED, cause=cause, why=why, errcode=errcode)
    return None


def mark_shown(card: SentCard, what: What, *, by: str = "", cause: str = "") -> None:
    """The card is on the phones, its buttons alive. What became due meanwhile goes on its way now."""
    if card.state not in NOT_SHOWN_YET:
        return
    move(card, State.SHOWN, sent_at=card.sent_at or timezone.now(), shows=contents.words(card.payload))
    hear(card, what, by=by, cause=cause, unreached=tuple(card.unreached))
    go_on(card, by=by, cause=cause)


def mark_not_shown(
    card: SentCard, state: SentCard.State, what: What, *, cause: str, why: str, errcode: int | None = None
) -> None:
    """The send came to nothing, unless a tap has proved the opposite."""
    if card.state == State.OWED:
        move(card, state)
        hear(card, what, cause=cause, why=why, errcode=errcode)


def _is_new(row: SentCard) -> bool:
    """Save the row; False where the app has a card of this key already."""
    if SentCard.objects.filter(app=row.app, key=row.key).exists():
        return False
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if not SentCard.objects.filter(app=row.app, key=row.key).exists():
            raise
        return False  # somebody sent it at the same moment
    return True


def _unwanted(card: SentCard) -> str:
    if card.recall_wanted:
        return "the card was taken back"
    return "the card was closed before it was sent" if card.is_final else ""


def _keep_answer(card: SentCard, answer: dict[str, Any], *, unreached: list[str]) -> None:
    """Keep what the send's answer brought, whatever became of the card meanwhile."""
    move(card, msgid=str(answer.get("msgid") or "")[:190], unreached=unreached)
    wallet.keep_code(
        card,
        str(answer.get("response_code") or ""),
        source=wallet.Source.SEND,
        userid=Recipients.of(card).only_one,
        issued_at=timezone.now(),
    )
