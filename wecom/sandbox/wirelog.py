"""Plumbing: the log of the wire: who called what, what was delivered where. The newest rows are kept."""

import json
from typing import TYPE_CHECKING

from . import clock
from .models import ApiCall, Delivery, World

if TYPE_CHECKING:
    from .asked import Request
    from .faults import Plan
    from .platform import Answer

KEEP = 50_000
LONGEST = 64 * 1024  # of a request or an answer: a picture in base64 is no reading matter
_EVERY = 100


def keep_call(request: "Request", answer: "Answer", *, world: World, plan: "Plan", note: str, ms: int) -> None:
    status, headers, body = answer
    row = ApiCall.objects.create(
        at=clock.now(world),
        method=request.method,
        path=request.path,
        query="&".join(f"{key}={value}" for key, value in request.query.items()),
        request=_shown(request.raw, request.content_type if request.is_form else ""),
        answer=_shown(body, "" if "json" in headers.get("Content-Type", "json") else headers["Content-Type"]),
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


def _shown(raw: bytes, binary: str) -> str:
    """What the log keeps of a body; `binary` is the content type of one that nobody could read."""
    if binary and not binary.startswith("text/"):
        return f"{len(raw)} bytes of {binary.partition(';')[0]}" if raw else ""
    text = as_text(raw[:LONGEST])
    return f"{text}… ({len(raw)} bytes)" if len(raw) > LONGEST else text


def _errcode(body: bytes) -> int | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer.get("errcode") if isinstance(answer, dict) else None
