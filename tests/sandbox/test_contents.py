"""The messages beside texts and cards: what is taken, what is cut, what is refused."""

from typing import Any

import pytest

from tests.sandbox.kit import AMR, MP4, PNG, chat_of, post, send_card, upload
from wecom.sandbox import ledger

pytestmark = pytest.mark.django_db

URL = "https://example.com/"
CARD = {"title": "领取通知", "description": '<div class="gray">今天</div>', "url": URL}
ARTICLE = {"title": "失物周报", "url": URL}
NOTICE = {"appid": "wx1", "title": "领取失物通知", "content_item": [{"key": "物品", "value": "雨伞"}]}


def send(msgtype: str, content: Any, **more: Any) -> dict[str, Any]:
    return post("message/send", {"touser": "zhangsan", "msgtype": msgtype, msgtype: content, **more})


def media(kind: str = "image") -> str:
    contents = {"image": PNG, "voice": AMR, "video": MP4, "file": b"123456"}
    return str(upload(kind, f"a.{kind}", contents[kind])["media_id"])


@pytest.mark.parametrize("kind", ["image", "voice", "video", "file"])
def test_a_file_is_sent_by_its_media_id(kind: str) -> None:
    assert send(kind, {"media_id": media(kind)})["errcode"] == 0
    assert send(kind, {"media_id": "invented"})["errcode"] == 40007
    assert send(kind, {})["errcode"] == 40007
    other = "file" if kind == "image" else "image"
    assert send(kind, {"media_id": media(other)})["errcode"] == 40007
    assert [message["msgtype"] for message in chat_of()] == [kind]


@pytest.mark.parametrize(
    ("msgtype", "content"),
    [
        ("textcard", CARD),
        ("news", {"articles": [ARTICLE] * 8}),
        ("news", {"articles": [{"title": "t", "appid": "wx1", "pagepath": "p"}]}),
        ("markdown", {"content": "字" * 682}),
        ("miniprogram_notice", NOTICE),
    ],
)
def test_a_message_at_the_limits_is_taken(msgtype: str, content: Any) -> None:
    assert send(msgtype, content)["errcode"] == 0
    assert chat_of()[0]["content"] == content


@pytest.mark.parametrize(
    ("msgtype", "content", "errcode"),
    [
        ("textcard", {**CARD, "title": ""}, 41016),
        ("textcard", {**CARD, "description": ""}, 41033),
        ("textcard", {**CARD, "url": ""}, 42028),
        ("textcard", {**CARD, "url": "example.com"}, 45034),
        ("textcard", {**CARD, "url": URL + "x" * 2048}, 40039),
        ("textcard", "text", 44004),
        ("news", {"articles": []}, 44004),
        ("news", {"articles": [ARTICLE] * 9}, 45008),
        ("news", {"articles": [{"url": URL}]}, 41016),
        ("news", {"articles": [{"title": "t"}]}, 42028),
        ("news", {"articles": [{"title": "t", "appid": "wx1"}]}, 40058),
        ("news", {"articles": [{**ARTICLE, "picurl": "//e.com/a.png"}]}, 45034),
        ("mpnews", {"articles": [{"title": "t", "content": "c", "thumb_media_id": "x"}]}, 40007),
        ("markdown", {"content": ""}, 44004),
        ("markdown", {"content": "字" * 683}, 45002),
        ("miniprogram_notice", {**NOTICE, "appid": ""}, 90200),
        ("miniprogram_notice", {**NOTICE, "title": "短"}, 40058),
        ("miniprogram_notice", {**NOTICE, "content_item": [{"key": "k", "value": "v"}] * 11}, 90201),
        ("miniprogram_notice", {**NOTICE, "content_item": [{"key": "k" * 11, "value": "v"}]}, 90202),
        ("miniprogram_notice", {**NOTICE, "content_item": [{"key": "k", "value": ""}]}, 90203),
    ],
)
def test_a_message_beyond_the_limits_hears_its_errcode(msgtype: str, content: Any, errcode: int) -> None:
    assert send(msgtype, content)["errcode"] == errcode
    assert chat_of() == []


def test_mpnews_wants_title_picture_and_content() -> None:
    article = {"title": "t", "thumb_media_id": media(), "content": "<p>c</p>"}
    assert send("mpnews", {"articles": [article]}, safe=2)["errcode"] == 0
    assert send("mpnews", {"articles": [{**article, "content": ""}]})["errcode"] == 44004
    assert send("mpnews", {"articles": [{**article, "content": "x" * (666 * 1024 + 1)}]})["errcode"] == 45002


def test_what_is_too_long_to_show_is_cut_and_the_log_says_so() -> None:
    send("textcard", {**CARD, "title": "题" * 129, "btntxt": "更多更多更"})
    assert (len(chat_of()[0]["content"]["title"]), chat_of()[0]["content"]["btntxt"]) == (128, "更多更多")
    assert ledger.build()["calls"][-1]["note"] == "cut: btntxt, title"
    send("news", {"articles": [{**ARTICLE, "title": "题" * 43}]})
    assert chat_of()[1]["content"]["articles"][0]["title"] == "题" * 42


@pytest.mark.parametrize(
    ("msgtype", "content", "safe", "errcode"),
    [
        ("text", {"content": "密"}, 1, 0),
        ("text", {"content": "密"}, 2, 40058),
        ("textcard", CARD, 1, 40058),
        ("markdown", {"content": "密"}, 1, 40058),
        ("text", {"content": "密"}, "1", 40058),
    ],
)
def test_only_some_messages_can_be_kept_safe(msgtype: str, content: Any, safe: Any, errcode: int) -> None:
    assert send(msgtype, content, safe=safe)["errcode"] == errcode


def test_a_safe_file_has_one_of_the_known_endings() -> None:
    good, bad = upload("file", "a.PDF", b"123456")["media_id"], upload("file", "a.exe", b"123456")["media_id"]
    assert send("file", {"media_id": good}, safe=1)["errcode"] == 0
    assert send("file", {"media_id": bad}, safe=1)["errcode"] == 40004
    assert send("file", {"media_id": bad})["errcode"] == 0


def test_a_notice_of_a_mini_program_is_not_for_all() -> None:
    body = {"touser": "@all", "msgtype": "miniprogram_notice", "miniprogram_notice": NOTICE}
    assert post("message/send", body)["errcode"] == 40058


def test_a_safe_card_is_refused() -> None:
    card = {"card_type": "text_notice", "main_title": {"title": "t"}, "card_action": {"type": 1, "url": URL}}
    assert send_card(card, safe=1)["errcode"] == 40058
