"""Worlds from a text: strict, all or nothing, and playing what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client

from tests.sandbox.kit import Listener, a_card, chat_of, post, send_text, token_of
from tests.support import ROOT
from wecom.sandbox import adapter, applications, delivery, ledger, platform, script, script_yaml, taps, worlds
from wecom.sandbox.models import Fault, Member
from wecom.sandbox.world import CREDENTIALS

SHIPPED = sorted((ROOT / "docs" / "worlds").glob("*.yaml"))
PATHS = ["gettoken", *platform.ROUTES, *platform.ROBOT_ROUTES]
PEOPLE = """
departments: {2: 行政部}
members:
  - {userid: LiSi, name: 李四, department: 2, tags: [7]}
  - {userid: wangwu}
"""

pytestmark = pytest.mark.django_db


def why(text: str) -> str:
    with pytest.raises(script_yaml.WorldError) as caught:
        script.read(text, paths=PATHS)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("story: x\nweather: rain\n", 2, "weather"),
        ("members:\n  - userid: lisi\n    colour: red\n", 3, "colour"),
        ("members:\n  - name: 李四\n", 2, "userid"),
        ("members:\n  - {userid: 42}\n", 2, "a text"),
        ("members:\n  - {userid: lisi, visible: 3}\n", 2, "yes or no"),
        ("members: lisi\n", 1, "list"),
        ("members:\n  - lisi\n", 1, "mapping"),
        ("departments: {2: 3}\n", 1, "department"),
        ("apps:\n  - {agent_id: x}\n", 2, "whole number"),
        ("clock:\n  code_ttl_hours: long\n", 2, "number"),
        ("faults:\n  - when: message/sent\n    do: lose\n", 2, "message/sent"),
        ("faults:\n  - when: message/send\n    do: deliver twice\n", 3, "deliver twice"),
        ("faults:\n  - when: calls\n    do: http 200\n", 3, "400"),
        ("faults:\n  - when: calls\n    do: lose\n    times: 0\n", 3, "count"),
        ("faults:\n  - when: calls\n    do: 7\n", 3, "phrase"),
        ("faults:\n  - when: calls\n    do: lose\n    times: yes\n", 4, "whole number"),
        ("steps:\n  - dance: {}\n", 2, "send"),
        ("steps:\n  - send: {whom: lisi}\n", 2, "whom"),
        ("steps:\n  - later: soon\n", 2, "soon"),
        ("steps:\n  - say: hello\n", 2, "mapping"),
        ("story: a\nstory: b\n", 2, "twice"),
        ("story: &a x\nweather: *a\n", 2, "anchors"),
        ("story: [1\n", 2, "YAML"),
        ("- a\n", 1, "mapping"),
        ("story: !!python/object/apply:os.getcwd []\n", 1, "YAML"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, line: int, word: str) -> None:
    said = why(text)
    assert said.startswith(f"line {line}: "), said
    assert word in said


@pytest.mark.parametrize(
    ("when", "words", "kind", "value"),
    [
        ("message/send", "delay 6 s", "delay", "6000"),
        ("message/send", "迟到 250 毫秒", "delay", "250"),
        ("message/", "answer 1.5 s late", "delay_after", "1500"),
        ("calls", "做完，迟 6 秒才答", "delay_after", "6000"),
        ("calls", "lose the answer", "lose", ""),
        ("calls", "做完不答", "lose", ""),
        ("gettoken", "hang 20 s", "hang", "20"),
        ("calls", "什么也不做，挂住 20 秒", "hang_before", "20"),
        ("calls", "only hang 20 s", "hang_before", "20"),
        ("calls", "errcode 45009", "errcode", "45009"),
        ("calls", "错误码 -1", "errcode", "-1"),
        ("calls", "HTTP 503", "status", "503"),
        ("calls", 'answer with {"errcode": 0', "body", '{"errcode": 0'),
        ("calls", "每秒只答一个字节", "drip", ""),
        ("calls", "revoke", "revoke", ""),
        ("callbacks", "deliver twice", "copies", "2"),
        ("callbacks", "投递两次", "copies", "2"),
        ("text", "deliver 3 times", "copies", "3"),
        ("template_card_event", "即时回复晚 2 秒生效", "late_reply", "2000"),
        ("callbacks", "timestamp 15 min old", "stale", "900"),
        ("callbacks", "时间戳旧 15 分钟", "stale", "900"),
    ],
)
def test_what_goes_wrong_is_said_in_words(when: str, words: str, kind: str, value: str) -> None:
    text = json.dumps({"faults": [{"when": when, "do": words}]}, ensure_ascii=False)
    (trouble,) = script.read(text, paths=PATHS).troubles
    assert (trouble.kind, trouble.value) == (kind, value)


def test_people_departments_tags_and_apps_are_those_of_the_script() -> None:
    worlds.load(
        PEOPLE
        + """
apps:
  - {name: 前台}
  - {name: 人事助手, agent_id: 1000043, secret: other-secret, callback_url: ""}
steps:
  - send: {tags: [7], text: 有标签的}
  - send: {parties: [2], text: 行政部的, app: 1000043}
"""
    )
    assert list(Member.objects.values_list("userid", "name")) == [("lisi", "李四"), ("wangwu", "wangwu")]
    assert [app.name for app in applications.every()] == ["前台", "人事助手"]
    assert [(m["text"], m["agent_id"]) for m in chat_of("lisi")] == [("有标签的", "1000042"), ("行政部的", "1000043")]
    assert chat_of("wangwu") == []
    other = token_of({**CREDENTIALS, "SECRET": "other-secret"})
    body = {"touser": "lisi", "agentid": 1000043, "msgtype": "text", "text": {"content": "从另一个应用"}}
    assert post("message/send", body, access_token=other)["errcode"] == 0


def test_the_steps_leave_a_world_in_the_middle_of_things() -> None:
    worlds.load(
        PEOPLE
        + """
steps:
  - send:
      to: [lisi, wangwu]
      card:
        card_type: button_interaction
        main_title: {title: 有人认领您捡到的工卡}
        task_id: lf-1
        button_list: [{text: 确认, key: confirm}]
  - update: {task_id: lf-1, for: lisi, button: 已推送}
  - later: 25 h
  - chat: {id: desk, name: 前台, members: [lisi, wangwu]}
  - say: {member: wangwu, text: 在吗, chat: desk}
  - send: {chat: desk, text: 在}
  - send: {robot: yes, message: {markdown: {content: "# 通知"}}}
  - menu: {buttons: [{type: click, name: 我的, key: mine}]}
"""
    )
    found = ledger.build()
    assert found["offset_seconds"] == 25 * 3600
    assert found["members"]["lisi"]["messages"][0]["replace_text"] == "已推送"
    assert found["members"]["wangwu"]["messages"][0]["replace_text"] == ""
    assert [code["state"] for code in found["codes"]] == ["spent"]
    assert [message["text"] for message in chat_of("lisi")[1:]] == ["在吗", "在", "# 通知"]
    assert found["menus"]["1000042"][0]["key"] == "mine"


def test_a_step_that_cannot_be_leaves_everything_as_it_was() -> None:
    worlds.load(PEOPLE)
    with pytest.raises(script_yaml.WorldError, match=r"^line 3: send: 81013"):
        worlds.load("steps:\n  - send: {to: lisi, text: a}\n  - send: {to: nobody, text: b}\n")
    assert Member.objects.count() == 2
    assert chat_of("lisi") == []
    with pytest.raises(script_yaml.WorldError, match=r"^line 2: tap: task_id is missing"):
        worlds.load("steps:\n  - tap: {member: lisi, key: confirm}\n")


def test_a_fault_begins_after_so_many_good_ones() -> None:
    worlds.load("faults:\n  - {when: message/send, do: errcode 45009, after: 2, times: 1}\n")
    assert [send_text(text=str(number))["errcode"] for number in range(4)] == [0, 0, 45009, 0]
    assert not Fault.objects.filter(left__gt=0).exists()


def test_a_tap_in_a_script_goes_out_when_the_world_is_there(listener: Listener) -> None:
    worlds.load(
        "faults:\n  - {when: template_card_event, do: 投递两次}\nsteps:\n"
        f"  - send: {{to: lisi, card: {json.dumps(a_card())}}}\n"
        "  - tap: {member: lisi, task_id: lf-1@1, key: confirm}\n"
    )
    assert delivery.join()
    assert [got.text("EventKey") for got in listener.got] == ["confirm", "confirm"]


def test_a_world_comes_by_remote_control(client: Client) -> None:
    def load(body: Any, content_type: str) -> Any:
        return client.post("/sandbox/control/world/", body, content_type=content_type)

    made = load(f"story: 两个人\n{PEOPLE}", "application/yaml")
    assert (made.status_code, made.json()) == (201, {"story": "两个人", "members": 2, "faults": 0, "steps": 0})
    assert load(json.dumps({"yaml": "story: 五个人"}), "application/json").json()["members"] == 5
    refused = load("story: x\nweather: rain\n", "application/yaml")
    assert (refused.status_code, refused.json()["line"]) == (400, 2)
    assert load("story: x", "text/plain").status_code == 400


def test_a_reset_brings_the_usual_world_back(client: Client) -> None:
    worlds.load(PEOPLE + "apps:\n  - {name: 前台}\n")
    client.post("/sandbox/control/reset/", content_type="application/json")
    assert applications.first().name == "失物招领"
    assert "zhangsan" in ledger.build()["members"]


# --- The worlds that stand beside the documentation -----------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_world_can_be_made(path: Path) -> None:
    made = worlds.load(path.read_text("utf-8"))
    assert made.story
    delivery.join()


def test_the_lost_answer_can_be_lived_through() -> None:
    """The world of docs/worlds/lost-answer.yaml, as a caller meets it: late, delivered twice, the answer lost."""
    worlds.load((ROOT / "docs" / "worlds" / "lost-answer.yaml").read_text("utf-8"))
    slept: list[float] = []
    with adapter.instead_of_wecom(adapter=adapter.SandboxAdapter(sleep=slept.append)):
        asked = {"corpid": CREDENTIALS["CORP_ID"], "corpsecret": CREDENTIALS["SECRET"]}
        token = requests.get(f"{adapter.WECOM}cgi-bin/gettoken", params=asked, timeout=5).json()["access_token"]
        body = {"agentid": 1000042, "touser": "lisi", "msgtype": "template_card", "template_card": a_card()}
        raw = json.dumps(body, ensure_ascii=False).encode()
        address = f"{adapter.WECOM}cgi-bin/message/send?access_token={token}"
        with pytest.raises(requests.ReadTimeout):
            requests.post(address, data=raw, timeout=5)
        assert requests.post(address, data=raw, timeout=5).json()["errcode"] == 42014
    assert slept == [5]
    assert len(chat_of("lisi")) == 1
    taps.tap(member="lisi", event_key="confirm", task_id="lf-1@1")
