"""What the app answers in its chat, and the menu below it."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from lostfound import chat, erasure
from lostfound.models import Photo
from tests.wecom.shop import open_shop, work
from wecom import clients
from wecom.models import Callback, Outgoing
from wecom.sandbox.testing import WeComSandbox

from .member import logged_in, picture
from .world import OWNER, found_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(db: None, settings: Any) -> Iterator[WeComSandbox]:
    with open_shop(settings) as sandbox:
        yield sandbox


@pytest.fixture
def storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def say(sandbox: WeComSandbox, text: str, member: str = OWNER) -> dict[str, Any]:
    """Write to the app; the message that comes back."""
    sandbox.say(member, text)
    work()
    return sandbox.messages(member)[-1]


def path_of(text: str) -> str:
    """The first link of a text, as our own path."""
    found = re.search(r'href="([^"]+)"', text)
    assert found, text
    parts = urlsplit(found[1])
    return f"{parts.path}?{parts.query}"


class TestText:
    @pytest.mark.parametrize(
        "text",
        ["丢了黑色雨伞", "我的黑色的伞不见了", "有没有人捡到一把黑色雨伞？", "黑伞", "lost my umbrella"],
    )
    def test_what_somebody_lost_is_looked_for(self, sandbox: WeComSandbox, text: str) -> None:
        item = found_item(title="一把黑色的雨伞", category="umbrella")
        found_item(title="蓝牙耳机", category="electronics")
        message = say(sandbox, text)
        card = message["card"]
        assert message["msgtype"] == "template_card"
        (line,) = card["jump_list"]
        assert line["title"].startswith("一把黑色的雨伞 · 二号楼食堂")
        assert urlsplit(line["url"]).path == reverse("item", args=[item.pk])
        assert urlsplit(card["card_action"]["url"]).path == reverse("home")

    def test_where_nothing_is_found_a_report_is_one_tap_away(self, sandbox: WeComSandbox) -> None:
        message = say(sandbox, "丢了红色围巾")
        path = path_of(message["text"])
        assert urlsplit(path).path == reverse("report_kind", args=["lost"])
        assert parse_qs(urlsplit(path).query) == {"title": ["红色围巾"]}
        assert 'value="红色围巾"' in logged_in(OWNER).get(path).content.decode()

    def test_who_found_something_is_led_to_the_form(self, sandbox: WeComSandbox) -> None:
        path = path_of(say(sandbox, "捡到一把黑伞")["text"])
        assert urlsplit(path).path == reverse("report_kind", args=["found"])
        assert "黑伞" in parse_qs(urlsplit(path).query)["title"][0]

    @pytest.mark.parametrize("text", ["我丢了", "？？？", "[微笑]", " "])
    def test_what_says_nothing_gets_a_hint(self, text: str) -> None:
        assert chat.answer(text)

    def test_what_a_member_writes_cannot_make_a_link_or_name_another(self, sandbox: WeComSandbox) -> None:
        text = say(sandbox, '丢了 <a href="https://evil.example">$userName=lisi$</a>')["text"]
        assert len(re.findall("<a ", text)) == 1
        assert "$" not in text

    def test_a_repeated_callback_is_answered_once(self, sandbox: WeComSandbox) -> None:
        found_item()
        sandbox.fault("copies", 2, api="callback")
        say(sandbox, "雨伞")
        assert Outgoing.objects.filter(effect_key__startswith="reply:").count() == 1


class TestPhoto:
    def test_a_photo_begins_a_report_of_its_sender(self, sandbox: WeComSandbox, storage: None) -> None:
        media = clients.get("default").media.upload("image", "a.jpg", picture())
        sandbox.event(OWNER, {"MsgType": "image", "PicUrl": "http://example.invalid/a", "MediaId": media.media_id})
        work()
        path = path_of(sandbox.messages(OWNER)[-1]["text"])
        photo = Photo.objects.get()
        assert (photo.sent_by, photo.item) == (OWNER, None)
        assert parse_qs(urlsplit(path).query) == {"photo": [photo.key]}
        assert photo.key in logged_in(OWNER).get(path).content.decode()
        assert photo.key not in logged_in("wangwu", name="王五").get(path).content.decode()

    def test_what_is_no_photo_is_said(self, sandbox: WeComSandbox, storage: None) -> None:
        media = clients.get("default").media.upload("file", "a.txt", b"no picture at all")
        sandbox.event(OWNER, {"MsgType": "image", "PicUrl": "http://example.invalid/a", "MediaId": media.media_id})
        work()
        assert "读不出来" in sandbox.messages(OWNER)[-1]["text"]
        assert not Photo.objects.exists()

    def test_a_photo_that_wecom_does_not_give_out_is_said(self, sandbox: WeComSandbox) -> None:
        sandbox.event(OWNER, {"MsgType": "image", "PicUrl": "http://example.invalid/a", "MediaId": "unknown"})
        work()
        assert "读不出来" in sandbox.messages(OWNER)[-1]["text"]
        assert Callback.objects.get().state == "done"


class TestMenu:
    def test_the_pages_stand_in_the_menu_of_the_chat(self, sandbox: WeComSandbox) -> None:
        out = StringIO()
        call_command("create_menu", dry_run=True, stdout=out)
        assert clients.get("default").menu.get() == []
        call_command("create_menu", stdout=out)
        menu = clients.get("default").menu.get()
        assert [button["name"] for button in menu] == ["招领", "我丢了东西", "我捡到东西"]
        member = logged_in()
        for button in menu:
            assert member.get(urlsplit(button["url"]).path).status_code == 200
        assert "buttons=3" in out.getvalue()

    def test_a_refusal_is_told_with_its_number(self, sandbox: WeComSandbox) -> None:
        sandbox.fault("errcode", 60020, path="menu/create")
        with pytest.raises(CommandError, match="60020"):
            call_command("create_menu", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_what_was_said_to_a_forgotten_member_is_forgotten_too(sandbox: WeComSandbox) -> None:
    found_item()
    say(sandbox, "雨伞")
    erasure.erase(member=OWNER, by="admin")
    assert not Callback.objects.filter(userid__iexact=OWNER).exists()
    row = Outgoing.objects.get(effect_key__startswith="reply:")
    assert row.content == ""
    assert OWNER not in str(list(row.tries.values("request", "answer")))
