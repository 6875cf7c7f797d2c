"""The ledger is the truth about what each member has seen, from the first face of a card to the last."""

from typing import Any

import pytest
from django.test import Client

from tests.sandbox.kit import BUTTON_REPLY, Listener, a_card, passive, post, send_card, send_text, update
from wecom.sandbox import delivery, ledger, taps

pytestmark = pytest.mark.django_db


def history(member: str) -> list[tuple[str, str, str]]:
    """Cause, face and grey text of all that the member's newest card has shown."""
    newest = ledger.build(member, parts=("members",))["members"][member]["messages"][-1]
    return [(one["cause"], one["face"], one["replace_text"]) for one in newest["history"]]


def test_a_card_that_nobody_changed_has_one_face(client: Client) -> None:
    send_card(a_card())
    assert history("zhangsan") == [("send", "fresh", "")]


def test_every_face_is_kept_with_what_caused_it_and_the_code_that_paid(listener: Listener) -> None:
    listener.answer = passive(BUTTON_REPLY)
    sent = send_card(a_card(), "zhangsan|lisi")
    taps.tap(member="zhangsan", event_key="confirm", task_id="lf-1@1")
    assert delivery.join()
    update(sent["response_code"], template_card=a_card(main_title={"title": "已推送"}, replace_text="完成"))
    post("message/recall", {"msgid": sent["msgid"]})
    assert history("zhangsan") == [
        ("send", "fresh", ""),
        ("reply", "button", "处理中"),
        ("update", "card", "完成"),
        ("recall", "recalled", "完成"),
    ]
    assert history("lisi") == [("send", "fresh", ""), ("recall", "recalled", "")]
    shown = ledger.build()["members"]["zhangsan"]["messages"][0]["history"]
    assert [one["card"]["main_title"]["title"] for one in shown] == [
        "有人认领您捡到的工卡",
        "有人认领您捡到的工卡",
        "已推送",
        "已推送",
    ]
    assert [one["code"] for one in shown] == ["", "", sent["response_code"], ""]
    assert sorted(one["at"] for one in shown) == [one["at"] for one in shown]


def test_a_second_recall_changes_nothing() -> None:
    sent = send_card(a_card())
    for _ in range(2):
        assert post("message/recall", {"msgid": sent["msgid"]})["errcode"] == 0
    assert history("zhangsan") == [("send", "fresh", ""), ("recall", "recalled", "")]


def test_one_may_ask_for_some_parts_only(client: Client) -> None:
    send_text()
    whole: dict[str, Any] = client.get("/sandbox/control/ledger/").json()
    some = client.get("/sandbox/control/ledger/?parts=members,calls").json()
    assert some["calls"] == whole["calls"]
    assert "deliveries" not in some
    refused = client.get("/sandbox/control/ledger/?parts=members,moon")
    assert refused.status_code == 400
    assert "moon" in refused.json()["why"]


def test_duplicates_and_drops_are_counted(client: Client) -> None:
    for _ in range(3):
        send_text(text="same", enable_duplicate_check=1)
    for number in range(31):
        send_text(text=str(number))
    entries = ledger.build(parts=("messages",))["messages"]
    assert entries[0]["repeats"] == 2
    assert [entry["dropped"] for entry in entries[-2:]] == [["zhangsan"], ["zhangsan"]]
    assert sum(bool(entry["dropped"]) for entry in entries) == 2
