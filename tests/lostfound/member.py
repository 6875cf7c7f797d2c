"""A member at a browser, as Django's test client plays one; and pictures as cameras make them."""

import struct
import zlib
from io import BytesIO
from typing import Any

from django.test import Client
from PIL import Image

from tests.support import ROOT
from wecom.members import Member

HEIC = ROOT / "tests" / "data" / "photo.heic"


def logged_in(userid: str = "zhangsan", *, name: str = "张三", **more: Any) -> Client:
    """A browser that is this member's; reads English, which is what stands in the templates."""
    Member.objects.update_or_create(userid=userid, defaults={"name": name, **more})
    client = Client(headers={"accept-language": "en"})
    session = client.session
    session["member"] = userid
    session.save()
    return client


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), *, colour: str = "teal", **more: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def moving(kind: str, frames: int = 30) -> bytes:
    out = BytesIO()
    shown = [Image.new("RGB", (64, 64), (number * 8, 0, 0)) for number in range(frames)]
    shown[0].save(out, kind, save_all=True, append_images=shown[1:])
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *more: bytes) -> bytes:
    """A black PNG whose size costs nothing, with further chunks before its pixels."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
