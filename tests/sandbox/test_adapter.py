"""The platform answers `requests` in this process: no socket, the same bytes, the same faults."""

import json
import time
from typing import Any

import pytest
import requests
from wechatpy.enterprise import WeChatClient

from tests.sandbox.kit import PNG, Listener, a_card, chat_of
from wecom.sandbox import faults, platform
from wecom.sandbox.adapter import WECOM, SandboxAdapter, instead_of_wecom
from wecom.sandbox.world import CREDENTIALS

pytestmark = pytest.mark.django_db
API = f"{WECOM}cgi-bin"
ASKED = {"corpid": CREDENTIALS["CORP_ID"], "corpsecret": CREDENTIALS["SECRET"]}


@pytest.fixture
def slept() -> list[float]:
    """How long callers waited, without their having waited."""
    return []


@pytest.fixture
def session(slept: list[float]) -> requests.Session:
    made = requests.Session()
    made.mount(WECOM, SandboxAdapter(sleep=slept.append))
    return made


def send(session: requests.Session, text: str = "你好", **options: Any) -> requests.Response:
    token = session.get(f"{API}/gettoken", params=ASKED).json()["access_token"]
    body = {"agentid": 1000042, "touser": "zhangsan", "msgtype": "text", "text": {"content": text}}
    raw = json.dumps(body, ensure_ascii=False).encode()
    return session.post(f"{API}/message/send", params={"access_token": token}, data=raw, **options)


def test_a_call_is_answered_as_over_http(session: requests.Session) -> None:
    answer = send(session)
    assert (answer.status_code, answer.reason, answer.json()["errcode"]) == (200, "OK", 0)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.url.startswith(f"{API}/message/send?access_token=")
    assert [message["text"] for message in chat_of()] == ["你好"]


def test_a_path_that_does_not_exist_is_a_404(session: requests.Session) -> None:
    answer = session.get(f"{API}/nonsense")
    assert answer.status_code == 404
    with pytest.raises(requests.HTTPError):
        answer.raise_for_status()
    assert session.get(f"{WECOM}elsewhere").status_code == 404


def test_a_caller_without_patience_goes_away_and_the_work_is_done_all_the_same(
    session: requests.Session, slept: list[float]
) -> None:
    faults.add(scope="api", kind="delay_after", value=6000, path="message/send")
    with pytest.raises(requests.ReadTimeout):
        send(session, timeout=5)
    assert slept == [5]
    assert [message["text"] for message in chat_of()] == ["你好"]


@pytest.mark.parametrize("timeout", [None, 7, (0.1, 7), (0.1, None)])
def test_a_patient_caller_gets_the_late_answer(session: requests.Session, slept: list[float], timeout: Any) -> None:
    faults.add(scope="api", kind="delay", value=6000, path="message/send")
    assert send(session, timeout=timeout).json()["errcode"] == 0
    assert slept == [6]


def test_the_wait_is_real_unless_one_says_otherwise() -> None:
    session = requests.Session()
    session.mount(WECOM, SandboxAdapter())
    faults.add(scope="api", kind="delay", value=80)
    started = time.perf_counter()
    session.get(f"{API}/gettoken", params=ASKED)
    assert time.perf_counter() - started >= 0.08


def test_lost_answers_and_strange_ones_reach_the_caller(session: requests.Session) -> None:
    faults.add(scope="api", kind="lose", path="message/send")
    faults.add(scope="api", kind="body", value="null", path="message/send", count=1)
    assert send(session).status_code == 502
    assert send(session).json() is None
    assert len(chat_of()) == 2


def test_a_dripping_answer_takes_a_second_a_byte_and_escapes_the_read_time_out(
    session: requests.Session, slept: list[float]
) -> None:
    faults.add(scope="api", kind="drip", path="message/send")
    answer = send(session, timeout=5)
    assert answer.json()["errcode"] == 0
    assert sum(slept[1:]) == len(answer.content)
    faults.add(scope="api", kind="drip", path="message/send")
    with pytest.raises(requests.ReadTimeout):
        send(session, timeout=0.5)


def test_files_go_up_as_a_form_and_come_down_in_pieces(session: requests.Session) -> None:
    token = session.get(f"{API}/gettoken", params=ASKED).json()["access_token"]
    query = {"access_token": token, "type": "image"}
    up = session.post(f"{API}/media/upload", params=query, files={"media": ("photo.png", PNG)}).json()
    down = session.get(f"{API}/media/get", params={"access_token": token, "media_id": up["media_id"]}, stream=True)
    pieces = list(down.iter_content(16))
    assert (b"".join(pieces), len(pieces[0])) == (PNG, 16)
    again = session.get(f"{API}/media/get", params={"access_token": token, "media_id": up["media_id"]}, stream=True)
    assert again.raw.read(8) == PNG[:8]


def test_any_session_of_the_process_meets_the_sandbox_at_wecoms_address_and_only_there(listener: Listener) -> None:
    listener.answer = b"elsewhere"
    usual = requests.Session.get_adapter
    with instead_of_wecom():
        assert requests.get(f"{API}/gettoken", params=ASKED, timeout=5).json()["errcode"] == 0
        assert requests.post(listener.url, data=b"x", timeout=5).text == "elsewhere"
    assert requests.Session.get_adapter is usual


def test_an_address_of_ones_own_may_stand_for_the_platform() -> None:
    with instead_of_wecom("http://relay.invalid/"):
        assert requests.get("http://relay.invalid/cgi-bin/gettoken", params=ASKED, timeout=5).json()["errcode"] == 0


def test_wechatpy_works_on_it_as_it_is() -> None:
    with instead_of_wecom():
        client = WeChatClient(CREDENTIALS["CORP_ID"], CREDENTIALS["SECRET"])
        client.message.send_text(1000042, "zhangsan", "你好")
        sent = client.post("message/send", data={**_to_all(), "template_card": a_card()})
    assert sent["errcode"] == 0
    assert sent["response_code"]
    assert [message["msgtype"] for message in chat_of()] == ["text", "template_card"]


def test_a_body_may_come_as_text_or_in_pieces(session: requests.Session) -> None:
    for body in ('{"agentid": 1}', iter([b'{"agentid"', b": 1}"])):
        answer = session.post(f"{API}/message/send", params={"access_token": "none"}, data=body)
        assert answer.json()["errcode"] == 40014
    calls = platform.handle("GET", "gettoken", ASKED, b"")
    assert calls[0] == 200


def _to_all() -> dict[str, Any]:
    return {"agentid": 1000042, "touser": "zhangsan", "msgtype": "template_card"}
