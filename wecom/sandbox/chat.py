"""Decisions: one member's chat as the phone draws it."""

import copy as copying
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localdate

from . import applications, conversations, faces, people, rich
from .conversations import Conversation
from .models import Copy, Media, Message

NEWEST = 60
_PAUSE = timedelta(minutes=5)
_MEDIA = ("image", "voice", "video", "file")


def entries(userid: str, now: datetime, conversation: Conversation | None = None) -> list[dict[str, Any]]:
    """What stands in the chat, oldest first: times, messages of all sides, notes of recall.

    An entry's `kind` names its template: wecom/sandbox/messages/<kind>.html, or card, time, recalled.
    """
    where = conversation or conversations.usual()
    copies = Copy.objects.filter(userid=userid, dropped=False).select_related("message")
    if where.chat:
        copies = copies.filter(message__chat=where.chat)
    else:
        copies = copies.filter(message__chat=None, message__agent_id=where.agent_id)
    newest = list(copies.order_by("-sent_at", "-id")[:NEWEST])[::-1]
    return list(_with_times(newest, now, _Names(newest), _files(copy.message for copy in newest)))


def face_for_template(copy: Copy) -> dict[str, Any]:
    """What `card.html` needs besides the card: how it looks, and where a tap goes."""
    face = faces.of(copy)
    root = reverse("sandbox:phones")
    return {
        "grey": face.grey,
        "tap_url": reverse("sandbox:tap"),
        "profile_url": f"{root}member/",
        "media_url": f"{root}media/",
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
        if isinstance(holder, dict):
            holder[name] = ours(holder.get(name))
    return card


def ours(url: Any) -> str:
    """The address, if it is one of this site's; "" for all others, so that a page asks no other host."""
    text = str(url or "")
    site = str(getattr(settings, "SITE_URL", "")) or "http://nowhere.invalid"
    is_ours = text.startswith(f"{site}/") or (text.startswith("/") and not text.startswith("//"))
    return text if is_ours else ""


class _Names:
    """Who said what: names of the members that appear, by id."""

    def __init__(self, copies: Iterable[Copy]) -> None:
        known = people.find(copy.message.sender or copy.userid for copy in copies)
        self.people = {userid: member.name for userid, member in known.items()}
        self.apps = {app.key: app.name for app in applications.every()}

    def of(self, message: Message) -> str:
        if message.origin == Message.Origin.MEMBER:
            return self.people.get(message.sender, message.sender)
        return self.apps.get(message.agent_id, "")


def _files(messages: Iterable[Message]) -> dict[str, Media]:
    ids = {media_id for message in messages for media_id in _media_ids(message)}
    return {media.media_id: media for media in Media.objects.defer("content").filter(media_id__in=ids)}


def _media_ids(message: Message) -> Iterator[str]:
    content = message.content
    if message.msgtype in _MEDIA:
        yield str(content.get("media_id"))
    if message.msgtype == "mpnews":
        yield from (str(article.get("thumb_media_id")) for article in content.get("articles", []))


def _with_times(
    copies: list[Copy], now: datetime, names: _Names, files: Mapping[str, Media]
) -> Iterator[dict[str, object]]:
    before: datetime | None = None
    for copy in copies:
        if before is None or copy.sent_at - before >= _PAUSE:
            yield {"kind": "time", "at": copy.sent_at, "today": localdate(copy.sent_at) == localdate(now)}
        before = copy.sent_at
        yield _entry(copy, names, files)


def _entry(copy: Copy, names: _Names, files: Mapping[str, Media]) -> dict[str, Any]:
    message = copy.message
    said = message.origin == Message.Origin.MEMBER
    entry = {
        "key": f"m{message.pk}",
        "mine": said and (message.sender or copy.userid) == copy.userid,
        "person": said,
        "robot": message.origin == Message.Origin.ROBOT,
        "sender": names.of(message),
        "group": message.chat_id is not None,
    }
    if message.recalled_at is not None:
        return entry | {"kind": "recalled"}
    if message.msgtype == "template_card":
        return entry | {"kind": "card", "card": shown_card(copy), "face": face_for_template(copy)}
    return entry | _drawn(message, files)


def _drawn(message: Message, files: Mapping[str, Media]) -> dict[str, Any]:
    """The entry's own part, by message type."""
    content, kind = message.content, message.msgtype
    match kind:
        case "text":
            mentioned = [f"@{name}" for name in content.get("mentioned_list") or []]
            words = " ".join([str(content.get("content", "")), *mentioned])
            return {"kind": "text", "text": rich.with_links(words)}
        case "markdown" | "markdown_v2":
            return {"kind": "markdown", "text": rich.markdown(str(content.get("content", "")))}
        case "textcard":
            return {"kind": "textcard", "content": content, "text": rich.described(str(content.get("description", "")))}
        case "news":
            articles = [{**article, "picture": ours(article.get("picurl"))} for article in content["articles"]]
            return {"kind": "articles", "articles": articles}
        case "mpnews":
            return {"kind": "articles", "articles": list(_mp_articles(message, files))}
        case _ if kind in _MEDIA:
            file = files.get(str(content.get("media_id")))
            return {"kind": kind, "content": content, "file": file, "url": _media_url(file)}
    return {"kind": kind, "content": content}


def _mp_articles(message: Message, files: Mapping[str, Media]) -> Iterator[dict[str, Any]]:
    for number, article in enumerate(message.content["articles"]):
        yield {
            "title": article.get("title"),
            "description": article.get("digest"),
            "picture": _media_url(files.get(str(article.get("thumb_media_id")))),
            "url": reverse("sandbox:article", args=[message.pk, number]),
        }


def _media_url(file: Media | None) -> str:
    return reverse("sandbox:media", args=[file.media_id]) if file else ""


def _mark(question: Mapping[str, Any], picked: list[str]) -> None:
    for option in question.get("option_list") or []:
        option["is_checked"] = option.get("id") in picked
