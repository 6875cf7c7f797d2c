"""Plumbing: the log of the wire: who called what, what was delivered where. The newest rows are kept."""

import json
from typing import TYPE_CHECKING

from . import clock
from .models import ApiCall, Delivery, World

if TYPE_CHECKING:
    from .faults import Plan
    from .platform import Answer, Request

KEEP = 2000
_EVERY = 100


def keep_call(request: "Request", answer: "Answer", *, world: World, plan: "Plan", note: str, ms: int) -> None:
    status, _, body = answer
    row = ApiCall.objects.create(
        at=clock.now(world),
        method=request.method,
        path=request.path,
        query="&".join(f"{key}={value}" for key, value in request.query.items()),
        request=as_text(request.raw),
        answer=as_text(body),
        status=status,
        errcode=_errcode(body),
        ms=ms,
        faults=str(plan)[:200],
        note=note,
    )
    if row.pk % _EVERY == 0:
        ApiCall.objects.filter(pk__lte=row.pk - KEEP).delete()


def prune_deliveries(newest: Delivery) -> None:
    if newest.pk % _EVERY == 0:
        Delivery.objects.filter(pk__lte=newest.pk - KEEP).delete()


def as_text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _errcode(body: bytes) -> int | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer.get("errcode") if isinstance(answer, dict) else None
