"""Decisions: media/upload, media/get and webhook/upload_media, as documented.

Source: https://developer.work.weixin.qq.com/document/path/90253 and 90254
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from . import amr, clock
from .applications import Application
from .asked import File, Request, form_file
from .errcodes import Refusal
from .models import Media, World

LIFE = timedelta(days=3)
LEAST = 6
VOICE_SECONDS = 60
ROBOT_KINDS = ("file", "voice")


@dataclass(frozen=True, slots=True)
class Rule:
    """Bytes at most, the errcode for more, and how such a file begins: content type by beginning."""

    most: int
    too_large: int
    beginnings: Mapping[str, re.Pattern[bytes]]


_MB = 1024 * 1024
_ANY = {"application/octet-stream": re.compile(b"")}
RULES = {
    "image": Rule(
        10 * _MB, 40009, {"image/jpeg": re.compile(b"\xff\xd8\xff"), "image/png": re.compile(b"\x89PNG\r\n\x1a\n")}
    ),
    "voice": Rule(2 * _MB, 40006, {"voice/amr": re.compile(b"#!AMR")}),
    "video": Rule(10 * _MB, 40011, {"video/mp4": re.compile(b".{4}ftyp", re.DOTALL)}),
    "file": Rule(20 * _MB, 40006, _ANY),
}


def upload(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    return _upload(world, app.corp_id, request, tuple(RULES))


def upload_for_robot(world: World, request: Request, key: str) -> tuple[dict[str, Any], str]:
    return _upload(world, robot_owner(key), request, ROBOT_KINDS)


def get(world: World, app: Application, request: Request) -> tuple[File, str]:
    """The bytes with Content-Disposition, as the client of any application of the corporation may have them."""
    media = living(world, request.query.get("media_id"), owner=app.corp_id)
    headers = {
        "Content-Type": media.content_type,
        "Content-Disposition": f'attachment; filename="{quote(media.name, safe="")}"; '
        f"filename*=UTF-8''{quote(media.name, safe='')}",
    }
    return File(bytes(media.content), headers), ""


def living(world: World, media_id: Any, *, owner: str, kind: str = "") -> Media:
    """The file of this owner behind a media_id, while it lives, of that kind; 40007 for any other."""
    found = Media.objects.filter(media_id=media_id, owner=owner).first() if isinstance(media_id, str) else None
    if found is None or (kind and found.kind != kind):
        raise Refusal(40007, f"media_id of {kind or 'any kind'}")
    if clock.now(world) - found.created_at >= LIFE:
        raise Refusal(40007, "media_id expired")
    return found


def robot_owner(key: str) -> str:
    return f"robot:{key}"


def _upload(world: World, owner: str, request: Request, kinds: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    kind = request.query.get("type", "")
    if kind not in kinds:
        raise Refusal(40005, f"type {kind!r}"[:80])
    name, content = form_file(request, "media")
    media = keep(world, owner=owner, kind=kind, name=name, content=content)
    stamp = str(int(media.created_at.timestamp()))
    return {"errcode": 0, "errmsg": "", "type": kind, "media_id": media.media_id, "created_at": stamp}, ""


def keep(world: World, *, owner: str, kind: str, name: str, content: bytes) -> Media:
    """Take a file in, if it is one of its kind."""
    content_type, seconds = _judged(kind, content)
    return Media.objects.create(
        media_id=secrets.token_urlsafe(48),
        owner=owner,
        kind=kind,
        name=name[:255],
        content_type=content_type,
        content=content,
        seconds=seconds,
        created_at=clock.now(world),
    )


def _judged(kind: str, content: bytes) -> tuple[str, float | None]:
    """Content type and, of a voice, the length."""
    rule = RULES[kind]
    if len(content) < LEAST:
        raise Refusal(44001 if not content else 40006, f"{len(content)} bytes")
    if len(content) > rule.most:
        raise Refusal(rule.too_large, f"{len(content)} bytes, allowed {rule.most}")
    content_type = next((name for name, begins in rule.beginnings.items() if begins.match(content)), None)
    if content_type is None:
        raise Refusal(40004, f"a {kind} is one of {', '.join(rule.beginnings)}")
    seconds = amr.seconds(content) if kind == "voice" else None
    if seconds is not None and seconds > VOICE_SECONDS:
        raise Refusal(45007, f"{seconds:g} s")
    return content_type, seconds
