"""Decisions: the response codes of a card, each good for one change of what it shows.

    live ─► reserved ─► spent | refused      reserved: by one outgoing row, which may repeat with it after a doubt
    live ─► expired                          older than the longer of WeCom's two lifetimes
    reserved ─► live                         refused for another reason, or not needed: the code is probably unused

Source: https://developer.work.weixin.qq.com/document/path/94888
"""

from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from wecom import conf
from wecom.fields import Literal, fingerprint
from wecom.models import ResponseCode, SentCard

from .recipients import Recipients

State, Source = ResponseCode.State, ResponseCode.Source
AT_ONCE = 5_000  # codes that are written down as expired in one go
_ORDER = (F("used_at").asc(nulls_first=True), "-issued_at", "-pk")


def keep_code(card: SentCard, code: str, *, source: ResponseCode.Source, issued_at: datetime, userid: str = "") -> None:
    """Put a code into the wallet, if there is one; what was kept before stays as it is, and spent ones spent."""
    if not code:
        return
    kept = ResponseCode(
        card_id=card.pk,
        app=card.app,
        code=code,
        fingerprint=fingerprint(code),
        source=source,
        userid=userid,
        issued_at=issued_at,
        expires_at=issued_at + conf.code_lifetime(),
    )
    ResponseCode.objects.bulk_create([kept], ignore_conflicts=True)


def usable_codes(card: SentCard) -> "QuerySet[ResponseCode]":
    """Codes that may still change what the recipients see: never-tried ones first, the youngest of them first.

    Where all recipients are known, a code of somebody else's tap is never among them.
    """
    return card.codes.filter(_usable(card, timezone.now())).order_by(*_ORDER)


def reserve_code(card: SentCard, *, outgoing_id: int) -> ResponseCode | None:
    """The code this row is to spend: the one it holds already, else the first usable one; None where there is none.

    Of two rows that ask at the same moment one gets a code: the move is one filtered UPDATE.
    """
    now = timezone.now()
    held = Q(state=State.RESERVED, reserved_for=outgoing_id)
    for code in card.codes.filter(held | _usable(card, now)).order_by("-state", *_ORDER):  # reserved before live
        if code.state == State.RESERVED:
            if code.used_at and code.used_at > now:  # by a clock that was ahead: the next tries are with this code too
                _move(code, State.RESERVED, State.RESERVED, used_at=now)
            return code
        if _move(code, State.LIVE, State.RESERVED, reserved_for=outgoing_id, used_at=now):
            return code
    return None


def reserved_code(card: SentCard, *, outgoing_id: int) -> ResponseCode | None:
    return card.codes.filter(state=State.RESERVED, reserved_for=outgoing_id).first()


def spend_code(card: SentCard, *, outgoing_id: int) -> None:
    """The change was made with the code that this row holds."""
    held = card.codes.filter(state=State.RESERVED, reserved_for=outgoing_id)
    held.update(state=State.SPENT, used_at=timezone.now())


def refuse_code(code: ResponseCode) -> bool:
    return _move(code, State.RESERVED, State.REFUSED)


def release_code(code: ResponseCode, *, in_doubt: bool = False) -> bool:
    """Free again. `in_doubt`: it may be spent after all, so it comes last."""
    return _move(code, State.RESERVED, State.LIVE, reserved_for=None, used_at=code.used_at if in_doubt else None)


def expire_codes() -> int:
    """Write down which codes are too old for either of WeCom's lifetimes; of how many."""
    now = timezone.now()
    old = ResponseCode.objects.filter(
        state=Literal(State.LIVE.value), expires_at__lte=now, issued_at__lte=now - conf.code_hard_lifetime()
    )
    some = list(old.values_list("pk", flat=True)[:AT_ONCE])
    return ResponseCode.objects.filter(pk__in=some, state=State.LIVE).update(state=State.EXPIRED) if some else 0


def _usable(card: SentCard, now: datetime) -> Q:
    live = Q(state=State.LIVE, issued_at__gt=now - conf.code_hard_lifetime())
    recipients = Recipients.of(card)
    return live & Q(userid__in=["", *recipients.users]) if recipients.are_all_known else live


def _move(code: ResponseCode, old: ResponseCode.State, new: ResponseCode.State, **fields: object) -> bool:
    if not ResponseCode.objects.filter(pk=code.pk, state=old).update(state=new, **fields):
        return False
    for name, value in {"state": new, **fields}.items():
        setattr(code, name, value)
    return True
