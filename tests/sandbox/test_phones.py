"""The phones in the browser: what they show, how they poll, what a press does."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.sandbox.kit import Listener, a_card, a_notice, post, send_card, send_text, update
from wecom.sandbox import chat, clock, faults, words
from wecom.sandbox.models import Delivery, Fault, Message, World

pytestmark = pytest.mark.django_db
PHONES = "/sandbox/"
HTMX = {"HX-Request": "true"}


def page(client: Client, **query: str) -> str:
    answer = client.get(PHONES, query, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_stands_in_both_languages_and_asks_no_other_host(client: Client, language: str) -> None:
    send_card(a_card(source={"icon_url": "https://elsewhere.example/i.png", "desc": "失物招领"}))
    answer = client.get(PHONES, headers={"Accept-Language": language})
    html = answer.content.decode()
    assert f'<html lang="{language}">' in html
    assert "有人认领您捡到的工卡" in html
    assert "elsewhere.example" not in html.split('id="wire-list"')[0]
    assert 'src="//' not in html
    assert 'src="http' not in html


def test_every_face_is_drawn(client: Client) -> None:
    send_card(a_card("fresh"))
    update(send_card(a_card("grey"))["response_code"])
    new = a_card(main_title={"title": "已认领"}, replace_text="已婉拒")
    update(send_card(a_card("card"))["response_code"], template_card=new)
    post("message/recall", {"msgid": send_card(a_card("gone", main_title={"title": "撤回的"}))["msgid"]})
    left = page(client).split('id="chat-left"')[1].split('id="phone-right"')[0]
    assert left.count('name="event_key"') == 2
    assert left.count("wc-grey") == 2
    assert all(word in left for word in ("已推送", "已认领", "已婉拒", "recalled a message"))
    assert "撤回的" not in left


def test_all_five_types_are_drawn(client: Client) -> None:
    options = [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙"}]
    question = {"question_key": "q", "title": "哪里", "option_list": options, "selected_id": "b"}
    submit = {"key": "go", "text": "提交选择"}
    send_card(a_notice(emphasis_content={"title": "86%", "desc": "找回率"}, jump_list=[{"title": "更多"}]))
    send_card({**a_notice(), "card_type": "news_notice", "card_image": {"url": "https://e.com/i.png"}})
    vote = {"card_type": "vote_interaction", "main_title": {"title": "?"}, "task_id": "v", "checkbox": question}
    send_card({**vote, "submit_button": submit})
    form = {"card_type": "multiple_interaction", "main_title": {"title": "?"}, "task_id": "m"}
    send_card({**form, "select_list": [question], "submit_button": submit})
    send_card(a_card(button_selection=question))
    html = page(client)
    assert html.count("提交选择") >= 2
    assert html.count('<option value="b" selected>') == 2
    assert all(word in html for word in ("86%", "找回率", "更多", 'type="radio" name="q"'))


def test_the_card_partial_stands_alone() -> None:
    html = render_to_string("wecom/sandbox/card.html", {"card": a_card(), "face": {"grey": ""}})
    assert "<form" not in html
    assert "确认" in html
    assert "已推送" in render_to_string("wecom/sandbox/card.html", {"card": a_card(), "face": {"grey": "已推送"}})


def test_hostile_words_stay_words(client: Client) -> None:
    send_text(
        text='<script>x</script> <a href="javascript:x">a</a> <a href="https://e.com/?a=1&b=2">见</a> http://f.com'
    )
    send_card(a_card(main_title={"title": "<img src=x>"}))
    html = page(client).split('id="wire-list"')[0]
    assert "<script>x" not in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    assert '<a href="https://e.com/?a=1&amp;b=2" target="_blank" rel="noopener">见</a>' in html
    assert '<a href="http://f.com"' in html


def test_a_poll_without_news_is_a_204_and_costs_one_query(client: Client, django_assert_num_queries: object) -> None:
    page(client)
    seen = _seen(World.objects.get(), "zhangsan", "lisi")
    query = {"left": "zhangsan", "right": "lisi", "seen": seen}
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert client.get(f"{PHONES}poll/", query).status_code == 204


def test_a_poll_brings_only_what_has_changed(client: Client) -> None:
    page(client)
    seen = _seen(World.objects.get(), "zhangsan", "lisi")
    faults.add(scope="api", kind="lose")
    wire = client.get(f"{PHONES}poll/", {"left": "zhangsan", "right": "lisi", "seen": seen}).content.decode()
    assert 'id="faults-now"' in wire
    assert 'id="chat-left"' not in wire
    faults.remove()
    send_text(text="新消息")
    both = client.get(f"{PHONES}poll/", {"left": "zhangsan", "right": "lisi", "seen": seen}).content.decode()
    assert 'id="chat-left"' in both
    assert "新消息" in both


def test_a_press_posts_the_tap_and_answers_without_content(client: Client, listener: Listener) -> None:
    send_card(a_card())
    message_id = _message_id()
    tapped = client.post(
        f"{PHONES}tap/", {"member": "zhangsan", "message_id": message_id, "event_key": "confirm"}, headers=HTMX
    )
    assert (tapped.status_code, "acted" in tapped["HX-Trigger"]) == (204, True)
    assert Delivery.objects.get().event_key == "confirm"


def test_a_press_on_a_dead_card_says_so(client: Client) -> None:
    update(send_card(a_card())["response_code"])
    data = {"member": "zhangsan", "message_id": _message_id(), "event_key": "confirm"}
    answer = client.post(f"{PHONES}tap/", data, headers={**HTMX, "Accept-Language": "en"})
    assert "nothing happens" in answer["HX-Trigger"]
    assert Delivery.objects.count() == 0


def test_presses_need_the_pages_csrf_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{PHONES}reset/", headers=HTMX).status_code == 403


def test_faults_are_set_and_taken_back_by_page(client: Client) -> None:
    data = {"fault": "api:errcode:", "errcode": "45009", "count": "3", "path": "message/"}
    client.post(f"{PHONES}faults/add/", data, headers=HTMX)
    row = Fault.objects.get()
    assert (row.value, row.left, row.path) == ("45009", 3, "message/")
    assert "errcode 45009</b> × 3" in page(client)
    client.post(f"{PHONES}faults/remove/", {"id": row.pk}, headers=HTMX)
    assert Fault.objects.count() == 0
    wrong = client.post(f"{PHONES}faults/add/", {"fault": "api:errcode:", "errcode": "many"}, headers=HTMX)
    assert "whole number" in wrong["HX-Trigger"]


def test_every_ready_fault_has_words() -> None:
    for entry in [*words.ready(words.READY_API), *words.ready(words.READY_CALLBACK)]:
        assert entry["words"] != entry["value"].split(":")[1]


def test_members_write_from_the_phone(client: Client, listener: Listener) -> None:
    client.post(f"{PHONES}say/", {"member": "lisi", "text": "在吗"}, headers=HTMX)
    client.post(f"{PHONES}enter/", {"member": "lisi"}, headers=HTMX)
    assert sorted(Delivery.objects.values_list("event", flat=True)) == ["enter_agent", "text"]
    assert "在吗" in page(client, right="lisi")


def test_clock_check_and_reset_by_page(client: Client, listener: Listener) -> None:
    client.post(f"{PHONES}clock/", {"hours": "24"}, headers=HTMX)
    assert World.objects.get().offset_seconds == 86400
    checked = client.post(f"{PHONES}check/", headers={**HTMX, "Accept-Language": "en"})
    assert "answered right" in checked["HX-Trigger"]
    client.post(f"{PHONES}reset/", headers=HTMX)
    assert World.objects.get().offset_seconds == 0
    assert client.post(f"{PHONES}reset/").status_code == 302


def test_an_empty_phone_says_how_to_get_a_card(client: Client) -> None:
    html = page(client, left="qianqi", right="nobody")
    assert html.count("A card appears here") == 2
    assert 'href="/api/docs/"' in html


def test_a_member_has_a_profile(client: Client) -> None:
    page(client)
    assert "李四" in client.get(f"{PHONES}member/LiSi/").content.decode()
    assert client.get(f"{PHONES}member/ghost/").status_code == 404


def test_the_wire_shows_what_the_platform_kept_to_itself(client: Client) -> None:
    send_text(enable_duplicate_check=1), send_text(enable_duplicate_check=1)
    post("message/send", {"touser": "ghost", "msgtype": "text", "text": {"content": "x"}})
    html = page(client)
    assert "seen before, not shown again" in html
    assert "81013 None of the recipients exists or is in range." in html


def test_times_stand_between_messages_far_apart(client: Client) -> None:

    send_text(text="1"), send_text(text="2")
    clock.advance(86400)
    send_text(text="3")
    kinds = [entry["kind"] for entry in chat.entries("zhangsan", clock.now())]
    assert kinds == ["time", "text", "text", "time", "text"]


def _seen(world: World, *owners: str) -> str:
    return f"{world.chats}|{'|'.join(owners)}/{world.wire}"


def _message_id() -> int:

    return Message.objects.latest("id").pk
