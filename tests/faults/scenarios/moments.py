"""Time: daylight saving, the end of the year, a worker that was away, a backlog."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from tests.faults.post import Envelope, tap_message
from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, SEND, World

from .upstream import told_by

MOMENTS = (  # a few seconds before something happens to the local clock
    ("Europe/Berlin", "2027-03-28T00:59:56"),
    ("Europe/Berlin", "2027-10-31T00:59:56"),
    ("America/New_York", "2027-03-14T06:59:56"),
    ("America/New_York", "2027-11-07T05:59:56"),
    ("Asia/Shanghai", "2028-02-28T15:59:56"),
    ("Asia/Shanghai", "2026-12-31T15:59:56"),
)


@scenario("F81", "Daylight saving begins and ends, a leap day, the end of a year, in the middle of a story")
def clocks(world: World) -> None:
    for number, (zone, moment) in enumerate(MOMENTS):
        seconds = (datetime.fromisoformat(moment).replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
        # The processes start first and need some seconds; the moment then lies in the middle of the story.
        # What callbacks carry stays in the time of today, so nothing counts as stale.
        there = {"TZ": zone, "FAULTS_CLOCK": str((seconds - 6) / 3600), "FAULTS_FRESHNESS": str(10**9)}
        world.again(there) if number else world.fresh(there)
        world.advance_platform(int(seconds) - 6)
        case = world.ask()
        time.sleep(1)
        world.tap(case)
        world.expect(world.rest(), f"{zone} {moment}: no rest")
        world.expect(world.face(case) == "已推送", f"{zone} {moment}: the card reads {world.face(case)}")
        (kept,) = world.rows("callback")
        taken = datetime.fromisoformat(kept["received_at"])
        off = abs((taken - datetime.fromisoformat(moment).replace(tzinfo=UTC)).total_seconds())
        world.expect(off < 60, f"{zone} {moment}: the tap is in the books at {kept['received_at']}")


def away_for(hours: float, told: list[str], world: World) -> None:
    """Taps of some ages wait for a worker that was away; the one whose code dies first comes first.

    told   how the finders know in the end: by the card while WeCom's longer statement lets a code live, else by text
    """
    cases = [world.ask() for _ in range(3)]
    world.worker.kill()
    for case in cases:
        world.tap(case)
        world.later(hours=hours / 3)
    world.worker.start(**world.settings)
    world.rest(seconds=60)
    for case in cases:
        world.expect(len(world.texts(case.owner)) == 1, "a contact did not arrive")
    known = [told_by(world, case) for case in cases]
    world.expect(known == told, f"the finders know by {known}")
    for what in ("old", "very_old"):
        world.expect(world.alerts(what), f"no alert {what}")


scenario("F82", "The worker was away for 30 hours: the codes are tried, and work")(
    partial(away_for, 30, ["card", "card", "card"])
)
scenario("F83", "The worker was away for four days: where the code is dead, the finder is told in words")(
    partial(away_for, 96, ["text", "card", "card"])
)


@scenario("F82 order", "After an outage the earliest deadline goes first, whatever was owed first")
def earliest_first(world: World) -> None:
    case = world.prepare_case()
    world.worker.kill()
    for number in range(40):
        world.member(f"reader{number}")
        world.owe_text(f"reader{number}", "this may wait for two days")
    world.put_question(case)  # a card has 20 hours
    world.fault(SEND, "delay", value=200, count=1000)
    world.worker.start(**world.settings)
    world.rest()
    cards = [n for n, call in enumerate(world.calls(SEND)) if '"template_card"' in call["request"]]
    world.expect(cards and cards[0] < 16, f"the card was call {cards}")


# Which of them goes first is looked at in F82 order, and the limit per member in F73.
@scenario("F84", "A tap behind a heap of taps on cards that nobody has, when the worker starts: drained, memory flat")
def backlog(world: World) -> None:
    number = 10_000 if world.long else 300
    case = world.ask()
    world.worker.kill()
    envelopes = [Envelope.seal(tap_message(member=f"m{n}", task_id=f"heap-{n}", key=CONFIRM)) for n in range(number)]
    with ThreadPoolExecutor(16) as pool:
        world.expect(set(pool.map(world.post, envelopes)) == {200}, "not all were answered 200")
    world.tap(case)
    world.worker.start(**world.settings)
    world.wait(world.is_done, seconds=180, what="the end of the heap")
    used = world.worker.memory_mb()
    world.expect(used < 200, f"the worker uses {used} MB")
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
