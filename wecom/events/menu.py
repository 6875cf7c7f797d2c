"""Facts: taps on the menu at the bottom of the application's chat. Details of scans, pictures, places: unverified.

Source: https://developer.work.weixin.qq.com/document/path/90240
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from .base import KEY_BYTES, Decimal, Each, Event, Tag, Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuTap(Event):
    """What all of them have in common: the key of the entry, or where it leads."""

    event_key: Annotated[str, Tag("EventKey", 2 * KEY_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(MenuTap):
    """An entry that calls back; event_key is its key."""

    NAME: ClassVar[str] = "click"


@dataclass(frozen=True, slots=True, kw_only=True)
class View(MenuTap):
    """An entry that opens an address; event_key is the address."""

    NAME: ClassVar[str] = "view"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewMiniprogram(MenuTap):
    """An entry that opens a mini program; event_key is its page."""

    NAME: ClassVar[str] = "view_miniprogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(MenuTap):
    """Something was scanned: scan_type is such as `qrcode`, scan_result what it says."""

    scan_type: Annotated[str, Tag("ScanCodeInfo/ScanType")] = ""
    scan_result: Annotated[str, Tag("ScanCodeInfo/ScanResult")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScancodePush(Scan):
    """A scan whose result the member sees too."""

    NAME: ClassVar[str] = "scancode_push"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScancodeWaitmsg(Scan):
    """A scan whose result only the application sees; the member waits for its answer."""

    NAME: ClassVar[str] = "scancode_waitmsg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures(MenuTap):
    """Pictures were chosen; they follow as messages, md5_sums tells them apart."""

    count: Annotated[int | None, Whole("SendPicsInfo/Count")] = None
    md5_sums: Annotated[tuple[str, ...], Each("SendPicsInfo/PicList/item/PicMd5Sum")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PicSysphoto(Pictures):
    """Pictures taken with the camera."""

    NAME: ClassVar[str] = "pic_sysphoto"


@dataclass(frozen=True, slots=True, kw_only=True)
class PicPhotoOrAlbum(Pictures):
    """Pictures taken with the camera or chosen from the album."""

    NAME: ClassVar[str] = "pic_photo_or_album"


@dataclass(frozen=True, slots=True, kw_only=True)
class PicWeixin(Pictures):
    """Pictures chosen from the album."""

    NAME: ClassVar[str] = "pic_weixin"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationSelect(MenuTap):
    """A place was chosen."""

    NAME: ClassVar[str] = "location_select"

    latitude: Annotated[float | None, Decimal("SendLocationInfo/Location_X")] = None
    longitude: Annotated[float | None, Decimal("SendLocationInfo/Location_Y")] = None
    scale: Annotated[int | None, Whole("SendLocationInfo/Scale")] = None
    label: Annotated[str, Tag("SendLocationInfo/Label")] = ""
    poiname: Annotated[str, Tag("SendLocationInfo/Poiname")] = ""
    app_type: Annotated[str, Tag("AppType")] = ""


KINDS: tuple[type[Event], ...] = (
    Click,
    View,
    ViewMiniprogram,
    ScancodePush,
    ScancodeWaitmsg,
    PicSysphoto,
    PicPhotoOrAlbum,
    PicWeixin,
    LocationSelect,
)
