"""Plumbing: the members whom an app has met, so that their names need not be asked for again and again.

    member = members.ask(userid)            WeCom is asked now, the row is kept
    members.named(["lisi", "zhangsan"])     {userid: name}, from the rows alone
    members.refresh()                       the worker does it every few minutes: rows are about a day old at most

Calls of WeCom: outside of transactions only.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from . import clients, conf
from .errors import ApiError, NotSent, OutOfRange, Refused, TransportError
from .models import Member
from .oauth import OUT_OF_RANGE

__all__ = ["Member", "ask", "known", "named", "refresh"]

logger = logging.getLogger(__name__)

FRESH = timedelta(days=1)
AT_ONCE = 500
NOT_LONGER = 20.0  # seconds
WORKING_HERE = (1, 4)  # active, or not yet activated; 2 is disabled, 5 has left


def known(userid: str, *, app: str = conf.DEFAULT) -> Member | None:
    """The member as last heard of; None for one who is not here, or whom the app never met."""
    return Member.objects.filter(app=app, userid=userid.lower(), is_here=True).first()


def named(userids: Iterable[str], *, app: str = conf.DEFAULT) -> dict[str, str]:
    """Names by lower-cased UserID; whoever is unknown is called by their UserID."""
    wanted = {userid.lower() for userid in userids}
    names = Member.objects.filter(app=app, userid__in=wanted).exclude(name="").values_list("userid", "name")
    return {**{userid: userid for userid in wanted}, **dict(names)}


def ask(userid: str, *, app: str = conf.DEFAULT) -> Member:
    """Ask WeCom about a member and keep what it says. Raises OutOfRange for one whom the app does not serve.

    Where WeCom cannot be asked at the moment, the member stays as they were known.
    Source: https://developer.work.weixin.qq.com/document/path/90196
    """
    try:
        member = _ask(userid, app)
    except (ApiError, NotSent, TransportError):
        member = _keep(app, userid, {}, heard=False)
    if not member.is_here:
        raise OutOfRange("out of range, disabled, or gone")
    return member


def refresh(*, app: str = conf.DEFAULT, older_than: timedelta = FRESH, most: int = AT_ONCE) -> int:
    """Ask again about those who were asked about longer ago than that, while WeCom answers; how many were.

    Not for long: other work by the clock waits, and those who are left are the first next time.
    """
    give_up = time.monotonic() + NOT_LONGER
    stale = Member.objects.filter(app=app, checked_at__lt=timezone.now() - older_than).order_by("checked_at")
    userids = list(stale.values_list("userid", flat=True)[:most])
    for number, userid in enumerate(userids):
        if time.monotonic() > give_up:
            return number
        try:
            _ask(userid, app)
        except Refused:
            _keep(app, userid, {})  # there will be no other answer: the others have their turn
        except (ApiError, NotSent, TransportError) as exc:
            left = len(userids) - number
            logger.warning("members not asked about: app=%s left=%s why=%s", app, left, type(exc).__name__)
            return number
    return len(userids)


def _ask(userid: str, app: str) -> Member:
    """The member as WeCom says now. Raises what the client raises, but for one who is not here any more."""
    try:
        said = _read(clients.get(app).user(userid))
    except ApiError as exc:
        if exc.errcode not in OUT_OF_RANGE:
            raise
        said = {"is_here": False}
    return _keep(app, userid, said)


def _read(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": str(said.get("name") or "")[:64],
        "position": str(said.get("position") or "")[:128],
        "departments": [number for number in said.get("department") or () if isinstance(number, int)],
        "is_here": said.get("status", 1) in WORKING_HERE,
    }


def _keep(app: str, userid: str, values: Mapping[str, Any], *, heard: bool = True) -> Member:
    """The row with these values. One whom WeCom could not be asked about is soon asked about again."""
    now = timezone.now()
    at = {"checked_at": now if heard else now - FRESH}
    return Member.objects.update_or_create(
        app=app,
        userid=userid.lower(),
        defaults={**values, **(at if heard else {})},
        create_defaults={**values, **at},
    )[0]
