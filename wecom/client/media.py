"""Plumbing: temporary media of a corporation: pictures, voices, videos and files that live for three days.

Source: https://developer.work.weixin.qq.com/document/path/90253
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import TYPE_CHECKING, Any

from wecom.errors import MediaInvalid, TransportError

from .wire import Heard, checked, multipart

if TYPE_CHECKING:
    from . import Client

LIFE = timedelta(days=3)
LEAST = 6  # bytes: "over 5"
MOST = 20 * 1024 * 1024
FILENAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Limit:
    """What a sort of media may be: bytes at most, and how such files begin (empty: anything goes)."""

    most: int
    formats: str = "any"
    beginnings: re.Pattern[bytes] = re.compile(rb"")


LIMITS: Mapping[str, Limit] = {
    "image": Limit(10 * 1024 * 1024, "JPG or PNG", re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n")),
    "voice": Limit(2 * 1024 * 1024, "AMR", re.compile(rb"#!AMR")),
    "video": Limit(10 * 1024 * 1024, "MP4", re.compile(rb".{4}ftyp", re.DOTALL)),
    "file": Limit(MOST),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A file that WeCom holds for this corporation, for all its apps."""

    media_id: str
    kind: str
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.created_at + LIFE


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file as WeCom gave it back. `filename` is "" where the answer names none."""

    content: bytes
    content_type: str
    filename: str


class Media:
    """`client.media`"""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def upload(self, kind: str, filename: str, content: bytes) -> Uploaded:
        """Hand WeCom a file and get the media_id that messages name, good for three days.

        kind  image, voice, video or file; `filename` is what members see
        Raises MediaInvalid, without calling, where the kind's documented size or format is not met.
        """
        check(kind, filename, content)
        payload = multipart("media", filename, content)
        return uploaded(kind, self._client.call("media/upload", payload, params={"type": kind}))

    def get(self, media_id: str) -> Downloaded:
        """The file behind a media_id: one that was uploaded, or one that a member has sent."""

        def ask(token: str) -> Downloaded:
            return _downloaded(self._client.fetch("media/get", {"access_token": token, "media_id": media_id}))

        return self._client.with_token(ask)


def check(kind: str, filename: str, content: bytes, *, kinds: Mapping[str, Limit] = LIMITS) -> None:
    """Refuse what WeCom documents to refuse; a voice's 60 seconds are not measured."""
    if kind not in kinds:
        raise MediaInvalid("type", " or ".join(kinds), kind)
    limit = kinds[kind]
    if not filename or len(filename.encode()) > FILENAME_BYTES or re.search(r'[\x00-\x1f"/\\]', filename):
        raise MediaInvalid(
            "filename", f"1 to {FILENAME_BYTES} bytes without path, quotes and control characters", filename
        )
    if not LEAST <= len(content) <= limit.most:
        raise MediaInvalid(kind, f"{LEAST} to {limit.most} bytes", f"{len(content)} bytes")
    if not limit.beginnings.match(content):
        raise MediaInvalid(kind, limit.formats, f"a file that begins with {content[:8]!r}")


def uploaded(kind: str, answer: Mapping[str, Any]) -> Uploaded:
    """What an upload was answered; created_at comes as text."""
    media_id, seconds = answer.get("media_id"), str(answer.get("created_at", ""))
    if not isinstance(media_id, str) or not media_id:
        raise TransportError("media/upload: errcode 0, but no media_id in the answer")
    known = seconds.isascii() and seconds.isdecimal() and len(seconds) < 12
    created_at = datetime.fromtimestamp(int(seconds), UTC) if known else datetime.now(UTC)
    return Uploaded(media_id=media_id, kind=str(answer.get("type") or kind), created_at=created_at)


def _downloaded(heard: Heard) -> Downloaded:
    """A file comes with Content-Disposition; JSON (or text) without one is an answer with an errcode."""
    content_type = heard.headers.get("Content-Type", "")
    disposition = heard.headers.get("Content-Disposition", "")
    if not disposition and content_type.partition(";")[0].strip().lower() in ("application/json", "text/plain", ""):
        checked("media/get", heard.content)
        raise TransportError("media/get: errcode 0, but no file in the answer")
    return Downloaded(content=heard.content, content_type=content_type, filename=_filename(disposition))


def _filename(disposition: str) -> str:
    """The name in a Content-Disposition, whether it is encoded or stands there as raw UTF-8; never a path."""
    header = Message()
    header["Content-Disposition"] = disposition
    name = header.get_filename("")
    with contextlib.suppress(ValueError):  # unless it is no UTF-8 that was taken for Latin-1
        name = name.encode("latin-1").decode()
    return re.split(r"[/\\]", name)[-1]
