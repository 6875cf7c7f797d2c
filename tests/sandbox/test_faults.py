"""Faults run down exactly and do what they say, no more."""

import pytest

from tests.sandbox.kit import (
    BUTTON_REPLY,
    Listener,
    a_card,
    ask,
    chat_of,
    passive,
    post,
    send_card,
    send_text,
    token,
    update,
)
from tests.support import in_threads, wait_until
from wecom.sandbox import delivery, faults, ledger, platform, taps
from wecom.sandbox.faults import UnknownFault
from wecom.sandbox.models import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the platform would have slept, without sleeping."""
    taken: list[float] = []
    monkeypatch.setattr(platform, "sleep", lambda seconds: taken.append(seconds) if seconds else None)
    return taken


def raw_send() -> tuple[int, bytes]:
    body = b'{"agentid":1000042,"touser":"zhangsan","msgtype":"text","text":{"content":"hi"}}'
    status, _headers, answer = platform.handle("POST", "message/send", {"access_token": token()}, body)
    return status, answer


def test_an_errcode_is_answered_the_set_number_of_times_and_nothing_is_done() -> None:
    faults.add(scope="api", kind="errcode", value=45009, count=2, path="message/send")
    assert [send_text()["errcode"] for _ in range(3)] == [45009, 45009, 0]
    assert len(chat_of()) == 1


@pytest.mark.django_db(transaction=True)
def test_counts_run_down_exactly_under_parallel_calls() -> None:
    access_token = token()
    faults.add(scope="api", kind="errcode", value=-1, count=3, path="getcallbackip")
    answers = in_threads(8, lambda: ask("GET", "getcallbackip", {"access_token": access_token})["errcode"])
    assert sorted(map(str, answers)) == ["-1"] * 3 + ["0"] * 5
    assert Fault.objects.get().left == 0


def test_a_lost_answer_comes_after_the_work() -> None:
    faults.add(scope="api", kind="lose", path="message/")
    status, answer = raw_send()
    assert (status, b"Bad Gateway" in answer) == (502, True)
    assert len(chat_of()) == 1
    assert ledger.build()["calls"][-1]["errcode"] == 0


def test_hanging_before_the_work_does_nothing_and_hanging_after_it_does_everything(naps: list[float]) -> None:
    faults.add(scope="api", kind="hang_before", value=20, path="message/")
    faults.add(scope="api", kind="hang", value=9, path="message/")
    assert (raw_send()[0], len(chat_of()), naps) == (504, 0, [20])
    assert (raw_send()[0], len(chat_of()), naps) == (504, 1, [20, 9])


def test_delays_come_before_or_after_the_work(naps: list[float]) -> None:
    faults.add(scope="api", kind="delay", value=6000, path="message/")
    faults.add(scope="api", kind="delay_after", value=250, path="message/")
    assert (send_text()["errcode"], naps) == (0, [6, 0.25])


def test_http_statuses_and_strange_bodies(naps: list[float]) -> None:
    faults.add(scope="api", kind="status", value=503, path="message/")
    assert raw_send()[0] == 503
    assert chat_of() == []
    faults.add(scope="api", kind="body", value="[]", path="message/")
    assert raw_send() == (200, b"[]")
    assert len(chat_of()) == 1


def test_revoked_tokens_stay_refused_until_the_fault_is_over() -> None:
    faults.add(scope="api", kind="revoke", count=2)
    assert [send_text()["errcode"] for _ in range(3)] == [40014, 40014, 0]


def test_a_fault_for_one_path_spares_the_others() -> None:
    faults.add(scope="api", kind="errcode", value=-1, path="message/update_template_card")
    code = send_card(a_card())["response_code"]
    assert [update(code)["errcode"], update(code)["errcode"]] == [-1, 0]


def test_a_dripping_answer_is_marked_for_the_door() -> None:
    faults.add(scope="api", kind="drip", path="getcallbackip")
    _status, headers, _body = platform.handle("GET", "getcallbackip", {"access_token": token()}, b"")
    assert platform.DRIP in headers


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "api", "kind": "earthquake"},
        {"scope": "callback", "kind": "lose"},
        {"scope": "api", "kind": "delay", "value": "long"},
        {"scope": "api", "kind": "status", "value": 200},
        {"scope": "api", "kind": "lose", "count": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UnknownFault):
        faults.add(**wrong)  # type: ignore[arg-type]


def test_faults_can_be_taken_back() -> None:
    faults.add(scope="api", kind="lose")
    kept = faults.add(scope="callback", kind="copies")
    assert (faults.remove(scope="api"), list(Fault.objects.all())) == (1, [kept])


def tap() -> None:
    taps.tap(member="zhangsan", event_key="confirm", task_id="lf-1@1")


def test_a_callback_is_delivered_several_times_at_once(listener: Listener) -> None:
    send_card(a_card())
    faults.add(scope="callback", kind="copies", value=4)
    tap()
    assert delivery.join()
    assert len(listener.got) == 4
    assert len({got.plaintext for got in listener.got}) == 1
    assert sorted(one["copy"] for one in ledger.build()["deliveries"][0]["tries"]) == [1, 2, 3, 4]


def test_a_callback_comes_late_and_with_an_old_timestamp(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[float] = []
    monkeypatch.setattr(delivery, "sleep", taken.append)
    send_card(a_card())
    faults.add(scope="callback", kind="delay", value=6000)
    faults.add(scope="callback", kind="stale", value=900)
    tap()
    assert delivery.join()
    created = int(listener.got[0].text("CreateTime"))
    assert 6 in taken
    assert 895 <= created - int(listener.got[0].query["timestamp"]) <= 905


def test_a_late_reply_covers_an_update_that_was_quicker(listener: Listener) -> None:
    code = send_card(a_card())["response_code"]
    listener.answer = passive(BUTTON_REPLY)
    faults.add(scope="callback", kind="late_reply", value=400)
    tap()
    wait_until(lambda: listener.got, what="the callback")
    assert update(code)["errcode"] == 0
    assert chat_of()[0]["replace_text"] == "已推送"
    assert delivery.join()
    assert chat_of()[0]["replace_text"] == "处理中"


def test_the_wire_log_keeps_the_whole_request_and_what_it_suffered() -> None:
    faults.add(scope="api", kind="errcode", value=6000, path="message/")
    post("message/send", {"touser": "zhangsan"})
    call = ledger.build()["calls"][-1]
    assert (call["errcode"], call["faults"], "access_token=" in call["query"]) == (6000, "errcode 6000", True)
    assert '"touser": "zhangsan"' in call["request"]
