"""Facts: what a camera gave becomes two small WebP files, or is refused before it is decoded.

    made = pictures.prepare(content)        made.large, made.small: bytes; made.width, made.height of the large one

Neither place nor time nor camera is left in them: they are drawn anew from the pixels, turned upright.
"""

import threading
from dataclasses import dataclass
from io import BytesIO

import pi_heif
from PIL import Image, ImageOps

from .errors import TooMany

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 52_000_000  # the largest sensors of phones in their usual mode
LEAST_SIDE = 16
LARGE, SMALL = 1600, 480  # pixels of the longer side
QUALITY = 78
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

pi_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded
_turn = threading.Semaphore(1)  # one photo is decoded at a time: what that needs does not add up


class NotAPhoto(Exception):
    """It cannot be taken; `why` is one of WHYS."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


WHYS = ("too_large", "too_many_pixels", "too_small", "unreadable", "moving")


@dataclass(frozen=True, slots=True)
class Prepared:
    large: bytes
    small: bytes
    width: int
    height: int


def prepare(content: bytes, *, patience: float | None = None) -> Prepared:
    """Both sizes of one photo. Raises NotAPhoto, and TooMany where its turn did not come within `patience` seconds.

    Told from its bytes alone; name and content type of an upload say nothing.
    """
    if len(content) > MOST_BYTES:
        raise NotAPhoto("too_large")
    if not _turn.acquire(timeout=patience):
        raise TooMany("photos")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            _check(opened)
            return _draw(opened)
    except NotAPhoto:
        raise
    except Exception as exc:
        raise NotAPhoto("unreadable") from exc
    finally:
        _turn.release()


def _check(opened: Image.Image) -> None:
    """What the header says, before a pixel is decoded."""
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise NotAPhoto("too_many_pixels")
    if min(width, height) < LEAST_SIDE:
        raise NotAPhoto("too_small")
    if opened.format in ("PNG", "WEBP") and getattr(opened, "n_frames", 1) > 1:
        raise NotAPhoto("moving")


def _draw(opened: Image.Image) -> Prepared:
    if opened.format in ("JPEG", "MPO"):
        opened.draft("RGB", (LARGE, LARGE))  # decodes no more pixels than are wanted
    fitted = opened.copy()
    fitted.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
    upright = _on_white(ImageOps.exif_transpose(_with_exif_of(opened, fitted)))
    small = upright.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Prepared(large=_webp(upright), small=_webp(small), width=upright.width, height=upright.height)


def _with_exif_of(opened: Image.Image, fitted: Image.Image) -> Image.Image:
    """Resized first, turned after: turning costs a second copy of all pixels."""
    fitted.info = {name: opened.info[name] for name in ("exif",) if name in opened.info}
    return fitted


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency and without anything that came along."""
    clean = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        clean.paste(coloured, mask=coloured.getchannel("A"))
    else:
        clean.paste(image.convert("RGB"))
    return clean


def _webp(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
