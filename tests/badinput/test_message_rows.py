"""faults.md 4.3: authentic messages that make no sense. A retry would not help, so: 200, kept, and no effect.

A row is: its id, what is wrong, the message, and what becomes of its row once a worker has been there. Nothing is sent
to anybody, and the request that the card asks about stays open.
"""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils.html import escape

from lostfound import audit, erasure, services
from lostfound.models import ContactRequest
from tests.badinput.test_callback_rows import named
from tests.lostfound.world import FINDER, OWNER, WeCom, ask, asked, found_item, states
from tests.wecom.wire import message, post
from wecom import inbox, outbox
from wecom.models import Callback

pytestmark = pytest.mark.django_db

CARD = "{card}"  # the task id of the question on the finder's phone
IGNORED, POISON, QUARANTINED = "ignored", "poison", "quarantined"


def tap(**fields: Any) -> bytes:
    """The finder's own 确认, and what is different about it."""
    usual = {
        "MsgType": "event",
        "Event": "template_card_event",
        "FromUserName": FINDER,
        "TaskId": CARD,
        "EventKey": "confirm",
        "CardType": "button_interaction",
        "ResponseCode": "RC_of_the_tap",
    }
    return message(**{**usual, **fields})


def text(content: str) -> bytes:
    return message(MsgType="text", Content=content, MsgId="1", FromUserName=FINDER)


INJECTIONS = (
    "' OR 1=1--",
    "${7*7}",
    "{{7*7}}",
    "%s%n",
    "{0.__class__}",
    "../../etc/passwd",
    "=cmd()",
    "+1",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "a\nb CRITICAL forged line",
    "\u202egnp.exe",
)

ROWS: list[tuple[str, str, bytes, str]] = [
    ("X1", "broken", b"<xml><a>", POISON),
    ("X1", "empty", b"", POISON),
    ("X1", "not UTF-8", b"<xml><MsgType>\xff\xfe</MsgType></xml>", POISON),
    ("X1", "JSON", b'{"MsgType": "event"}', POISON),
    ("X1", "one thing twice", tap().replace(b"</xml>", b"<TaskId>t-2</TaskId></xml>"), POISON),
    ("X2", "a DTD", b"<!DOCTYPE xml>" + tap(), POISON),
    ("X2", "an entity", b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>', POISON),
    (  # nothing is loaded by it, and a message without a known MsgType needs no person
        "X2",
        "XInclude",
        b'<xml xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/passwd"/></xml>',
        IGNORED,
    ),
    ("X3", "no MsgType", message(MsgType=""), IGNORED),
    ("X3", "an unknown MsgType", message(MsgType="hologram"), IGNORED),
    ("X3", "an unknown Event", message(MsgType="event", Event="something_new"), IGNORED),
    *(
        ("X3", event, message(MsgType="event", Event=event), IGNORED)
        for event in ("enter_agent", "LOCATION", "change_contact", "subscribe", "template_card_menu_event")
    ),
    ("X10", "a user id as key", tap(EventKey=OWNER), IGNORED),
    ("X10", "another request's id as key", tap(EventKey="confirm:2"), IGNORED),
    ("X10", "JSON as key", tap(EventKey='{"key": "confirm", "to": "boss"}'), IGNORED),
    ("X10", "a URL as key", tap(EventKey="https://203.0.113.1/confirm"), IGNORED),
    ("X10", "the key in capitals", tap(EventKey="CONFIRM"), IGNORED),
    ("X10", "the key with a blank", tap(EventKey=" confirm"), IGNORED),
    ("X11", "a key of 1,025 bytes", tap(EventKey="k" * 1025), IGNORED),
    ("X11", "a key of 40 kB", tap(EventKey="k" * 40_000), IGNORED),
    ("X11", "an empty key", tap(EventKey=""), IGNORED),
    *(("X12", f"key {key!r}", tap(EventKey=key), IGNORED) for key in INJECTIONS),
    ("X15", "a task id of 129 bytes", tap(TaskId="t" * 129), IGNORED),
    ("X15", "a task id of another alphabet", tap(TaskId="工单-1"), IGNORED),
    ("X15", "no task id", tap(TaskId=""), IGNORED),
    ("X15", "a task id that nobody has", tap(TaskId="lf-999-abcd@1"), IGNORED),
    ("X16", "another app", tap(AgentID="999"), IGNORED),
    ("X16", "a negative app", tap(AgentID="-1"), IGNORED),
    ("X16", "no app", tap(AgentID=""), IGNORED),
    ("X16", "no app at all", tap(AgentID=None), IGNORED),
    ("X18", "the owner on the finder's card", tap(FromUserName=OWNER), IGNORED),
    ("X18", "a stranger", tap(FromUserName="mallory"), IGNORED),
    ("X18", "nobody", tap(FromUserName=""), IGNORED),
    ("X18", "everybody", tap(FromUserName="@all"), IGNORED),
    ("X18", "a list with the finder in it", tap(FromUserName=f"{FINDER}|{OWNER}"), IGNORED),
    ("X18", "the finder with a NUL-like blank", tap(FromUserName=f"{FINDER}\u3000"), IGNORED),
    ("X20", "a voice", message(MsgType="voice", MediaId="m", Format="amr", MsgId="3"), IGNORED),
]

# Whatever somebody writes is looked for, and answered to them alone.
TEXTS: list[tuple[str, str, bytes]] = [
    *(("X12", f"text {words!r}", text(words)) for words in INJECTIONS),
    ("X20", "a text of 2,048 bytes", text("字" * 682 + "ab")),
]

# Odd, and all right: the finder has answered.
FINE: list[tuple[str, str, bytes]] = [
    ("X5", "another order", tap(EventKey=None).replace(b"<xml>", b"<xml><EventKey>confirm</EventKey>")),
    (
        "X5",
        "500 unknown elements",
        tap().replace(b"</xml>", "".join(f"<x{n}>{n}</x{n}>" for n in range(500)).encode() + b"</xml>"),
    ),
    ("X10", "a receiver of its own", tap(ToUser="boss", touser="boss", Receiver="boss")),
    ("F12", "the finder in capitals", tap(FromUserName=FINDER.upper())),
    ("X12", "a code that is markup", tap(ResponseCode="<script>")),
]

# The finder's answer, with so many seconds between now and the time that it says; None: what it says is no time.
# It counts like any other, and an operator sees what is off, and by how much; the last ones are of now.
TIMES: list[tuple[str, str, str | int, str | None]] = [
    ("X7", "an hour ahead", 3660, "sent 1 h after it came in"),
    ("X7", "30 days back", -30 * 24 * 3600, "sent 30 d before it came in"),
    ("X7", "11 minutes ahead", 11 * 60 + 30, "sent 11 min after it came in"),
    ("X7", "11 minutes back", -11 * 60, "sent 11 min before it came in"),
    ("X7", "beyond all time", "9999999999", "does not say when it was sent"),
    ("X7", "from 1970", "0", "does not say when it was sent"),
    ("X7", "no time", "soon", "does not say when it was sent"),
    ("X7", "no element", "", "does not say when it was sent"),
    ("X7", "nine minutes ahead", 9 * 60, None),
    ("X7", "nine minutes back", -9 * 60, None),
    ("X7", "now", 0, None),
]


def deliver(plain: bytes, task_id: str) -> Callback:
    """Post it as WeCom does, and let a worker handle what is due."""
    answer = post(Client(), plain.replace(CARD.encode(), task_id.encode()))
    assert answer.status_code == 200
    inbox.drain()
    return Callback.objects.get()


@pytest.mark.parametrize(("plain", "state"), [named(row) for row in ROWS])
def test_a_message_without_sense_is_kept_and_does_nothing(wecom: WeCom, plain: bytes, state: str) -> None:
    card = asked()
    calls = len(wecom.calls)
    kept = deliver(plain, card.task_id)
    outbox.drain()
    assert kept.state == state
    assert kept.plaintext.encode("utf-8", "surrogateescape") == plain.replace(CARD.encode(), card.task_id.encode())
    assert len(wecom.calls) == calls
    assert states(card)[0] == "pending"


@pytest.mark.parametrize("plain", [named(row) for row in TEXTS])
def test_what_is_written_is_answered_and_decides_nothing(wecom: WeCom, plain: bytes) -> None:
    card = asked()
    assert deliver(plain, card.task_id).state == "done"
    outbox.drain()
    assert states(card)[0] == "pending"
    ((member, answer),) = wecom.texts
    assert member == FINDER
    assert "<script" not in answer


@pytest.mark.parametrize("plain", [named(row) for row in FINE])
def test_what_is_odd_and_yet_clear_is_handled(wecom: WeCom, plain: bytes) -> None:
    card = asked()
    assert deliver(plain, card.task_id).state == "done"
    outbox.drain()
    assert states(card)[0] == "accepted"
    assert {to for to, _ in wecom.texts} == {OWNER}


@pytest.mark.parametrize(("created", "said"), [named(row) for row in TIMES])
def test_a_message_of_another_time_is_handled_and_marked(
    wecom: WeCom, client: Client, caplog: pytest.LogCaptureFixture, created: str | int, said: str | None
) -> None:
    card = asked()
    kept = deliver(
        tap(CreateTime=str(time.time_ns() // 10**9 + created) if isinstance(created, int) else created), card.task_id
    )
    assert (kept.state, states(card)[0]) == ("done", "accepted")
    lines = [record.getMessage() for record in caplog.records if "time is off" in record.getMessage()]
    assert [f"callback={kept.pk} " in line for line in lines] == ([True] if said else [])
    assert FINDER not in str(lines)
    client.force_login(User.objects.create_superuser("desk"), backend="django.contrib.auth.backends.ModelBackend")
    for address in (f"/admin/wecom/callback/{kept.pk}/change/", "/admin/wecom/callback/"):
        page = client.get(address, headers={"accept-language": "en"}).content.decode()
        assert said in page if said else "it was sent" not in page
    (row,) = (row for row in audit.rows() if row["type"] == "callback")
    assert (abs(row["received_at"] - row["sent_at"]) > timedelta(minutes=10)) == bool(said)


def test_x7_sent_again_a_message_of_another_time_is_told_once(wecom: WeCom, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        post(Client(), tap(CreateTime="1721000123"))
    assert caplog.text.count("time is off") == 1


@pytest.mark.parametrize("end", ["withdrawn", "expired", "accepted", "declined", "erased"])
def test_x19_a_tap_on_what_has_ended_changes_nothing(wecom: WeCom, end: str) -> None:
    """The finder may be told in words meanwhile: no card can be updated with the codes that are made up here."""
    card = asked()
    if end == "withdrawn":
        services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    elif end == "expired":
        services.expire_request(request_id=card.request_id, by="desk")
    elif end == "erased":
        erasure.erase(member=FINDER, by="desk")
    else:
        key = {"accepted": "confirm", "declined": "decline"}[end]
        deliver(tap(EventKey=key, ResponseCode="RC_first"), card.task_id)
        Callback.objects.all().delete()
    outbox.drain()
    before = states(card)[0], [text for to, text in wecom.texts if to == OWNER]
    assert deliver(tap(ResponseCode="RC_late"), card.task_id).state == "ignored"
    outbox.drain()
    assert (states(card)[0], [text for to, text in wecom.texts if to == OWNER]) == before


def test_a_tap_moves_the_request_of_its_own_card_alone(wecom: WeCom) -> None:
    mine, other = asked(), asked(item=found_item(title="钥匙"), owner="wangwu")
    deliver(tap(EventKey="confirm"), mine.task_id)
    assert (states(mine)[0], states(other)[0]) == ("accepted", "pending")


@pytest.mark.parametrize("words", INJECTIONS)
def test_what_people_write_is_plain_text_in_pages_and_log(
    wecom: WeCom, client: Client, caplog: pytest.LogCaptureFixture, words: str
) -> None:
    shown = words.partition("\n")[0]
    asked_for = ask(message=shown)
    card_text = deliver(tap(EventKey=words, CardType=words), "no-card")
    with transaction.atomic():
        client.force_login(User.objects.create_superuser("desk"), backend="django.contrib.auth.backends.ModelBackend")
    for address in (
        f"/admin/lostfound/contactrequest/{asked_for.pk}/change/",
        f"/admin/wecom/callback/{card_text.pk}/change/",
    ):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert escape(shown) in page
    assert "\nb CRITICAL" not in caplog.text
    assert ContactRequest.objects.get().state == "pending"
