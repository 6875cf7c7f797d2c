"""The phones draw every message, group chats, the menu; and no message can do harm in the page."""

import base64
import hashlib
import json

import pytest
from django.test import Client
from pytest_django import Settings

from tests.sandbox.kit import AMR, MP4, OTHER_APP, PNG, Listener, a_card, ask, post, send_card, token, token_of, upload
from wecom.sandbox import conversations, rich, taps
from wecom.sandbox.models import Delivery, Message
from wecom.sandbox.world import CREDENTIALS, ROBOT_CHAT, ROBOT_KEY

pytestmark = pytest.mark.django_db
PHONES = "/sandbox/"
HTMX = {"HX-Request": "true"}
ENGLISH = {**HTMX, "Accept-Language": "en"}
URL = "https://example.com/a?b=1&c=2"


def send(msgtype: str, content: object, **more: object) -> None:
    answer = post("message/send", {"touser": "zhangsan", "msgtype": msgtype, msgtype: content, **more})
    assert answer["errcode"] == 0, answer


def left(client: Client, **query: str) -> str:
    html = client.get(PHONES, query, headers={"Accept-Language": "en"}).content.decode()
    return html.split('id="phone-left"')[1].split('id="phone-right"')[0]


def media(kind: str, name: str, content: bytes) -> dict[str, str]:
    return {"media_id": str(upload(kind, name, content)["media_id"])}


def test_files_are_drawn_each_in_its_manner(client: Client) -> None:
    send("image", media("image", "伞.png", PNG))
    send("voice", media("voice", "话.amr", AMR))
    send("video", media("video", "监控.mp4", MP4) | {"title": "监控录像", "description": "二号楼"})
    send("file", media("file", "失物清单.xlsx", b"123456"))
    html = left(client)
    assert 'alt="伞.png"' in html
    assert "<span>2″</span>" in html
    assert all(word in html for word in ("<video", "监控录像", "二号楼", "<b>失物清单.xlsx</b>", "XLSX"))


def test_a_file_of_the_phone_is_shown_or_saved_but_never_run(client: Client) -> None:
    send("image", media("image", "a.png", PNG))
    send("file", media("file", "a.html", b"<script>1</script>"))
    picture, page = (client.get(f"{PHONES}media/{m.content['media_id']}/") for m in Message.objects.order_by("id"))
    assert (picture.content, picture["Content-Type"]) == (PNG, "image/png")
    assert page["Content-Disposition"].startswith("attachment")
    assert page["Content-Type"] == "application/octet-stream"
    assert "sandbox" in page["Content-Security-Policy"]
    assert client.get(f"{PHONES}media/invented/").status_code == 404


def test_a_textcard_keeps_its_three_manners_and_nothing_else(client: Client) -> None:
    words = '<div class="gray">灰</div><div class="highlight">亮</div><br><div class="x">无</div><b>粗</b>'
    send("textcard", {"title": "领取通知", "description": words, "url": URL})
    html = left(client)
    assert '<div class="tc-gray">灰</div><div class="tc-highlight">亮</div><br>' in html
    assert "&lt;div class=&quot;x&quot;&gt;" in html
    assert "&lt;b&gt;粗" in html
    assert 'href="https://example.com/a?b=1&amp;c=2"' in html
    assert "Details" in html


def test_articles_are_drawn_without_asking_another_host(client: Client) -> None:
    articles = [{"title": "失物周报", "description": "本周", "url": URL, "picurl": "https://elsewhere.example/p.png"}]
    send("news", {"articles": articles})
    send("news", {"articles": [*articles, {"title": "第二条", "url": URL}]})
    html = left(client)
    assert "elsewhere.example" not in html
    assert (html.count("失物周报"), html.count("第二条"), html.count("<p>本周</p>")) == (2, 1, 1)


def test_an_article_of_mpnews_opens_in_a_page_that_can_do_nothing(client: Client) -> None:
    thumb = media("image", "a.png", PNG)["media_id"]
    article = {"title": "长文", "author": "行政部", "thumb_media_id": thumb, "content": "<p>正文</p><script>1</script>"}
    send("mpnews", {"articles": [article]})
    number = Message.objects.get().pk
    assert f'href="/sandbox/article/{number}/0/"' in left(client)
    page = client.get(f"{PHONES}article/{number}/0/")
    assert "<p>正文</p>" in page.content.decode()
    assert page["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert client.get(f"{PHONES}article/{number}/1/").status_code == 404


def test_markdown_knows_what_the_client_knows() -> None:
    html = rich.markdown(
        '# 标题\n**粗** `code` [见](https://e.com/?a=1&b=2)\n> 引用\n\n<font color="warning">急</font> <@lisi> <script>'
    )
    assert html == (
        '<div class="md-h md-h1">标题</div>'
        '<div class="md-line"><b>粗</b> <code>code</code> '
        '<a href="https://e.com/?a=1&amp;b=2" target="_blank" rel="noopener">见</a></div>'
        '<div class="md-quote">引用</div><div class="md-gap"></div>'
        '<div class="md-line"><span class="md-warning">急</span> <span class="md-who">@lisi</span> &lt;script&gt;</div>'
    )


@pytest.mark.parametrize("hostile", ["[a](javascript:x)", '<font color="red">x</font>', "<img src=x>", "**<b>**"])
def test_hostile_markdown_stays_text(hostile: str) -> None:
    html = rich.markdown(hostile)
    assert "href=" not in html
    assert "<img" not in html
    assert "<font" not in html
    assert "<b><b>" not in html


def test_a_notice_of_a_mini_program_shows_its_lines(client: Client) -> None:
    items = [{"key": "物品", "value": "黑色雨伞"}]
    send("miniprogram_notice", {"appid": "wx1", "title": "领取失物通知", "content_item": items, "page": "p"})
    html = left(client)
    assert all(word in html for word in ("领取失物通知", "<dt>物品</dt><dd>黑色雨伞</dd>", "Open the mini program"))


def test_a_download_in_a_card_leads_to_the_file(client: Client) -> None:
    file = media("file", "清单.pdf", b"123456")["media_id"]
    send_card(a_card(horizontal_content_list=[{"keyname": "附件", "value": "清单.pdf", "type": 2, "media_id": file}]))
    assert f'href="/sandbox/media/{file}/"' in left(client)


# --- Several chats --------------------------------------------------------------------------------------------------


def test_one_application_alone_needs_no_list_of_chats(client: Client) -> None:
    html = left(client)
    assert 'class="where"' not in html
    assert f"<b>{conversations.usual().title}</b>" in html


def test_groups_and_further_applications_have_chats_of_their_own(client: Client, settings: Settings) -> None:
    settings.SANDBOX_APPS = [CREDENTIALS, OTHER_APP]
    body = {"touser": "zhangsan", "agentid": 1000043, "msgtype": "text", "text": {"content": "请假已批"}}
    post("message/send", body, access_token=token_of(OTHER_APP))
    post("appchat/create", {"userlist": ["zhangsan", "lisi"], "name": "找伞", "chatid": "lf1"})
    post("appchat/send", {"chatid": "lf1", "msgtype": "text", "text": {"content": "群里好"}})
    taps.say_in_group(member="lisi", text="我捡到了", chatid="lf1")
    usual, other, group = left(client), left(client, left_in="app-1000043"), left(client, left_in="chat-lf1")
    assert [word in usual for word in ("人事助手", "找伞 (2)", "请假已批", "群里好")] == [True, True, False, False]
    assert ("请假已批" in other, "群里好" in other) == (True, False)
    assert all(word in group for word in ("群里好", "我捡到了", '<span class="sender">李四</span>', "失物招领"))
    right = (
        client.get(PHONES, {"right": "wangwu"}).content.decode().split('id="chat-right"')[0].split("phone-right")[-1]
    )
    assert "找伞" not in right


def test_a_robots_messages_stand_in_its_group(client: Client) -> None:
    image = {"base64": base64.b64encode(PNG).decode(), "md5": hashlib.md5(PNG, usedforsecurity=False).hexdigest()}
    ask("POST", "webhook/send", {"key": ROBOT_KEY}, json.dumps({"msgtype": "image", "image": image}).encode())
    chat = next(one for one in conversations.of_member("zhangsan") if one.chat)
    html = left(client, left_in=chat.key)
    assert "Group robot" in html
    assert 'class="photo"' in html
    assert f"{ROBOT_CHAT} (5)" in html


def test_a_poll_tells_which_chat_it_shows(client: Client) -> None:
    post("appchat/create", {"userlist": ["zhangsan", "lisi"], "chatid": "lf1"})
    left(client)
    query = {"left": "zhangsan", "right": "lisi"}
    first = client.get(f"{PHONES}poll/", query | {"seen": "never"}).content.decode()
    seen = first.split('name="seen" value="')[1].split('"')[0]
    assert client.get(f"{PHONES}poll/", query | {"seen": seen}).status_code == 204
    for side in ("left_in", "right_in"):
        other = client.get(f"{PHONES}poll/", query | {"seen": seen, side: "chat-lf1"})
        assert other.status_code == 200
        assert 'id="where-left"' in other.content.decode()


def test_a_member_writes_into_the_chat_that_is_open(client: Client, listener: Listener, settings: Settings) -> None:
    settings.SANDBOX_APPS = [CREDENTIALS, OTHER_APP]
    post("appchat/create", {"userlist": ["zhangsan", "lisi"], "chatid": "lf1"})
    for place in ("chat-lf1", "app-1000043", ""):
        client.post(f"{PHONES}say/", {"member": "zhangsan", "text": f"给{place}", "in": place}, headers=HTMX)
    assert sorted(Delivery.objects.values_list("agent_id", flat=True)) == [CREDENTIALS["AGENT_ID"], "1000043"]
    said = client.post(
        f"{PHONES}enter/", {"member": "zhangsan", "in": "chat-lf1"}, headers={**HTMX, "Accept-Language": "en"}
    )
    assert "Only applications" in said["HX-Trigger"]


def test_the_menu_stands_below_the_chat_and_can_be_pressed(client: Client, listener: Listener) -> None:
    view = {"type": "view", "name": "主页", "url": URL}
    buttons = [{"type": "click", "name": "我的", "key": "mine"}, {"name": "更多", "sub_button": [view]}]
    query = {"access_token": token(), "agentid": CREDENTIALS["AGENT_ID"]}
    assert (
        ask("POST", "menu/create", query, json.dumps({"button": buttons}, ensure_ascii=False).encode())["errcode"] == 0
    )
    html = left(client)
    assert "<button>我的</button>" in html
    assert '<a href="https://example.com/a?b=1&amp;c=2" target="_blank" rel="noopener" data-submits>主页</a>' in html
    assert 'name="place" value="1.0"' in html
    data = {"member": "zhangsan", "place": "0", "agent_id": CREDENTIALS["AGENT_ID"]}
    assert client.post(f"{PHONES}menu/", data, headers=HTMX).status_code == 204
    assert Delivery.objects.get().event == "click"
    assert "no such entry" in client.post(f"{PHONES}menu/", data | {"place": "9"}, headers=ENGLISH)["HX-Trigger"]


def test_the_control_doors_press_menus_and_write_into_groups(client: Client, listener: Listener) -> None:
    buttons = [{"type": "click", "name": "我的", "key": "mine"}]
    query = {"access_token": token(), "agentid": CREDENTIALS["AGENT_ID"]}
    ask("POST", "menu/create", query, json.dumps({"button": buttons}, ensure_ascii=False).encode())
    post("appchat/create", {"userlist": ["zhangsan", "lisi"], "chatid": "lf1"})

    def control(door: str, **body: object) -> int:
        return client.post(f"{PHONES}control/{door}/", body, content_type="application/json").status_code

    assert control("menu", member="lisi", place="0", wait=True) == 201
    assert control("menu", member="lisi", place="7") == 404
    assert control("say", member="lisi", text="好", chatid="lf1") == 201
    assert control("check", agent_id="7") == 400
    assert [got.text("Event") for got in listener.got] == ["click"]


def test_a_profile_says_who_it_is_and_why_somebody_cannot_be_reached(client: Client) -> None:
    client.post(
        f"{PHONES}control/members/", {"userid": "lisi", "visible": False, "licensed": False}, "application/json"
    )
    html = client.get(f"{PHONES}member/lisi/", headers={"Accept-Language": "en"}).content.decode()
    assert all(word in html for word in ("李四", "设计师", "研发部", "Out of the application", "Without a licence"))
