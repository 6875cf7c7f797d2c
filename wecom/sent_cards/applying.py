"""Decisions: spending a code on a change.

A refused code is followed by one spare code; then the change is given up.
Source: https://developer.work.weixin.qq.com/document/path/94888
"""

from typing import Any

from django.utils import timezone

from wecom import alerts, limits, outbox
from wecom.errcodes import Outcome
from wecom.models import CardChange, SentCard
from wecom.outbox import Outgoing

from . import wallet
from .following import What, hear
from .queue import go_on, make_way
from .recipients import Recipients
from .rescue import give_up
from .rows import State, finish, locked_for, move, owed_changes, quiet_until

API = "message/update_template_card"
# Either code says that this response_code cannot be used (any more).
DEAD_CODE = frozenset({60140, 42022})
CODES_A_ROW = 2  # the first and one spare


def prepare(row: Outgoing) -> outbox.Call | outbox.Nothing:
    """The update to be sent; or why none is, which is then written down. Raises limits.Held where it is too early.

    60140 after a doubt proves that the first try had worked only where that try was made with this very code,
    and the code is too young to have died of age.
    """
    card, change = locked_change(row)
    if why := _why_not(card, change):
        return outbox.Nothing(why, done=change.state == CardChange.State.SHOWN)
    if (until := quiet_until(card)) and until > timezone.now():
        raise limits.Held(until, "the instant answer is still on its way")
    code = wallet.reserve_code(card, outgoing_id=row.pk)
    if code is None:
        give_up(card, change, cause=f"outgoing {row.pk}", why="no usable code")
        return outbox.Nothing("no usable response code")
    doubted = outbox.is_in_doubt(row, since=code.used_at)
    return outbox.Call(
        path=API,
        body={**_seen_by(card, change).for_update(), "response_code": code.code, **change.content},
        private=(code.code,),
        proof=DEAD_CODE if doubted and code.issued_at <= timezone.now() < code.expires_at else frozenset(),
    )


def settle(row: Outgoing, result: outbox.Result) -> outbox.Again | outbox.Park | None:
    """Write what became of the code and the card. Again: a spare code is left."""
    card, change = locked_change(row)
    cause = f"outgoing {row.pk}"
    if result.state in (outbox.State.DONE, outbox.State.INFERRED):
        wallet.spend_code(card, outgoing_id=row.pk)
        return _applied(card, change, result, cause)
    code = wallet.reserved_code(card, outgoing_id=row.pk)
    if code and result.outcome is Outcome.REFUSED and result.errcode in DEAD_CODE:
        wallet.refuse_code(code)
        hear(card, What.CODE_REFUSED, cause=cause, change=change, errcode=result.errcode)
        if not _why_not(card, change) and _has_spare(card, row):
            if timezone.now() < code.expires_at and not result.in_doubt:  # neither its age did it, nor a try of ours
                alerts.alert(alerts.CODE_REFUSED, f"outgoing {row.pk}", f"errcode={result.errcode}")
            return outbox.Again()
    elif code and not result.in_doubt:
        wallet.release_code(code)
    give_up(card, change, cause=cause, why=result.errmsg, errcode=result.errcode)
    return None


def locked_change(row: Outgoing) -> tuple[SentCard, CardChange]:
    card = locked_for(row, changes=row.subject)
    return card, card.changes.get(pk=row.subject)


def _why_not(card: SentCard, change: CardChange) -> str:
    """Why this change is not to be tried (any more)."""
    if change.state == CardChange.State.OWED and not change.final:
        left = make_way(card, owed_changes(card))
        if change not in left:
            change.refresh_from_db()
            go_on(card, left)
            return "a later change takes its place"
    if card.state != (State.CLOSING if change.final else State.SHOWN):
        return f"the card is {card.state}"
    if change.state != CardChange.State.OWED:
        return f"the change is {change.get_state_display()}"
    return ""


def _applied(card: SentCard, change: CardChange, result: outbox.Result, cause: str) -> outbox.Park | None:
    seen_by, left_out = _seen_by(card, change), outbox.unreached(result.answer)
    if seen_by.are_all_known and left_out.issuperset(seen_by.members):
        give_up(card, change, cause=cause, why="WeCom changed nobody's card")
        return outbox.Park("errcode 0, but nobody's card was changed")
    if change.state == CardChange.State.OWED:
        finish(change, CardChange.State.SHOWN)
    if card.state != State.RECALLED:  # else a rescue was quicker
        now_seen: dict[str, Any] = {} if change.members else {"shows": change.shows}
        if change.final:
            move(card, State.CLOSED, closed_at=timezone.now(), **now_seen)
        elif now_seen:
            move(card, **now_seen)
    event = What.UPDATED if result.state == outbox.State.DONE else What.UPDATE_INFERRED
    hear(card, event, cause=cause, change=change, unreached=tuple(sorted(left_out & set(seen_by.members))))
    go_on(card, cause=cause)
    return None


def _seen_by(card: SentCard, change: CardChange) -> Recipients:
    return Recipients(users=tuple(change.members)) if change.members else Recipients.of(card)


def _has_spare(card: SentCard, row: Outgoing) -> bool:
    refused = card.codes.filter(state=wallet.State.REFUSED, reserved_for=row.pk).count()
    return refused < CODES_A_ROW and wallet.usable_codes(card).exists()
