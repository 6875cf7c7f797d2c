"""Decisions: the response codes of a card, each good for one change of what it shows.

    live ─► reserved ─► spent | refused      reserved: by one outgoing row, which may repeat with it after a doubt
    live ─► expired                          older than the longer of WeCom's two lifetimes
    reserved ─► live                         WeCom refused for another reason, so the code is probably unused

Source: https://developer.work.weixin.qq.com/document/path/94888
"""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from lostfound import conf
from lostfound.models import Card, ResponseCode
from lostfound.states import CodeSource, CodeState
from wecom.fields import fingerprint


def keep_code(
    *, card: Card, code: str, source: CodeSource, userid: str, issued_at: datetime, app: str = "default"
) -> bool:
    """Put a code into the wallet; False where there is none, or it was kept before (spent ones stay spent)."""
    if not code:
        return False
    values = {
        "card": card,
        "code": code,
        "source": source,
        "userid": userid,
        "issued_at": issued_at,
        "expires_at": issued_at + conf.code_lifetime(),
    }
    _, new = ResponseCode.objects.get_or_create(app=app, fingerprint=fingerprint(code), defaults=values)
    return new


def usable_codes(card: Card, *, now: datetime | None = None) -> "QuerySet[ResponseCode]":
    """Codes that may still change what the recipient sees, youngest first; never a code of somebody else's tap."""
    oldest = (now or timezone.now()) - conf.code_hard_lifetime()
    live = card.codes.filter(state=CodeState.LIVE, userid=card.recipient, issued_at__gt=oldest)
    return live.order_by("-issued_at", "-pk")


def reserve_code(*, card: Card, outgoing_id: int) -> ResponseCode | None:
    """The code this row is to spend: the one it holds already, else the youngest usable one; None where there is none.

    Of two rows that ask at the same moment one gets a code: the move is one filtered UPDATE.
    """
    if held := reserved_code(card=card, outgoing_id=outgoing_id):
        return held
    now = timezone.now()
    _expire(card, now)
    for code in usable_codes(card, now=now):
        if _move(code, CodeState.LIVE, CodeState.RESERVED, reserved_for=outgoing_id, used_at=now):
            code.refresh_from_db()
            return code
    return None


def reserved_code(*, card: Card, outgoing_id: int) -> ResponseCode | None:
    return card.codes.filter(state=CodeState.RESERVED, reserved_for=outgoing_id).first()


def spend_code(code: ResponseCode) -> bool:
    return _move(code, CodeState.RESERVED, CodeState.SPENT, used_at=timezone.now())


def refuse_code(code: ResponseCode) -> bool:
    return _move(code, CodeState.RESERVED, CodeState.REFUSED)


def release_code(code: ResponseCode) -> bool:
    return _move(code, CodeState.RESERVED, CodeState.LIVE, reserved_for=None, used_at=None)


def _expire(card: Card, now: datetime) -> None:
    card.codes.filter(state=CodeState.LIVE, issued_at__lte=now - conf.code_hard_lifetime()).update(
        state=CodeState.EXPIRED
    )


def _move(code: ResponseCode, old: CodeState, new: CodeState, **fields: object) -> bool:
    return bool(ResponseCode.objects.filter(pk=code.pk, state=old).update(state=new, **fields))
