"""The platform: away, slow, broken, refusing, limiting, dropping."""

import contextlib
import itertools
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.faults.apps import REST
from tests.faults.evidence import Case, Row, seconds_between
from tests.faults.registry import scenario
from tests.faults.world import SEND, UPDATE, World

STEPS = ("card", "contact", "update")
# What is called, how its repeat is refused, and what the timeline then says.
REFUSED_REPEATS = {"card": (SEND, 42014, "card_inferred"), "update": (UPDATE, 60140, "update_inferred")}


def story(world: World) -> Case:
    """From the question to the final text, at rest."""
    case = world.ask()
    world.tap(case)
    world.rest()
    return case


def ends_well(world: World, case: Case) -> None:
    world.expect(len(world.cards(case)) == 1, f"the finder has {len(world.cards(case))} cards")
    world.expect(len(world.texts(case.owner)) == 1, f"the owner has {len(world.texts(case.owner))} messages")
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")


def expect_inferred(world: World, case: Case, step: str) -> None:
    """At rest, and the card before its tap: one repeat, whose refusal showed that the first try had been done."""
    path, refusal, event = REFUSED_REPEATS[step]
    world.rest()
    errcodes = [call["errcode"] for call in world.calls(path)]
    world.expect(len(errcodes) == 2 and errcodes[-1] == refusal, f"{step}: the calls ended with {errcodes}")
    (request,) = (row for row in world.rows("request") if row["id"] == case.number)
    events = [entry["event"] for entry in request["timeline"]]
    world.expect(events.count(event) == 1, f"{step}: it was not inferred: {events}")


def told_by(world: World, case: Case) -> str:
    """How the finder knows that the contact was sent: by the "card", by a "text", by both, or by nothing."""
    cards = [card["replace_text"] for card in world.cards(case)]
    by_text = [text for text in world.texts(case.finder) if "已推送" in text]
    return " and ".join(["card"] * cards.count("已推送") + ["text"] * len(by_text))


def harm(world: World, step: str, fault: str, **more: object) -> None:
    """The fault strikes the card, the contact or the update of the next story."""
    world.fault(UPDATE if step == "update" else SEND, fault, **{**more, "skip": 1 if step == "contact" else 0})


def each_step(fault: str, values: tuple[object, ...], world: World, *, inferred: bool = False) -> None:
    """Each value at each step of a story of its own; all of them end well.

    inferred  the card's arrival is known before its tap, which would prove it, too; that of the update as well
    """
    for number, (step, value) in enumerate(itertools.product(STEPS, values)):
        if number:
            world.again()
        harm(world, step, fault, value=value)
        case = world.ask()
        if inferred and step == "card":
            expect_inferred(world, case, step)
        world.tap(case)
        world.rest()
        if inferred and step == "update":
            expect_inferred(world, case, step)
        ends_well(world, case)


# --- Not reached at all: F60 ------------------------------------------------------------------------------------------


@scenario("F60 refused", "The platform is down for a while: a plain retry, no doubt")
def refused(world: World) -> None:
    case = world.ask()
    world.processes["sandbox"].kill()
    world.owe_text(case.owner, "while it is down")
    time.sleep(2)
    tries = [one["outcome"] for row in world.rows("outgoing") for one in row["tries"]]
    world.expect("unknown" not in tries, "a refused connection left a doubt")
    world.processes["sandbox"].start()
    world.wait(world.is_ready, what="the platform")
    world.tap(case)
    world.rest()
    world.expect(len(world.texts(case.owner)) == 2, "not both texts arrived once")


def unreachable(address: str, world: World) -> None:
    """A worker with another address gets nowhere; one with the right address does it all."""
    world.worker.kill()
    world.keep_token(address)  # else it would fail at gettoken, and try nothing
    world.worker.start(WECOM_API_BASE_URL=address)
    case = world.ask(shown=False)
    tries = world.wait(lambda: _two_tries(world, case), what="two tries")
    outcomes = {one["outcome"] for one in tries}
    world.expect(outcomes == {"not_sent"}, f"tries ended as {outcomes}, where nothing can have arrived")
    world.worker.kill()
    world.worker.start(**world.settings)
    world.wait(lambda: world.cards(case), what="the card")
    world.tap(case)
    world.rest()
    ends_well(world, case)


def _two_tries(world: World, case: Case) -> list[Row]:
    """Or more, once the job waits for the next; none before."""
    (job,) = world.jobs(case, "send_card")
    return job["tries"] if job["state"] == "waiting" and len(job["tries"]) > 1 else []


@scenario("F60 dns", "The platform's name is not known")
def no_such_host(world: World) -> None:
    unreachable("https://no-such-host.invalid/cgi-bin/", world)


@scenario("F60 tls", "Whoever answers speaks no TLS")
def no_tls(world: World) -> None:
    unreachable(world.sandbox_url.replace("http://", "https://") + "/cgi-bin/", world)


@scenario("F60 certificate", "Whoever answers has a certificate that nobody vouches for: nothing is said to them")
def wrong_certificate(world: World) -> None:
    with _impostor(world.home) as (port, heard):
        unreachable(f"https://127.0.0.1:{port}/cgi-bin/", world)
        world.expect(not heard, "something was said to an impostor")


@contextlib.contextmanager
def _impostor(home: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A TLS server with a certificate of its own making, and what it was told."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise RuntimeError("openssl is needed for a certificate")
    key, certificate = home / "key.pem", home / "certificate.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_listen, args=(server, context, heard), daemon=True).start()
        yield server.getsockname()[1], heard


def _listen(server: socket.socket, context: ssl.SSLContext, heard: list[bytes]) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), context.wrap_socket(line, server_side=True) as secure:
            heard.extend(filter(None, [secure.recv(4096)]))


# --- No answer: F61 to F64, F67, F68, F75 -----------------------------------------------------------------------------

scenario("F61", "No answer in time, and nothing was done")(partial(each_step, "hang_before", (3,)))
scenario("F62", "No answer in time, though it was done")(partial(each_step, "hang", (3,), inferred=True))
scenario("F64", "The answer drips, one byte a second")(partial(each_step, "drip", (None,)))
scenario("F67", "500, 502, 503, 504 instead of an answer")(partial(each_step, "status", (500, 502, 503, 504)))
scenario("F67 done", "A 502 from somebody in between, though it was done")(partial(each_step, "lose", (None,)))

NO_ANSWERS = (
    "<html>busy</html>",
    " ",
    "null",
    "[]",
    '"ok"',
    "{}",
    '{"errcode": null}',
    '{"errcode": "zero"}',
    '{"errcode": 1e999}',
    '{"errcode": 0}{"errcode": 0}',
    '{"errcode": true}',
    "[" * 5000,
    "x" * 300_000,
)
scenario("F68", "Answers that are none, after the work was done", long=True)(partial(each_step, "body", NO_ANSWERS))
scenario("F68 some", "Some answers that are none, after the work was done")(
    partial(each_step, "body", ("null", "[" * 5000, "x" * 300_000))
)


@scenario("F68 text", 'errcode "0" as a text is success')
def errcode_as_text(world: World) -> None:
    harm(world, "contact", "body", value='{"errcode": "0", "errmsg": "ok", "msgid": "m"}')
    case = story(world)
    ends_well(world, case)
    (job,) = world.jobs(case, "deliver_contact")
    world.expect(len(job["tries"]) == 1, f"it was tried {len(job['tries'])} times")


# --- Refusals and limits ----------------------------------------------------------------------------------------------


@scenario("F65", "Busy twice, then not: nobody waits long")
def busy_twice(world: World) -> None:
    harm(world, "contact", "errcode", value=-1, count=2)
    case = story(world)
    ends_well(world, case)
    first, second, third = (call for call in world.calls(SEND) if case.phone in call["request"])
    pauses = seconds_between(first, second), seconds_between(second, third)
    world.expect(pauses[0] > 0.2 and 0.5 < pauses[1] < 5, f"the pauses were {pauses}")


@scenario("F65 twenty", "Busy twenty times: each pause is longer, the job is not given up, the others go on")
def busy_twenty_times(world: World) -> None:
    harm(world, "contact", "errcode", value=-1, count=20)
    case = world.ask()
    world.tap(case)
    for _ in range(25):
        world.wait(world.nothing_due, what="the next try")
        if world.is_done():
            break
        world.later(seconds=10)
    world.rest()
    ends_well(world, case)
    (job,) = world.jobs(case, "deliver_contact")
    world.expect(len(job["tries"]) == 21, f"it was tried {len(job['tries'])} times")


@scenario("F65 long", "Busy or no answer, six times: each pause is longer; after five the API rests for everybody")
def busy_for_long(world: World) -> None:
    for number, (fault, value) in enumerate((("errcode", -1), ("status", 503))):
        if number:
            world.again()
        harm(world, "contact", fault, value=value, count=6)
        case = world.ask()
        world.tap(case)
        world.wait(lambda: len(_in_vain(world)) >= 5, what="the fifth call")
        other = world.ask()  # whose card has had no failure, and would go at once
        world.tap(other)
        world.rest(seconds=120)
        ends_well(world, case)
        ends_well(world, other)
        world.expect(world.alerts("paused"), f"{fault}: nobody was told that the API rests")
        calls = world.calls(SEND)
        pauses = [seconds_between(*pair) for pair in itertools.pairwise(calls[calls.index(_in_vain(world)[0]) :])]
        longer = all(pause > least - 0.1 for pause, least in zip(pauses, (0.2, 0.5, 1, 2, REST), strict=False))
        world.expect(longer, f"{fault}: the pauses were {pauses[:5]}")


def _in_vain(world: World) -> list[Row]:
    return [call for call in world.calls(SEND) if call["errcode"] != 0]


@scenario("F66", "Called too often, says the platform: the API rests for all workers, no failure is counted")
def limited(world: World) -> None:
    world.second_worker()
    for errcode in (45009, 45033):
        cases = [world.ask() for _ in range(3)]
        world.fault(SEND, "errcode", value=errcode)
        for case in cases:
            world.tap(case, wait=False)
        world.rest()
        for case in cases:
            ends_well(world, case)
        calls = world.calls(SEND)
        at = next(n for n, call in enumerate(calls) if call["errcode"] == errcode)
        later = [seconds_between(calls[at], call) for call in calls[at + 1 :]]
        # What was under way at that moment may still arrive.
        early = [gap for gap in later if 0.5 < gap < REST - 0.2]
        world.expect(not early, f"{errcode}: called again after {early[:3]} s, {REST:g} s of rest are due")
        failures = [job["failures"] for case in cases for job in world.jobs(case, "deliver_contact")]
        world.expect(set(failures) == {0}, f"{errcode}: failures were counted: {failures}")


def not_reached(change: dict, named: str, world: World) -> None:
    """errcode 0, and the owner is named among those who got nothing: the finder's card says so, a person is told."""
    case = world.ask()
    world.member(case.owner, **change)
    if named:
        world.fault(SEND, "body", value=json.dumps({"errcode": 0, "errmsg": "ok", named: case.owner.upper()}))
    world.tap(case)
    world.rest()
    (job,) = world.jobs(case, "deliver_contact")
    world.expect((job["state"], len(job["tries"])) == ("parked", 1), f"it is {job['state']}, {len(job['tries'])} tries")
    world.expect(job["last_errcode"] == 0, f"it was refused with {job['last_errcode']}")
    world.expect(world.face(case) == "未能送达", f"the card reads {world.face(case)}")
    world.expect(not world.texts(case.owner), "the owner has a message")


# For one who is named alone the sandbox answers 81013, and sends nothing; here WeCom says 0 instead.
scenario("F70", "errcode 0, but the owner, in capitals, is out of reach")(
    partial(not_reached, {"visible": False}, "invaliduser")
)
scenario("F71", "errcode 0, but the owner has no licence")(partial(not_reached, {"licensed": False}, ""))


@scenario("F72", "Refusals that are final: one call, the true text on the card, a person is told, a retry heals")
def final_refusals(world: World) -> None:
    for errcode in (81013, 82001, 60011, 40003):
        harm(world, "contact", "errcode", value=errcode)
        case = world.ask()
        world.tap(case)
        world.rest()
        (job,) = world.jobs(case, "deliver_contact")
        world.expect((job["state"], len(job["tries"])) == ("parked", 1), f"{errcode}: {job['state']}")
        world.expect(world.face(case) == "未能送达", f"{errcode}: the card reads {world.face(case)}")
        world.expect(len(world.alerts("parked")) == 1, f"{errcode}: {len(world.alerts('parked'))} alerts")
        code, said = world.command("retry_failed", "--outgoing", str(job["id"]))
        world.expect(code == 0, said[-300:])
        world.rest()
        world.expect(bool(world.texts(case.owner)), f"{errcode}: the retry did not bring the contact")
        world.again()


@scenario("F73", "A hundred messages to one member in a few minutes: none is dropped, two workers share the limit")
def governed(world: World) -> None:
    world.second_worker()
    world.member("popular")
    for number in range(100):
        world.owe_text("popular", f"message {number}")
    for _ in range(40):
        world.wait(world.nothing_due, what="what may go now")
        if world.is_done():
            break
        world.later(seconds=20)
    world.rest()
    texts = world.texts("popular")
    world.expect(len(texts) == 100, f"{len(texts)} of 100 arrived")
    world.expect(not world.dropped("popular"), f"{len(world.dropped('popular'))} were dropped")


@scenario("F74", "Long words, strange signs: no body of ours is ever refused for its bytes")
def strange_words(world: World) -> None:
    words = ("伞" * 60, "😀👩‍👩‍👧" * 6, 'a"b\\u0041<&>%s{0}$userName=x$', "ا" * 60, "=cmd()|'/c calc'!A0")
    cases = [world.ask(title=text, place=text) for text in words]
    for case in cases:
        world.tap(case)
    world.rest()
    for case in cases:
        ends_well(world, case)
    refused = {call["errcode"] for path in (SEND, UPDATE) for call in world.calls(path)} - {0}
    world.expect(not refused, f"refused with {refused}")


# --- Codes: F75 to F77 ------------------------------------------------------------------------------------------------


@scenario("F75", "The first try of the update was done and its answer lost: 60140 says so")
def update_lost(world: World) -> None:
    harm(world, "update", "lose")
    case = story(world)
    expect_inferred(world, case, "update")
    (card,) = world.rows("card")
    codes = [code["state"] for code in card["codes"]]
    world.expect(codes.count("spent") == 1 and "refused" not in codes, f"the codes: {codes}")
    ends_well(world, case)


def code_is_old(hours: float, works: bool, world: World) -> None:
    """The worker is away while the code of the tap grows old. One that still works shows the card's last text; where
    none does, the finder is told in words.
    """
    case = world.ask()
    world.worker.kill()
    world.tap(case)
    world.later(hours=hours)
    world.worker.start(**world.settings)
    world.rest()
    world.expect(len(world.texts(case.owner)) == 1, "the contact did not arrive")
    world.expect(told_by(world, case) == ("card" if works else "text"), f"the finder knows by {told_by(world, case)}")


scenario("F76 25 h", "A code older than WeCom's shorter statement is tried, and works")(partial(code_is_old, 25, True))
scenario("F76 73 h", "The codes are older than WeCom's longer statement: the finder is told in words")(
    partial(code_is_old, 73, False)
)


@scenario("F77", "60140 at the very first try, from a young code: the spare code shows the text, no loop")
def code_refused(world: World) -> None:
    harm(world, "update", "errcode", value=60140)
    case = story(world)
    calls = world.calls(UPDATE)
    world.expect([call["errcode"] for call in calls] == [60140, 0], f"{[call['errcode'] for call in calls]}")
    codes = {json.loads(call["request"])["response_code"] for call in calls}
    world.expect(len(codes) == 2, "the refused code was tried again")
    ends_well(world, case)
    world.expect(not world.texts(case.finder), "the finder was told in words what the card shows")
    world.expect(len(world.alerts("code_refused")) == 1, "nobody is told that somebody else may have used it")
