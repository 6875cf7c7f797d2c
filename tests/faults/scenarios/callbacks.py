"""Callbacks: repeated, replayed, forged, late, from the wrong one, cut off, in a flood."""

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from tests.faults.post import CollectingProxy, Envelope, tap_message, text_message
from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, DECLINE, SEND, World

IN_TIME = 5.0  # seconds that WeCom waits


@scenario("F01", "The same callback three times, byte for byte")
def same_bytes(world: World) -> None:
    case = world.ask()
    first = world.envelope(world.tap(case))
    world.expect([world.post(first) for _ in range(2)] == [200, 200], "a repeat was not answered 200")
    world.rest()
    (kept,) = world.rows("callback")
    world.expect(kept["repeats"] == 2, f"two repeats came, {kept['repeats']} were counted")


@scenario("F02", "The same message under a new nonce, time and ciphertext")
def sealed_anew(world: World) -> None:
    case = world.ask()
    again = Envelope.seal(world.tap(case)["plaintext"])
    world.expect([world.post(again) for _ in range(2)] == [200, 200], "a repeat was not answered 200")
    world.rest()
    world.expect(len(world.rows("callback")) == 1, "one message became two rows")


@scenario("F03", "Two messages under one MsgId: the second is set aside, and a person is told")
def same_number(world: World) -> None:
    world.member("writer")
    for words in ("first", "second", "second"):
        sealed = Envelope.seal(text_message(words, number=7, member="writer"))
        world.expect(world.post(sealed) == 200, "not answered 200")
    world.rest()
    first, second = world.rows("callback")
    world.expect((first["state"], second["state"]) == ("done", "quarantined"), "the second was not set aside")
    world.expect(len(world.texts("writer")) == 1, "not the first text alone was answered")


@scenario("F04", "A second tap with a code of its own: kept as a spare, one contact, one last text")
def tapped_twice(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    world.worker.kill()
    world.tap(case)
    second = tap_message(member=case.finder, task_id=task_id, key=CONFIRM)  # its code is one that WeCom does not know
    world.expect(world.post(Envelope.seal(second)) == 200, "the second tap was not answered 200")
    world.worker.start(**world.settings)
    world.rest()
    world.expect(len(world.rows("callback")) == 2, "the second tap is not in the books")
    (card,) = world.rows("card")
    taps = [code["state"] for code in card["codes"] if code["source"] == "tap"]
    world.expect(len(taps) == 2, f"the card has the codes of {len(taps)} taps: {taps}")
    world.expect(len(world.jobs(case, "deliver_contact")) == 1, "two taps owe two contacts")
    world.expect(len(world.texts(case.owner)) == 1, f"the owner has {len(world.texts(case.owner))} messages")
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
    world.expect(not world.texts(case.finder), "the finder was told in words what the card shows")


@scenario("F05", "Fifty copies of one callback at once, to eight web processes", WEB_CONCURRENCY="8")
def fifty_at_once(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    envelope = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=CONFIRM))
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: world.post(envelope), range(50)))
    taken = statuses.count(200)  # a slow machine may have one wait for SQLite's writer for too long: 503, nothing kept
    world.expect(taken > 40 and set(statuses) <= {200, 503}, f"answered {taken} times 200, in all {set(statuses)}")
    world.rest()
    (kept,) = world.rows("callback")
    world.expect(kept["repeats"] == taken - 1, f"{taken - 1} repeats were taken, {kept['repeats']} counted")


@scenario("F07", "A replay after eight days")
def replayed(world: World) -> None:
    case = world.ask()
    first = world.envelope(world.tap(case))
    world.rest()
    world.later(hours=8 * 24)
    calls = len(world.calls(SEND))
    old = Envelope.seal(first.plaintext, age=8 * 86_400)
    world.expect(world.post(old) == 200, "not answered 200")
    world.rest()
    (kept,) = world.rows("callback")
    world.expect((kept["state"], kept["repeats"]) == ("done", 1), "the replay is no repeat")
    world.expect(len(world.calls(SEND)) == calls, "the replay caused a call")


@scenario("F08", "A tap that is signed and old is kept, not handled, told, and handled once released")
def stale(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    calls = len(world.calls(SEND))
    for age in (600 + 60, 3 * 86_400):
        message = tap_message(member=case.finder, task_id=task_id, key=CONFIRM)
        world.expect(world.post(Envelope.seal(message, age=age)) == 200, "not answered 200")
    world.rest()
    first, _ = rows = world.rows("callback")
    world.expect([row["state"] for row in rows] == ["quarantined"] * 2, "an old tap was not set aside")
    world.expect(len(world.calls(SEND)) == calls, "an old tap caused a call")
    world.expect(len(world.alerts("quarantined")) == 2, "nobody was told")
    world.release(first["id"])
    world.rest()
    world.expect(world.request(case)["state"] == "accepted", "the released tap had no effect")


@scenario("F10", "The tap is there before our own send has its answer")
def tap_before_the_answer(world: World) -> None:
    world.fault(SEND, "hang", value=4)
    case = world.ask()
    world.tap(case)
    world.rest()
    world.expect(len(world.cards(case)) == 1, "the finder has more than one card")
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
    (job,), (request,) = world.jobs(case, "send_card"), world.rows("request")
    events = [entry["event"] for entry in request["timeline"] if entry["event"].startswith("card_")]
    world.expect(events[:1] == ["card_inferred"], f"the tap does not prove that the card arrived: {events}")
    world.expect(len(job["tries"]) == 1, f"the card was sent {len(job['tries'])} times")


@scenario("F12", "Somebody else taps the finder's card")
def wrong_actor(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    for member in (case.owner, "stranger"):
        world.post(Envelope.seal(tap_message(member=member, task_id=task_id, key=CONFIRM)))
    world.rest()
    world.expect(world.request(case)["state"] == "pending", "somebody else decided")
    world.expect(len(world.alerts("wrong_actor")) == 1, "not told once")
    world.post(Envelope.seal(tap_message(member=case.finder.upper(), task_id=task_id, key=CONFIRM)))
    world.rest()
    world.expect(world.request(case)["state"] == "accepted", "the finder's own tap was not taken")


@scenario("F13", "Taps on cards that are unknown, of another app, without a name")
def unknown_cards(world: World) -> None:
    world.post(Envelope.seal(tap_message(member="anybody", task_id="nobody-knows-it", key=CONFIRM)))
    world.post(Envelope.seal(tap_message(member="anybody", task_id="", key=DECLINE)))
    world.post(Envelope.seal(tap_message(member="anybody", task_id="x", key=CONFIRM, agent_id="1000099")))
    world.rest()
    states = [row["state"] for row in world.rows("callback")]
    world.expect(states == ["ignored"] * 3, f"they ended as {states}")
    world.expect(not world.calls(SEND), "they caused a call")


@scenario("F14", "Five hundred callbacks at once; 5,000 in the long run")
def flood(world: World) -> None:
    number = 5000 if world.long else 500
    envelopes = [Envelope.seal(tap_message(member=f"m{n}", task_id=f"flood-{n}", key=CONFIRM)) for n in range(number)]
    late: list[float] = []

    def post(envelope: Envelope) -> int | None:
        """As WeCom does: once more where no 200 came."""
        for _ in range(3):
            started = time.monotonic()
            status = world.post(envelope, timeout=IN_TIME)
            late.append(time.monotonic() - started)
            if status == 200:
                return status
        return None

    with ThreadPoolExecutor(32) as pool:
        statuses = set(pool.map(post, envelopes))
    world.expect(statuses == {200}, f"answered {statuses}")
    world.expect(max(late) < IN_TIME, f"the slowest answer took {max(late):.1f} s")
    world.rest(seconds=300)
    world.expect(len(world.rows("callback")) == number, "not every callback is in the books")


@scenario("F15", "WeCom hangs up before our answer, and sends again")
def cut_off(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    envelope = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=CONFIRM))
    with _connected(world.url) as line:
        line.sendall(_request(world, envelope))
    world.note_unanswered(envelope)
    world.wait(lambda: world.rows("callback"), what="the row")
    world.expect(world.post(envelope) == 200, "the repeat was not answered 200")
    world.rest()
    world.expect(len(world.rows("callback")) == 1, "one message became two rows")


@scenario("F16", "Twenty senders of one byte a second, behind a proxy that collects requests as production has it")
def slow_senders(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    envelope = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=CONFIRM))
    with CollectingProxy(world.url) as proxy, contextlib.ExitStack() as stack:
        lines = [stack.enter_context(_connected(proxy.url)) for _ in range(20)]
        for line in lines:
            line.sendall(_HEAD.format(query="msg_signature=0", length=900).encode() + b"<")
        started = time.monotonic()
        status = world.post(envelope, to=proxy.url)
        took = time.monotonic() - started
    world.expect(status == 200 and took < IN_TIME, f"a good callback took {took:.1f} s, answered {status}")


@scenario("P30", "A thousand forgeries beside good callbacks: refused, no row, no flood of log lines")
def forgeries(world: World) -> None:
    case = world.ask()
    before = world.log().count("callback rejected")
    forged = Envelope.seal("<xml></xml>", token="somebody-elses-token")
    with ThreadPoolExecutor(16) as pool:
        statuses = pool.map(lambda _: world.post(forged, forged=True), range(1000))
        good = world.tap(case)["statuses"]
        world.expect(set(statuses) == {403}, "a forgery was not answered 403")
    world.expect(good[-1:] == [200], f"a good callback was answered {good}")
    world.rest()
    world.expect(len(world.rows("callback")) == 1, "a forgery is in the books")
    said = world.log().count("callback rejected") - before
    world.expect(0 < said <= 200, f"1,000 forgeries wrote {said} lines")


@contextlib.contextmanager
def _connected(url: str) -> Iterator[socket.socket]:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        yield line


def _request(world: World, envelope: Envelope) -> bytes:
    return _HEAD.format(query=urlencode(envelope.query), length=len(envelope.body)).encode() + envelope.body


_HEAD = "POST /wecom/callback/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
