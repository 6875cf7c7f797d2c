"""Door: photos for the demonstration, drawn by code."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from lostfound.states import Category

SIZE = (1200, 900)
Pen = ImageDraw.ImageDraw


def photo(category: str) -> bytes:
    """A JPEG of such a thing lying on a table; empty for what nobody has drawn."""
    draw = _DRAWN.get(category)
    if draw is None:
        return b""
    shadow = Image.new("L", SIZE, 0)
    draw(ImageDraw.Draw(shadow), dict.fromkeys(_COLOURS, "white"))
    table = Image.linear_gradient("L").resize(SIZE).point(lambda light: 190 + light // 6)
    picture = Image.merge("RGB", (table, table.point(lambda light: light - 12), table.point(lambda light: light - 34)))
    soft = shadow.filter(ImageFilter.GaussianBlur(18)).point(lambda light: light // 3)
    picture.paste("#4a3f30", (14, 22), soft)
    draw(ImageDraw.Draw(picture), _COLOURS)
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


_COLOURS = {"dark": "#23262b", "mid": "#3a3f47", "metal": "#b9bec6", "blue": "#2f6fd0", "red": "#c8372d",
            "white": "#f3f4f6", "leather": "#7a4a26", "seam": "#5d3618", "paper": "#efe9da"}  # fmt: skip
Colours = dict[str, str]


def _umbrella(pen: Pen, colour: Colours) -> None:
    pen.polygon([(180, 520), (900, 180), (960, 300), (260, 600)], fill=colour["dark"])
    pen.line([(240, 540), (900, 240)], fill=colour["mid"], width=10)
    pen.line([(200, 575), (110, 620)], fill=colour["metal"], width=14)
    pen.line([(920, 240), (1040, 185)], fill=colour["metal"], width=20)
    pen.arc([1010, 130, 1110, 240], 250, 110, fill=colour["dark"], width=26)
    pen.polygon([(700, 275), (745, 254), (800, 372), (755, 392)], fill=colour["blue"])


def _keys(pen: Pen, colour: Colours) -> None:
    pen.ellipse([500, 130, 700, 330], outline=colour["metal"], width=16)
    for x, y, length in ((470, 330, 330), (590, 350, 400), (710, 320, 300)):
        pen.ellipse([x - 50, y - 50, x + 50, y + 50], outline=colour["metal"], width=24)
        pen.line([(x, y + 50), (x, y + length)], fill=colour["metal"], width=26)
        for step in (60, 100):
            pen.rectangle([x, y + length - step, x + 42, y + length - step + 20], fill=colour["metal"])
    pen.rounded_rectangle([720, 110, 900, 290], 40, fill=colour["red"])


def _earphones(pen: Pen, colour: Colours) -> None:
    pen.rounded_rectangle([380, 260, 820, 660], 120, fill=colour["white"])
    pen.line([(380, 400), (820, 400)], fill=colour["metal"], width=6)
    pen.ellipse([590, 450, 610, 470], fill=colour["metal"])


def _wallet(pen: Pen, colour: Colours) -> None:
    pen.rounded_rectangle([270, 260, 930, 680], 36, fill=colour["leather"])
    pen.rounded_rectangle([300, 290, 900, 650], 24, outline=colour["seam"], width=6)
    pen.rounded_rectangle([760, 420, 950, 530], 30, fill=colour["seam"])
    pen.ellipse([800, 450, 850, 500], fill=colour["metal"])


def _book(pen: Pen, colour: Colours) -> None:
    pen.polygon([(360, 170), (840, 130), (880, 720), (400, 760)], fill=colour["paper"])
    pen.polygon([(340, 160), (810, 120), (850, 700), (380, 740)], fill=colour["blue"])
    pen.polygon([(420, 250), (730, 224), (737, 320), (427, 346)], fill=colour["white"])


_DRAWN: dict[str, Callable[[Pen, Colours], None]] = {
    Category.UMBRELLA: _umbrella,
    Category.KEYS: _keys,
    Category.ELECTRONICS: _earphones,
    Category.WALLET: _wallet,
    Category.BOOK: _book,
}
