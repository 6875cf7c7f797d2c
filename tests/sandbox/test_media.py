"""Files: what the platform takes, keeps for three days and gives back."""

import json
from typing import Any

import pytest
import urllib3

from tests.sandbox.kit import AMR, MP4, PNG, ask, post, token, upload
from wecom.sandbox import amr, clock, ledger, platform
from wecom.sandbox.media import RULES
from wecom.sandbox.models import ApiCall, GroupChat
from wecom.sandbox.world import ROBOT_KEY

pytestmark = pytest.mark.django_db
_MB = 1024 * 1024


@pytest.mark.parametrize(
    ("kind", "content"), [("image", PNG), ("image", b"\xff\xd8\xff\xe0"), ("voice", AMR), ("video", MP4), ("file", PNG)]
)
def test_a_file_comes_back_as_it_went_up(kind: str, content: bytes) -> None:
    content = content.ljust(6, b"x")
    answer = upload(kind, "雨伞 &.bin", content)
    assert (answer["errcode"], answer["type"], answer["created_at"].isdecimal()) == (0, kind, True)
    query = {"access_token": token(), "media_id": answer["media_id"]}
    status, headers, got = platform.handle("GET", "media/get", query, b"")
    assert (status, got) == (200, content)
    assert "filename*=UTF-8''%E9%9B%A8%E4%BC%9E%20%26.bin" in headers["Content-Disposition"]
    assert [file["name"] for file in ledger.build()["media"]] == ["雨伞 &.bin"]


def test_line_ends_and_boundaries_in_a_file_are_no_matter() -> None:
    content = b"\r\n--x\r\n\r\rend\r\n" * 3
    query = {"access_token": token(), "media_id": upload("file", "a.txt", content)["media_id"]}
    assert platform.handle("GET", "media/get", query, b"")[2] == content


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("thumb", PNG, 40005),
        ("image", b"GIF89a....", 40004),
        ("voice", b"ID3.......", 40004),
        ("video", b"RIFF......", 40004),
        ("file", b"", 44001),
        ("file", b"12345", 40006),
        ("image", PNG + b"0" * (10 * _MB), 40009),
        ("voice", AMR + b"0" * (2 * _MB), 40006),
        ("video", MP4 + b"0" * (10 * _MB), 40011),
        ("file", b"0" * (20 * _MB + 1), 40006),
        ("voice", b"#!AMR\n" + (b"\x3c" + b"0" * 31) * 3001, 45007),
    ],
)
def test_a_file_that_is_not_taken_hears_why(kind: str, content: bytes, errcode: int) -> None:
    assert upload(kind, "a.bin", content)["errcode"] == errcode


def test_a_file_of_exactly_twenty_megabytes_is_taken() -> None:
    assert upload("file", "a.bin", b"0" * RULES["file"].most)["errcode"] == 0


def test_a_body_that_is_no_form_or_has_another_field_brings_no_file() -> None:
    query = {"access_token": token(), "type": "file"}
    assert ask("POST", "media/upload", query, b"{}")["errcode"] == 44001
    body, content_type = urllib3.encode_multipart_formdata({"other": ("a.txt", b"123456")})
    assert json.loads(platform.handle("POST", "media/upload", query, body, content_type)[2])["errcode"] == 44001
    assert ask("GET", "media/upload", query)["errcode"] == 40058


def test_a_file_lives_for_three_days() -> None:
    query = {"access_token": token(), "media_id": upload("image", "a.png", PNG)["media_id"]}
    clock.advance(3 * 86400)
    query["access_token"] = token()
    assert ask("GET", "media/get", query)["errcode"] == 40007
    assert ask("GET", "media/get", {**query, "media_id": "invented"})["errcode"] == 40007


def test_the_wire_log_keeps_no_bytes_of_files() -> None:
    upload("image", "a.png", PNG)
    post("webhook/send", {"msgtype": "text", "text": {"content": "长" * 100_000}})
    files, long = ApiCall.objects.get(path="media/upload"), ApiCall.objects.latest("id")
    assert files.request.endswith("bytes of multipart/form-data")
    assert len(long.request) < 70_000


def test_a_robots_file_is_its_own() -> None:
    body, content_type = urllib3.encode_multipart_formdata({"media": ("清单.txt", b"123456")})
    query = {"key": ROBOT_KEY, "type": "file"}
    up: dict[str, Any] = json.loads(platform.handle("POST", "webhook/upload_media", query, body, content_type)[2])
    file = {"msgtype": "file", "file": {"media_id": up["media_id"]}}
    assert post("message/send", {"touser": "zhangsan", **file})["errcode"] == 40007
    assert ask("POST", "webhook/send", {"key": ROBOT_KEY}, json.dumps(file).encode())["errcode"] == 0
    wrong = json.loads(platform.handle("POST", "webhook/upload_media", {**query, "key": "x"}, body, content_type)[2])
    assert wrong["errcode"] == 93000
    image = json.loads(
        platform.handle("POST", "webhook/upload_media", {**query, "type": "image"}, body, content_type)[2]
    )
    assert image["errcode"] == 40005
    assert GroupChat.objects.count() == 1


def test_a_voice_is_measured_frame_by_frame() -> None:
    assert amr.seconds(b"#!AMR\n" + (b"\x3c" + b"0" * 31) * 100) == pytest.approx(2)
    assert amr.seconds(b"#!AMR\n" + b"\x04" + b"0" * 12) == pytest.approx(0.02)
    assert amr.seconds(b"#!AMR\n\x70") == 0
