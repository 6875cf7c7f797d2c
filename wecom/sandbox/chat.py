"""Decisions: one member's chat as the phone draws it."""

import copy as copying
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from . import faces
from .models import Copy, Message

NEWEST = 60
_PAUSE = timedelta(minutes=5)
_LINK = re.compile(r'<a\s+href="(https?://[^"<>]*)"\s*>([^<]*)</a>|(https?://[^\s<>"]+)')


def entries(userid: str, now: datetime) -> list[dict[str, Any]]:
    """What stands in the chat, oldest first: times, texts of both sides, cards, notes of recall."""
    newest = (
        Copy.objects.filter(userid=userid, dropped=False).select_related("message").order_by("-sent_at", "-id")[:NEWEST]
    )
    return list(_with_times(list(newest)[::-1], now))


def face_for_template(copy: Copy) -> dict[str, Any]:
    """What `card.html` needs besides the card: how it looks, and where a tap goes."""
    face = faces.of(copy)
    return {
        "grey": face.grey,
        "tap_url": reverse("sandbox:tap"),
        "profile_url": reverse("sandbox:phones") + "member/",
        "message_id": copy.message_id,
        "member": copy.userid,
        "version": copy.changes,
        "pictures": True,
    }


def shown_card(copy: Copy) -> dict[str, Any]:
    """The card with the member's choices marked, and without pictures of other hosts."""
    card = copying.deepcopy(dict(faces.of(copy).card))
    choices = faces.chosen(copy, {})
    for question in faces.questions(card):
        picked = choices.get(str(question.get("question_key")), [])
        _mark(question, picked)
    for block, name in (("source", "icon_url"), ("card_image", "url"), ("image_text_area", "image_url")):
        holder = card.get(block)
        if isinstance(holder, dict) and not _is_ours(str(holder.get(name, ""))):
            holder[name] = ""
    return card


def with_links(text: str) -> SafeString:
    """A text as the client shows it: anchors and addresses can be clicked, everything else is plain."""
    parts: list[SafeString] = []
    last = 0
    for found in _LINK.finditer(text):
        parts.append(format_html("{}", text[last : found.start()]))
        url = found[1] or found[3]
        parts.append(format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', url, found[2] or url))
        last = found.end()
    parts.append(format_html("{}", text[last:]))
    return format_html_join("", "{}", ((part,) for part in parts))


def _with_times(copies: list[Copy], now: datetime) -> Iterator[dict[str, Any]]:
    before: datetime | None = None
    for copy in copies:
        if before is None or copy.sent_at - before >= _PAUSE:
            yield {"kind": "time", "at": copy.sent_at, "today": localdate(copy.sent_at) == localdate(now)}
        before = copy.sent_at
        yield _entry(copy)


def _entry(copy: Copy) -> dict[str, Any]:
    message = copy.message
    if message.recalled_at is not None:
        return {"kind": "recalled", "key": f"m{message.pk}"}
    if message.msgtype == "template_card":
        return {
            "kind": "card",
            "key": f"m{message.pk}",
            "card": shown_card(copy),
            "face": face_for_template(copy),
        }
    said = message.origin == Message.Origin.MEMBER
    return {
        "kind": "said" if said else "text",
        "key": f"m{message.pk}",
        "text": with_links(str(message.content.get("content", ""))),
    }


def _mark(question: Mapping[str, Any], picked: list[str]) -> None:
    for option in question.get("option_list") or []:
        option["is_checked"] = option.get("id") in picked


def _is_ours(url: str) -> bool:
    return url.startswith(f"{settings.SITE_URL}/") or (url.startswith("/") and not url.startswith("//"))
