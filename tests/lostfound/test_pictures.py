"""Photos: what is taken, what is refused before it is decoded, and what is left of them."""

import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageFile

from lostfound import pictures
from tests.lostfound.member import HEIC, chunk, moving, picture, png

TRACES = (b"SECRETCAM", b"SECRETXMP", b"SECRETICC", b"SECRETTHUMB", b"EXIF", b"ICCP", b"XMP ")


def with_traces(*, turned: int = 1) -> bytes:
    """A wide red photo with a blue left edge, and all that a camera writes beside it."""
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (0, 0, 100, 200))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0xA431] = turned, "SECRETCAM", "SECRETCAM-123"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, icc_profile=b"SECRETICC" * 20, xmp=b"<x>SECRETXMP</x>", comment=b"SECRETTHUMB")
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_nothing_of_camera_and_place_is_left() -> None:
    before = with_traces()
    assert all(trace in before for trace in TRACES[:4])
    made = pictures.prepare(before)
    for content in (made.large, made.small):
        assert [trace for trace in TRACES if trace in content] == []
        assert opened(content).format == "WEBP"
        assert not opened(content).getexif()


@pytest.mark.parametrize(
    ("turned", "size", "blue_at"),
    [(1, (400, 200), (20, 100)), (3, (400, 200), (380, 100)), (6, (200, 400), (100, 20)), (8, (200, 400), (100, 380))],
)
def test_a_photo_stands_upright_whichever_way_the_phone_was_held(
    turned: int, size: tuple[int, int], blue_at: tuple[int, int]
) -> None:
    made = pictures.prepare(with_traces(turned=turned))
    shown = opened(made.large).convert("RGB")
    assert shown.size == (made.width, made.height) == size
    red, _green, blue = shown.getpixel(blue_at)  # type: ignore[misc]
    assert blue > 200 > red


def test_two_sizes_are_made_and_nothing_is_made_larger() -> None:
    made = pictures.prepare(picture(size=(4000, 3000)))
    assert opened(made.large).size == (1600, 1200)
    assert opened(made.small).size == (480, 360)
    assert opened(pictures.prepare(picture(size=(200, 100))).large).size == (200, 100)


def test_what_iphones_take_is_taken() -> None:
    made = pictures.prepare(HEIC.read_bytes())
    assert (made.width, made.height) == (640, 480)
    red, green, _blue = opened(made.large).convert("RGB").getpixel((20, 20))  # type: ignore[misc]
    assert red > 180 > green
    assert b"SECRETCAM" not in made.large + made.small


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_other_phones_take_is_taken(kind: str) -> None:
    assert pictures.prepare(picture(kind)).width == 640


def test_what_is_transparent_becomes_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(out, "PNG")
    assert min(opened(pictures.prepare(out.getvalue()).large).convert("RGB").getpixel((9, 9))) > 250  # type: ignore[arg-type]


FITS = b"SIMPLE  =                    T" + b" " * 50 + b"BITPIX  =                  -64".ljust(2800)
REFUSED = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "zip": b"PK\x03\x04" + b"\0" * 200,
    "a GIF that is a script": b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
    "gif": picture("GIF"),
    "exe": b"MZ" + b"\0" * 500,
    "empty": b"",
    "cut off": picture(size=(800, 600))[:3000],
    "fits": FITS,
    "tiff": picture("TIFF"),
    "bmp": picture("BMP"),
    "no pixels": png(0, 0),
    "one pixel": picture("PNG", (1, 1)),
    "moving WebP": moving("WEBP"),
    "moving PNG": moving("PNG"),
    "moving GIF": moving("GIF"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_photo_is_refused(what: str) -> None:
    with pytest.raises(pictures.NotAPhoto):
        pictures.prepare(REFUSED[what])


def test_a_small_file_of_many_pixels_is_refused_before_any_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = png(30_000, 30_000)
    assert len(bomb) < 200_000

    def decode(*_: Any) -> None:
        raise AssertionError("the pixels were asked for")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(pictures.NotAPhoto) as caught:
        pictures.prepare(bomb)
    assert caught.value.why == "too_many_pixels"


def test_a_large_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(pictures.NotAPhoto) as caught:
        pictures.prepare(b"\xff\xd8\xff" + b"\0" * 20_000_000)
    assert caught.value.why == "too_large"


def test_text_in_a_png_cannot_grow_without_end() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 100_000_000, 9))
    with pytest.raises(pictures.NotAPhoto):
        pictures.prepare(png(64, 64, text))
