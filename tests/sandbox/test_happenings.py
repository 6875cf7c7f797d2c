"""What members and the platform cause besides taps: every event of the documents can be played by its elements."""

from typing import Any

import pytest
from defusedxml import ElementTree
from django.test import Client

from tests.sandbox.kit import Listener
from wecom.sandbox import delivery, taps, worlds

pytestmark = pytest.mark.django_db


def test_any_event_goes_out_with_who_when_and_which_application(listener: Listener) -> None:
    taps.happen(
        member="LiSi",
        fields={
            "MsgType": "event",
            "Event": "pic_weixin",
            "EventKey": "photo",
            "SendPicsInfo": {"Count": 1, "PicList": [["item", {"PicMd5Sum": "9f1c"}], ["item", {"PicMd5Sum": "]]>"}]]},
        },
    )
    assert delivery.join()
    (got,) = listener.got
    root = ElementTree.fromstring(got.plaintext)
    assert (got.text("FromUserName"), got.text("Event"), got.text("AgentID")) == ("lisi", "pic_weixin", "1000042")
    assert [one.text for one in root.iterfind("SendPicsInfo/PicList/item/PicMd5Sum")] == ["9f1c", "]]>"]
    assert root.find("MsgId") is None


def test_a_message_of_any_kind_gets_an_id(listener: Listener) -> None:
    for _ in range(2):
        taps.happen(member="lisi", fields={"MsgType": "image", "PicUrl": "http://x/", "MediaId": "m"})
    assert delivery.join()
    first, second = (int(got.text("MsgId")) for got in listener.got)
    assert first != second


def test_what_concerns_no_member_comes_from_the_platform_itself(listener: Listener) -> None:
    taps.happen(member="", fields={"MsgType": "event", "Event": "change_contact", "ChangeType": "delete_user"})
    assert delivery.join()
    assert listener.got[0].text("FromUserName") == "sys"


@pytest.mark.parametrize("fields", [{}, {"MsgType": "event"}, {"Event": "x"}, {"MsgType": "text", "a b": "c"}])
def test_fields_that_are_none_are_refused(client: Client, fields: dict[str, Any]) -> None:
    body = {"member": "lisi", "fields": fields}
    assert client.post("/sandbox/control/event/", body, content_type="application/json").status_code == 400


def test_a_door_and_a_script_bring_events_too(client: Client, listener: Listener) -> None:
    body = {"member": "lisi", "fields": {"MsgType": "event", "Event": "subscribe"}, "wait": True}
    told = client.post("/sandbox/control/event/", body, content_type="application/json").json()
    assert told["delivery"]["event"] == "subscribe"
    worlds.load("steps:\n  - event: {member: lisi, fields: {MsgType: event, Event: unsubscribe}}\n")
    assert delivery.join()
    assert [got.text("Event") for got in listener.got] == ["subscribe", "unsubscribe"]
