"""The client's other calls: media, menu, statistics, group chats, robots."""

import json
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from django.db import transaction

from tests.wecom.wire import Platform
from wecom import clients, conf, messages
from wecom.client import robots
from wecom.errors import ApiError, MediaInvalid, MessageInvalid, Refused, TransportError

from .making import NOTICE, QUESTION

pytestmark = pytest.mark.django_db

JPG, PNG, AMR, MP4 = b"\xff\xd8\xff\xe0pic", b"\x89PNG\r\n\x1a\npic", b"#!AMR\nvoice", b"\0\0\0\x18ftypmp42"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
TEXT = {"msgtype": "text", "text": {"content": "大家好"}}


def answers_get(platform: Platform, path: str, **answer: Any) -> None:
    platform.mock.add(responses.GET, conf.app().api_base_url + path, **answer)


def sent(platform: Platform, path: str) -> tuple[str, Any]:
    """Address and JSON body of the one call."""
    (request,) = platform.calls(path)
    return str(request.url), json.loads(_bytes(request.body))


def _bytes(body: Any) -> bytes:
    return bytes(body if isinstance(body, bytes) else body.getvalue())


# --- Media ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "content"), [("image", JPG), ("image", PNG), ("voice", AMR), ("video", MP4)])
def test_a_file_goes_up_under_the_name_that_members_see(platform: Platform, kind: str, content: bytes) -> None:
    platform.answers({"type": kind, "media_id": "M1", "created_at": "1721000123"}, path="media/upload")
    made = clients.get().media.upload(kind, "雨伞 1.jpg", content)
    assert (made.media_id, made.kind) == ("M1", kind)
    assert made.created_at == datetime(2024, 7, 14, 23, 35, 23, tzinfo=UTC)
    assert (made.expires_at - made.created_at).days == 3
    (request,) = platform.calls("media/upload")
    assert f"type={kind}" in request.url
    body = _bytes(request.body)
    assert 'name="media"; filename="雨伞 1.jpg"'.encode() in body
    assert content in body
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")


def test_an_upload_whose_token_is_refused_goes_up_whole_once_more(platform: Platform) -> None:
    platform.answers({"errcode": 42001}, {"media_id": "M1"}, path="media/upload")
    assert clients.get().media.upload("image", "a.png", PNG).media_id == "M1"
    assert [PNG in _bytes(call.body) for call in platform.calls("media/upload")] == [True, True]


@pytest.mark.parametrize(
    ("kind", "filename", "content", "field"),
    [
        ("thumb", "a.jpg", JPG, "type"),
        ("file", "", b"123456", "filename"),
        ("file", "../a.txt", b"123456", "filename"),
        ("file", "a\r\nX: y.txt", b"123456", "filename"),
        ("file", "字" * 86, b"123456", "filename"),
        ("file", "a.txt", b"12345", "file"),
        ("file", "a.bin", b"0" * (20 * 1024 * 1024 + 1), "file"),
        ("image", "a.jpg", JPG + b"0" * (10 * 1024 * 1024), "image"),
        ("image", "a.jpg", b"GIF89a...", "image"),
        ("voice", "a.amr", AMR + b"0" * (2 * 1024 * 1024), "voice"),
        ("voice", "a.mp3", b"ID3......", "voice"),
        ("video", "a.mp4", MP4 + b"0" * (10 * 1024 * 1024), "video"),
        ("video", "a.avi", b"RIFF....AVI ", "video"),
    ],
)
def test_a_file_that_wecom_would_refuse_is_not_sent(
    platform: Platform, kind: str, filename: str, content: bytes, field: str
) -> None:
    with pytest.raises(MediaInvalid) as raised:
        clients.get().media.upload(kind, filename, content)
    assert raised.value.field == field
    assert not platform.mock.calls


def test_a_file_of_exactly_the_limits_is_sent(platform: Platform) -> None:
    platform.answers({"media_id": "M1"}, {"media_id": "M2"}, path="media/upload")
    assert clients.get().media.upload("file", "a.txt", b"123456").media_id == "M1"
    assert clients.get().media.upload("file", "a.bin", b"0" * (20 * 1024 * 1024)).media_id == "M2"


def test_an_upload_without_a_media_id_leaves_a_doubt(platform: Platform) -> None:
    platform.answers({}, path="media/upload")
    with pytest.raises(TransportError):
        clients.get().media.upload("file", "a.txt", b"123456")


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('attachment; filename="umbrella.jpg"', "umbrella.jpg"),
        ("attachment; filename*=UTF-8''%E9%9B%A8%E4%BC%9E.jpg", "雨伞.jpg"),
        ('attachment; filename="雨伞.jpg"'.encode().decode("latin-1"), "雨伞.jpg"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment", ""),
    ],
)
def test_a_file_comes_down_with_its_name(platform: Platform, disposition: str, filename: str) -> None:
    headers = {"Content-Disposition": disposition}
    answers_get(platform, "media/get", body=PNG, content_type="image/png", headers=headers)
    got = clients.get().media.get("M1")
    assert (got.content, got.content_type, got.filename) == (PNG, "image/png", filename)


def test_a_file_of_json_is_no_error(platform: Platform) -> None:
    headers = {"Content-Disposition": 'attachment; filename="a.json"'}
    answers_get(platform, "media/get", body=b'{"errcode":1}', content_type="application/json", headers=headers)
    assert clients.get().media.get("M1").content == b'{"errcode":1}'


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "text/plain"])
def test_json_instead_of_a_file_is_the_error_it_says(platform: Platform, content_type: str) -> None:
    answer = '{"errcode":40007,"errmsg":"invalid media_id"}'
    answers_get(platform, "media/get", body=answer, content_type=content_type)
    with pytest.raises(Refused, match="40007"):
        clients.get().media.get("M1")


def test_a_download_whose_token_is_refused_is_asked_once_more(platform: Platform) -> None:
    answers_get(platform, "media/get", json={"errcode": 40014})
    answers_get(platform, "media/get", body=PNG, headers={"Content-Disposition": "attachment"})
    assert clients.get().media.get("M1").content == PNG
    assert platform.tokens == 2


def test_a_file_may_be_larger_than_an_answer(platform: Platform) -> None:
    large = b"0" * 5_000_000
    answers_get(platform, "media/get", body=large, headers={"Content-Disposition": "attachment"})
    assert clients.get().media.get("M1").content == large


# --- Menu, statistics -----------------------------------------------------------------------------------------------


def test_a_menu_is_made_for_this_app(platform: Platform) -> None:
    platform.answers({}, path="menu/create")
    buttons = [{"type": "click", "name": "我的失物", "key": "mine"}]
    clients.get().menu.create(buttons)
    url, body = sent(platform, "menu/create")
    assert f"agentid={conf.app().agent_id}" in url
    assert body == {"button": buttons}


def test_a_menu_is_read_and_taken_away(platform: Platform) -> None:
    buttons = [{"type": "view", "name": "主页", "url": "https://example.com/"}]
    answers_get(platform, "menu/get", json={"errcode": 0, "button": buttons})
    answers_get(platform, "menu/delete", json={"errcode": 0})
    menu = clients.get().menu
    assert menu.get() == buttons
    menu.delete()
    (call,) = platform.calls("menu/delete")
    assert f"agentid={conf.app().agent_id}" in call.url


def test_no_menu_is_an_empty_one_and_other_errors_stay_errors(platform: Platform) -> None:
    answers_get(platform, "menu/get", json={"errcode": 46003, "errmsg": "no menu"})
    answers_get(platform, "menu/get", json={"errcode": 40058, "errmsg": "no"})
    assert clients.get().menu.get() == []
    with pytest.raises(Refused, match="40058"):
        clients.get().menu.get()


@pytest.mark.parametrize(("yesterday", "time_type"), [(False, 0), (True, 1)])
def test_statistics_are_of_today_unless_yesterday_is_asked(platform: Platform, yesterday: bool, time_type: int) -> None:
    rows = [{"agentid": 1000042, "app_name": "失物招领", "count": 101}]
    platform.answers({"statistics": rows}, path="message/get_statistics")
    assert clients.get().statistics(yesterday=yesterday) == rows
    assert sent(platform, "message/get_statistics")[1] == {"time_type": time_type}


# --- Group chats ----------------------------------------------------------------------------------------------------


def test_a_group_is_made_changed_read_and_written_to(platform: Platform) -> None:
    platform.answers({"chatid": "lf1"}, path="appchat/create")
    platform.answers({}, path="appchat/update")
    platform.answers({}, path="appchat/send")
    answers_get(platform, "appchat/get", json={"errcode": 0, "chat_info": {"chatid": "lf1", "name": "伞"}})
    chats = clients.get().chats
    assert chats.create(["lisi", "zhangsan"], name="伞", chatid="lf1") == "lf1"
    chats.update("lf1", add=["wangwu"])
    chats.send("lf1", TEXT)
    assert chats.get("lf1")["name"] == "伞"
    assert sent(platform, "appchat/create")[1] == {"userlist": ["lisi", "zhangsan"], "name": "伞", "chatid": "lf1"}
    assert sent(platform, "appchat/update")[1] == {"chatid": "lf1", "add_user_list": ["wangwu"]}
    assert sent(platform, "appchat/send")[1] == {**TEXT, "chatid": "lf1"}


def test_groups_and_robots_take_messages_and_cards_as_objects(platform: Platform) -> None:
    platform.answers({}, path="appchat/send")
    platform.answers({}, path="webhook/send")
    call = messages.GroupText(content="大家好", mentioned_list=["@all"])
    clients.get().chats.send("lf1", call)
    clients.get().robot(KEY).send(NOTICE)
    text = {"content": "大家好", "mentioned_list": ["@all"]}
    assert sent(platform, "appchat/send")[1] == {"msgtype": "text", "text": text, "chatid": "lf1"}
    assert sent(platform, "webhook/send")[1] == {"msgtype": "template_card", "template_card": NOTICE.to_payload()}
    with pytest.raises(MessageInvalid, match="appchat/send"):
        clients.get().chats.send("lf1", messages.CardMessage(card=NOTICE))
    with pytest.raises(MessageInvalid, match="card_type"):
        clients.get().robot(KEY).send(QUESTION)


def test_a_group_whose_answer_names_no_id_leaves_a_doubt(platform: Platform) -> None:
    platform.answers({}, path="appchat/create")
    with pytest.raises(TransportError):
        clients.get().chats.create(["lisi", "zhangsan"])


# --- Robots ---------------------------------------------------------------------------------------------------------


def test_a_robot_writes_with_its_key_and_without_a_token(platform: Platform) -> None:
    platform.answers({}, path="webhook/send")
    clients.get().robot(KEY).send(TEXT)
    url, body = sent(platform, "webhook/send")
    assert url.endswith(f"webhook/send?key={KEY}")
    assert body == TEXT
    assert platform.tokens == 0


def test_a_robot_shows_a_picture_with_its_digest(platform: Platform) -> None:
    platform.answers({}, path="webhook/send")
    clients.get().robot(KEY).send_image(b"\x89PNG\r\n\x1a\n")
    assert sent(platform, "webhook/send")[1]["image"] == {
        "base64": "iVBORw0KGgo=",
        "md5": "e9dd2797018cad79186e03e8c5aec8dc",
    }
    with pytest.raises(MediaInvalid):
        clients.get().robot(KEY).send_image(PNG + b"0" * robots.IMAGE["image"].most)


def test_a_robot_uploads_files_and_voices_of_its_own(platform: Platform) -> None:
    platform.answers({"media_id": "M1", "created_at": "1721000123"}, path="webhook/upload_media")
    assert clients.get().robot(KEY).upload_media("file", "清单.txt", b"123456").media_id == "M1"
    (request,) = platform.calls("webhook/upload_media")
    assert f"key={KEY}&type=file" in request.url
    assert 'filename="清单.txt"'.encode() in _bytes(request.body)
    with pytest.raises(MediaInvalid, match="file or voice"):
        clients.get().robot(KEY).upload_media("image", "a.png", PNG)


@pytest.mark.parametrize("answer", [requests.ConnectionError(f"https://x/webhook/send?key={KEY}"), {"errcode": 93000}])
def test_a_robots_key_is_in_no_error_and_in_no_repr(platform: Platform, answer: Any) -> None:
    platform.answers(answer, path="webhook/send")
    robot = clients.get().robot(KEY)
    with pytest.raises((TransportError, ApiError)) as raised:
        robot.send(TEXT)
    told = "".join(traceback.format_exception(raised.value)) + repr(robot)
    assert KEY not in told


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.media.upload("image", "a.png", PNG),
        lambda client: client.media.get("M1"),
        lambda client: client.menu.get(),
        lambda client: client.robot(KEY).send(TEXT),
    ],
)
def test_none_of_them_runs_inside_a_transaction(platform: Platform, call: Any) -> None:
    with pytest.raises(RuntimeError, match="outbox"), transaction.atomic():
        call(clients.get())
    assert not platform.mock.calls
