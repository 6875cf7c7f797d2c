"""The doors for tests and scripts: JSON over HTTP."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.sandbox.kit import BUTTON_REPLY, Listener, a_card, chat_of, passive, send_card, send_text, token
from wecom.sandbox import wirelog
from wecom.sandbox.models import ApiCall
from wecom.sandbox.world import CREDENTIALS, MEMBERS

pytestmark = pytest.mark.django_db
CONTROL = "/sandbox/control"


def control(client: Client, door: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
    return client.generic(method, f"{CONTROL}/{door}/", _json(body), content_type="application/json")


def _json(body: dict[str, Any] | None) -> str:

    return "" if body is None else json.dumps(body)


def test_the_api_answers_over_http(client: Client) -> None:
    query = {"corpid": CREDENTIALS["CORP_ID"], "corpsecret": CREDENTIALS["SECRET"]}
    answer = client.get("/sandbox/cgi-bin/gettoken", query)
    assert (answer.json()["errcode"], answer["Content-Type"]) == (0, "application/json; charset=UTF-8")
    body = {"agentid": 1000042, "touser": "zhangsan", "msgtype": "text", "text": {"content": "hi"}}
    sent = Client(enforce_csrf_checks=True).post(
        f"/sandbox/cgi-bin/message/send?access_token={answer.json()['access_token']}", body, "application/json"
    )
    assert sent.json()["errcode"] == 0
    assert client.get("/sandbox/cgi-bin/nonsense").status_code == 404


def test_a_dripping_answer_comes_in_single_bytes(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wecom.sandbox.views_api.time.sleep", lambda seconds: None)
    assert control(client, "faults", {"api": "getcallbackip", "fault": "drip"}).status_code == 201
    answer = client.get("/sandbox/cgi-bin/getcallbackip", {"access_token": token()})
    parts = list(answer)
    assert {len(part) for part in parts} == {1}
    assert b'"errcode":0' in b"".join(parts)


def test_a_tap_that_waits_brings_its_tries(client: Client, listener: Listener) -> None:
    send_card(a_card())
    listener.answer = passive(BUTTON_REPLY)
    answer = control(client, "tap", {"member": "ZhangSan", "task_id": "lf-1@1", "event_key": "confirm", "wait": True})
    assert (answer.status_code, answer.json()["delivery"]["statuses"]) == (201, [200])
    again = control(client, "tap", {"member": "zhangsan", "task_id": "lf-1@1", "event_key": "confirm"})
    assert again.status_code == 409
    assert control(client, "tap", {"member": "zhangsan", "task_id": "x", "event_key": "y"}).status_code == 404
    assert control(client, "tap", {"member": "zhangsan"}).status_code == 400


def test_members_say_things_and_open_the_application(client: Client, listener: Listener) -> None:
    assert control(client, "say", {"member": "lisi", "text": "你好", "wait": True}).status_code == 201
    assert control(client, "say", {"member": "lisi", "enter": True, "wait": True}).status_code == 201
    assert control(client, "say", {"member": "lisi", "text": " "}).status_code == 409
    assert [got.text("MsgType") for got in listener.got] == ["text", "event"]


def test_faults_are_set_listed_and_removed(client: Client) -> None:
    made = control(client, "faults", {"api": "callback", "fault": "copies", "value": 3, "count": 2}).json()
    assert made["left"] == 2
    path = control(client, "faults", {"api": "message/send", "fault": "errcode", "value": 45009, "count": 3}).json()
    assert (path["api"], path["path"]) == ("api", "message/send")
    assert len(control(client, "faults", method="GET").json()["faults"]) == 2
    assert control(client, "faults", {"id": made["id"]}, "DELETE").json() == {"removed": 1}
    assert control(client, "faults", method="DELETE").json() == {"removed": 1}
    assert control(client, "faults", {"api": "api", "fault": "flood"}).status_code == 400


def test_time_passes_on_request(client: Client) -> None:
    old = token()
    assert control(client, "clock", {"advance": 7200, "code_ttl_hours": 24}).json()["offset_seconds"] == 7200
    assert token() != old
    assert control(client, "clock", method="GET").json()["code_ttl_hours"] == 24
    assert control(client, "clock", {"advance": "soon"}).status_code == 400


def test_members_come_change_and_go(client: Client) -> None:
    assert control(client, "members", {"userid": "Sunba", "name": "孙八"}).json()["userid"] == "sunba"
    assert control(client, "members", {"userid": "sunba", "visible": False}).json()["name"] == "孙八"
    assert control(client, "members", {"userid": "lisi"}, "DELETE").json() == {"removed": 1}
    known = [m["userid"] for m in control(client, "members", method="GET").json()["members"]]
    assert (len(known), "lisi" in known) == (len(MEMBERS), False)
    assert control(client, "members", {"userid": "x", "crown": True}).status_code == 400


def test_a_reset_forgets_everything_but_the_people(client: Client) -> None:
    control(client, "members", {"userid": "lisi"}, "DELETE")
    control(client, "clock", {"advance": 99, "code_ttl_hours": 24})
    send_card(a_card()), send_text()
    assert control(client, "reset").json() == {"reset": True}
    ledger = control(client, "ledger", method="GET").json()
    assert (ledger["messages"], ledger["codes"], ledger["calls"], ledger["faults"]) == ([], [], [], [])
    assert (ledger["offset_seconds"], ledger["code_ttl_hours"], list(ledger["members"])) == (
        0,
        72,
        [person["userid"] for person in MEMBERS],
    )


def test_the_ledger_can_be_asked_about_one_member(client: Client) -> None:
    send_text("zhangsan|lisi")
    answer = client.get(f"{CONTROL}/ledger/", {"member": "LiSi"}).json()
    assert list(answer["members"]) == ["lisi"]
    assert len(chat_of("lisi")) == 1


def test_the_url_check_reports(client: Client, listener: Listener) -> None:
    answer = control(client, "check").json()
    assert (answer["ok"], answer["error"], answer["status"]) == (True, "", 200)


def test_a_foreign_page_cannot_drive_the_sandbox_with_a_form(client: Client) -> None:
    assert client.post(f"{CONTROL}/tap/", {"member": "zhangsan"}).status_code == 400
    assert client.get(f"{CONTROL}/reset/").status_code == 405


def test_the_wire_log_keeps_the_newest_calls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wirelog, "KEEP", 10)
    monkeypatch.setattr(wirelog, "_EVERY", 5)
    for number in range(30):
        send_text(text=str(number))
    assert ApiCall.objects.count() <= 15
