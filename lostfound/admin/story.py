"""Door: the timeline of a request, told in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lostfound.models import TimelineEntry
from lostfound.states import Final, Happened
from wecom.admin.labels import errcode_line, exact

from .kinds import KINDS
from .sentences import sentence

Shown = SafeString | str


@dataclass(frozen=True, slots=True)
class Line:
    at: Shown
    what: str
    actor: str
    cause: Shown
    details: list[Shown]


def tell(entry: TimelineEntry, pages: Mapping[str, str]) -> Line:
    """One line: when, what, by whom, because of what, and what else was written down.

    pages  the addresses of this request's outgoing rows, by key
    """
    return Line(
        at=exact(entry.at),
        what=str(Happened(entry.event).label) if entry.event in Happened.values else entry.event,
        actor=_("by itself") if entry.actor == "worker" else entry.actor,
        cause=_cause(entry.cause, pages),
        details=list(_details(entry.data)) if isinstance(entry.data, dict) else [],
    )


def _cause(cause: str, pages: Mapping[str, str]) -> Shown:
    """`callback 12` and `outgoing 12` lead to their pages."""
    what, _blank, key = cause.partition(" ")
    if what == "callback" and key.isdigit():
        return _link(_("callback"), reverse("admin:wecom_callback_change", args=[key]), key)
    if what == "outgoing" and key in pages:
        return _link(_("outgoing message"), pages[key], key)
    return sentence(cause)


def _link(words: str, address: str, key: str) -> SafeString:
    return format_html('<a class="lf-link" href="{}">{} #{}</a>', address, words, key)


def _details(data: dict[str, Any]) -> Iterator[Shown]:
    for name, value in data.items():
        if value in ("", None):
            continue
        told = _TOLD.get(name)
        yield told(value) if told else f"{name}: {value}"


def _final(value: Any) -> str:
    return str(Final(value).label) if value in Final.values else str(value)


# What a short message told; the keys are those of card_content.TELLS.
_NEWS: dict[str, Any] = {
    "undelivered": Happened.CARD_UNDELIVERED.label,
    "unsure": Happened.CARD_UNSURE.label,
    "declined": Happened.DECLINED.label,
    "expired": Happened.EXPIRED.label,
    "please_delete": Happened.CONSENT_WITHDRAWN.label,
    "delivered_late": Happened.CONTACT_DELIVERED.label,
    "rescue": Happened.CARD_STUCK.label,
}


def _news(value: Any) -> str:
    """The subject of a short message, without the round that it may carry after a hyphen."""
    word = str(value).partition("-")[0]
    return str(_NEWS[word]) if word in _NEWS else sentence(word)


_RESCUES: dict[str, Any] = {
    "recall": gettext_lazy("the card is being taken back"),
    "text": gettext_lazy("a short message tells the finder"),
    "none": gettext_lazy("the finder need not be told"),
}
_TOLD: dict[str, Any] = {
    "round": lambda value: _("card %(round)s") % {"round": value},
    "errcode": lambda value: errcode_line(value) if isinstance(value, int) else str(value),
    "why": lambda value: sentence(str(value)),
    "kind": lambda value: str(KINDS.get(value, value)),
    "final": _final,
    "shows": lambda value: _("shows “%(text)s”") % {"text": value},
    "key": lambda value: _("button “%(key)s”") % {"key": value},
    "what": _news,
    "reason": lambda value: _("reason: %(reason)s") % {"reason": value},
    "rescue": lambda value: str(_RESCUES.get(value, value)),
}
