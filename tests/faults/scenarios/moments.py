"""Time: daylight saving, the end of the year, a worker that was away, a backlog."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from tests.faults.apps import HOURLY, OFTEN, STROKES
from tests.faults.evidence import Case
from tests.faults.post import Envelope, tap_message
from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, SEND, Settings, Unrest, World

from .upstream import told_by

MOMENTS = (  # at which something happens to the local clock, in UTC
    ("Europe/Berlin", "2027-03-28T01:00:00"),
    ("Europe/Berlin", "2027-10-31T01:00:00"),
    ("America/New_York", "2027-03-14T07:00:00"),
    ("America/New_York", "2027-11-07T06:00:00"),
    ("Asia/Shanghai", "2028-02-28T16:00:00"),
    ("Asia/Shanghai", "2026-12-31T16:00:00"),
)
TOLERANCE = 0.5  # seconds between taking a piece of work and saying so


@scenario("F81", "Daylight saving begins and ends, a leap day, the end of a year, amid a story of two workers")
def clocks(world: World) -> None:
    start: Callable[[Settings], None] = world.fresh
    lead = timedelta(seconds=4)
    for zone, name in MOMENTS:
        where, moment = f"{zone} {name}", datetime.fromisoformat(name).replace(tzinfo=UTC)
        case = _begin(world, start, zone, moment - lead)
        while world.now() >= moment:  # this machine needs longer
            lead *= 2
            case = _begin(world, world.fresh, zone, moment - lead)
        time.sleep((moment - world.now()).total_seconds() + 0.5)
        world.tap(case)
        world.expect(world.rest(), f"{where}: no rest")
        world.expect(world.face(case) == "已推送", f"{where}: the card reads {world.face(case)}")
        (kept,) = world.rows("callback")
        after = (datetime.fromisoformat(kept["received_at"]) - moment).total_seconds()
        world.expect(0 < after < 60, f"{where}: the tap is in the books at {kept['received_at']}")
        _expect_rhythm(world, moment - lead, moment, where)
        start = world.again


def _begin(world: World, start: Callable[[Settings], None], zone: str, at: datetime) -> Case:
    """Two workers in this zone, a question asked at this time, and every piece of periodic work done once."""
    # What callbacks carry stays in the time of today, so nothing counts as stale.
    start({"TZ": zone, "FAULTS_CLOCK": str(world.clock), "FAULTS_FRESHNESS": str(10**9)})
    world.set_clock(datetime.now(UTC))  # of today between two moments: after a jump all work is due again
    world.second_worker()
    world.wait(lambda: world.workers() == 2, what="both workers")
    world.set_clock(at)
    world.advance_platform(int((at - datetime.now(UTC)).total_seconds()))
    case = world.ask()
    world.wait(lambda: all(world.done_at(work, since=at) for work in STROKES), what="periodic work")
    return case


def _expect_rhythm(world: World, since: datetime, moment: datetime, where: str) -> None:
    """Across the moment hourly work was done once, before it, and frequent work went on at its pace."""
    with contextlib.suppress(Unrest):
        world.wait(lambda: world.done_at(OFTEN, since=moment), seconds=10)
    done = {work: world.done_at(work, since=since) for work in STROKES}
    hourly, often = ([(at - moment).total_seconds() for at in done[work]] for work in (HOURLY, OFTEN))
    pauses, pace = [later - earlier for earlier, later in pairwise(often)], STROKES[OFTEN].total_seconds()
    world.expect(len(hourly) == 1 and hourly[0] < 0, f"{where}: hourly work was done at {_seconds(hourly)}")
    world.expect(all(pause > pace - TOLERANCE for pause in pauses), f"{where}: doubled, {_seconds(often)}")
    steady = often[0] < 0 < often[-1] and max(pauses) < 4 * pace
    world.expect(steady, f"{where}: frequent work paused, {_seconds(often)}")


def _seconds(times: list[float]) -> str:
    return f"{len(times)} times, first at " + " ".join(f"{at:+.1f}" for at in times[:8])


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
