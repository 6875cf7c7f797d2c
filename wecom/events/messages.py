"""Facts: what members write and send to the application. Files are not among what WeCom hands on.

Source: https://developer.work.weixin.qq.com/document/path/90239
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from .base import NUMBER_BYTES, Decimal, Event, Tag, Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """What all of them have in common. msg_id is a 64-bit number, kept as text."""

    msg_id: Annotated[str, Tag("MsgId", NUMBER_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage(Message):
    """A member wrote to the application."""

    NAME: ClassVar[str] = "text"

    content: Annotated[str, Tag("Content")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMessage(Message):
    """A member sent a picture. media_id can be fetched for three days."""

    NAME: ClassVar[str] = "image"

    pic_url: Annotated[str, Tag("PicUrl")]
    media_id: Annotated[str, Tag("MediaId")]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMessage(Message):
    """A member spoke. media_id can be fetched for three days; format is such as `amr` or `speex`."""

    NAME: ClassVar[str] = "voice"

    media_id: Annotated[str, Tag("MediaId")]
    format: Annotated[str, Tag("Format")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMessage(Message):
    """A member sent a film. Both media ids can be fetched for three days; the second is a picture of it."""

    NAME: ClassVar[str] = "video"

    media_id: Annotated[str, Tag("MediaId")]
    thumb_media_id: Annotated[str, Tag("ThumbMediaId")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationMessage(Message):
    """A member sent a place. app_type is `wxwork` from WeCom, "" from WeChat."""

    NAME: ClassVar[str] = "location"

    latitude: Annotated[float | None, Decimal("Location_X")] = None
    longitude: Annotated[float | None, Decimal("Location_Y")] = None
    scale: Annotated[int | None, Whole("Scale")] = None
    label: Annotated[str, Tag("Label")] = ""
    app_type: Annotated[str, Tag("AppType")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMessage(Message):
    """A member sent the address of a page."""

    NAME: ClassVar[str] = "link"

    title: Annotated[str, Tag("Title")] = ""
    description: Annotated[str, Tag("Description")] = ""
    url: Annotated[str, Tag("Url")] = ""
    pic_url: Annotated[str, Tag("PicUrl")] = ""


KINDS: tuple[type[Event], ...] = (TextMessage, ImageMessage, VoiceMessage, VideoMessage, LocationMessage, LinkMessage)
