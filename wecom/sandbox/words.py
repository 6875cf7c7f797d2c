"""Decisions: faults and the wire in plain words."""

import json
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import sending
from .errcodes import MEANINGS
from .models import ApiCall, Delivery, Fault

CALLS = 40
DELIVERIES = 25

PATHS: list[tuple[str, Promise]] = [
    ("message/", gettext_lazy("sending and updating")),
    ("message/send", gettext_lazy("sending only")),
    ("message/update_template_card", gettext_lazy("updating only")),
    ("media/", gettext_lazy("files only")),
    ("appchat/", gettext_lazy("group chats only")),
    ("webhook/", gettext_lazy("robots only")),
    ("gettoken", gettext_lazy("fetching tokens only")),
    ("", gettext_lazy("every call")),
]
READY_API = ["api:delay:6000", "api:lose:", "api:hang:20", "api:hang_before:20", "api:revoke:", "api:drip:"]
READY_CALLBACK = ["callback:copies:2", "callback:delay:6000", "callback:late_reply:2000", "callback:stale:900"]


def fault(scope: str, kind: str, value: str) -> str:
    """A fault as one would say it."""
    number = int(value) if value.lstrip("-").isdigit() else 0
    seconds = f"{number / 1000:g}"
    match scope, kind:
        case "api", "delay":
            return _("answers %(seconds)s s late") % {"seconds": seconds}
        case "api", "delay_after":
            return _("does it, answers %(seconds)s s late") % {"seconds": seconds}
        case "api", "lose":
            return _("does it, loses the answer")
        case "api", "hang":
            return _("does it, hangs for %(seconds)s s") % {"seconds": number}
        case "api", "hang_before":
            return _("does nothing, hangs for %(seconds)s s") % {"seconds": number}
        case "api", "errcode":
            return _("errcode %(number)s") % {"number": number}
        case "api", "status":
            return _("HTTP %(number)s") % {"number": number}
        case "api", "revoke":
            return _("all tokens revoked")
        case "api", "drip":
            return _("answers one byte a second")
        case "api", "body":
            return _("answers with %(text)s") % {"text": value[:30] or "∅"}
        case "callback", "copies" if number == 2:
            return _("delivers twice")
        case "callback", "copies":
            return _("delivers %(number)s times at once") % {"number": number}
        case "callback", "delay":
            return _("delivers %(seconds)s s late") % {"seconds": seconds}
        case "callback", "late_reply":
            return _("the instant reply takes effect %(seconds)s s late") % {"seconds": seconds}
        case "callback", "stale":
            return _("timestamp %(minutes)s min old") % {"minutes": f"{number / 60:g}"}
    return kind


def ready(choices: list[str]) -> list[dict[str, str]]:
    """The faults one sets with one press: value of the button, and its words."""
    return [{"value": choice, "words": fault(*choice.split(":", 2))} for choice in choices]


def waiting_faults() -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "scope": row.scope,
            "words": fault(row.scope, row.kind, row.value),
            "where": dict(PATHS).get(row.path, row.path) if row.path else "",
            "left": row.left,
            "skip": row.skip,
        }
        for row in Fault.objects.filter(left__gt=0).order_by("id")
    ]


def wire() -> list[dict[str, Any]]:
    """Calls and callbacks of late, newest first."""
    calls = [_call(row) for row in ApiCall.objects.order_by("-id")[:CALLS]]
    deliveries = [_delivery(row) for row in Delivery.objects.order_by("-id").prefetch_related("tries")[:DELIVERIES]]
    return sorted([*calls, *deliveries], key=lambda entry: entry["at"], reverse=True)


def meaning(errcode: int | None, status: int) -> str:
    """What an answer of the API means; an errcode never stands alone."""
    if errcode is None:
        return _("no answer of the API, HTTP %(status)s") % {"status": status}
    return str(MEANINGS.get(errcode, _("The sandbox does not know this errcode.")))


def fault_words(scope: str, suffered: str) -> list[str]:
    """The faults that a call or delivery has suffered ("delay 6000, copies 2"), as one would say them."""
    parts = [part.partition(" ") for part in suffered.split(", ") if part]
    return [fault(scope, kind, value) for kind, _space, value in parts]


def note_words(note: str) -> str:
    """What the platform kept to itself, in the reader's language."""
    if note.startswith(sending.DROPPED):
        return _("never shown, above the limit per member: %(who)s") % {"who": note.removeprefix(sending.DROPPED)}
    if note.startswith(sending.CUT):
        return _("longer than shown, cut: %(what)s") % {"what": note.removeprefix(sending.CUT)}
    return _("seen before, not shown again") if note == sending.DUPLICATE else note


def _call(row: ApiCall) -> dict[str, Any]:
    return {
        "kind": "call",
        "key": f"c{row.pk}",
        "at": row.at,
        "row": row,
        "good": row.errcode == 0 and row.status == 200,
        "meaning": meaning(row.errcode, row.status),
        "badges": [*fault_words("api", row.faults), *([note_words(row.note)] if row.note else [])],
        "request": _pretty(row.request),
        "answer": _pretty(row.answer),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    tries = sorted(row.tries.all(), key=lambda one: (one.copy, one.number))
    return {
        "kind": "delivery",
        "key": f"d{row.pk}",
        "at": row.at,
        "row": row,
        "tries": tries,
        "good": any(one.status == 200 for one in tries) and not any(one.error for one in tries),
        "arrived": any(one.status == 200 for one in tries),
        "badges": fault_words("callback", row.faults),
        "ms": tries[-1].ms if tries else None,
    }


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text
