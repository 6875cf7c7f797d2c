"""Access tokens: refused, not to be had, of a secret that is wrong or has been reset."""

import tempfile
import time
from itertools import pairwise

from tests.faults.apps import REST
from tests.faults.evidence import Row, seconds_between
from tests.faults.registry import scenario
from tests.faults.world import SEND, World

TOKEN, LIFE = "gettoken", 7200  # seconds that a token lives
NEW_SECRET = "the-secret-after-its-reset"


def _fetched(world: World) -> int:
    return int(world.ledger(parts="faults")["gettoken"]["calls"])


@scenario("F50", "All tokens die in the middle of fifty calls: one is fetched, each call is tried once")
def revoked(world: World) -> None:
    world.ask()
    before = _fetched(world)
    world.worker.kill()
    cases = [world.ask(shown=False) for _ in range(50)]
    world.fault(SEND, "delay", value=200, count=16)  # so that all slots are at it
    world.fault(SEND, "revoke", skip=8)
    world.worker.start(**world.settings)
    world.rest()
    fetched = _fetched(world) - before
    world.expect(fetched == 1, f"{fetched} tokens were fetched")
    refused = [call for call in world.calls(SEND) if call["errcode"]]
    world.expect(len(refused) > 1, f"{len(refused)} calls were under way with the dead token")
    tries = [[one["outcome"] for one in row["tries"]] for case in cases for row in world.jobs(case, "send_card")]
    world.expect(tries == [["applied"]] * 50, f"tries ended as {tries}")


@scenario("F51", "New tokens are refused too: no loop, the app rests with all that waits, a person is told")
def refused_again(world: World) -> None:
    world.ask()
    before = _fetched(world)
    world.worker.kill()
    cases = [world.ask(shown=False) for _ in range(4)]
    world.fault(SEND, "delay", value=700, count=len(cases))  # so that all are at it with the same token
    world.fault(SEND, "revoke", count=1000)
    world.worker.start(**world.settings)
    world.wait(lambda: world.alerts("paused"), what="the alert")
    world.wait(lambda: seconds_between(_refused(world)[0], _refused(world)[-1]) > REST, what="the first probe")
    time.sleep(REST / 2)
    fetched, calls = _fetched(world) - before, len(_refused(world))
    # Each calls once more with a new token; after the rest one alone goes ahead, and does the same.
    world.expect(fetched <= 2 and calls <= 2 * len(cases) + 2, f"{fetched} tokens and {calls} calls")
    world.no_faults()
    for case in cases:
        world.wait(lambda case=case: world.cards(case), what="every card")  # type: ignore[misc]


def _refused(world: World) -> list[Row]:
    return [call for call in world.calls(SEND) if call["errcode"]]


@scenario("F52", "gettoken is down, or hangs: jobs wait without a try, it is asked rarely, and all goes on soon after")
def no_tokens(world: World) -> None:
    for number, (fault, value) in enumerate((("status", 503), ("hang_before", 3))):
        if number:
            world.again()
        world.empty_cache()
        world.fault(TOKEN, fault, value=value, count=1000)
        case = world.ask(shown=False)
        time.sleep(4 * REST)
        asked = len(world.calls(TOKEN))
        world.expect(1 < asked <= 5, f"{fault}: {asked} fetches in {4 * REST:g} s, where one in 2 s is allowed")
        (job,) = world.jobs(case, "send_card")
        counted = job["attempts"], job["failures"]
        world.expect(counted == (0, 0), f"{fault}: tries and failures were counted: {counted}")
        world.no_faults()
        world.wait(lambda case=case: world.cards(case), seconds=10, what="the card soon after")  # type: ignore[misc]


@scenario("F53", "Secret or address are refused: the app rests at once, probes are rare, the alert names the cause")
def wrong_secret(world: World) -> None:
    for errcode in (40001, 60020):
        world.empty_cache()
        world.fault(TOKEN, "errcode", value=errcode, count=2)
        cases = [world.ask(shown=False) for _ in range(4)]
        world.wait(lambda: world.alerts("paused"), what="the alert")
        world.expect(str(errcode) in str(world.alerts("paused")[0]["text"]), "the alert does not name the cause")
        for case in cases:
            world.wait(lambda case=case: world.cards(case), what="the card")  # type: ignore[misc]
        probes = [call for call in world.calls(TOKEN) if call["errcode"] == errcode]
        world.expect(len(probes) == 2, f"it was asked {len(probes)} times")
        pause = seconds_between(*probes)
        world.expect(pause > 2 * REST - 0.3, f"asked again after {pause:.1f} s, however many waited")
        world.again()


@scenario("F55", "Death between the fetch of a token and its keeping: the lease ends, and one more is fetched")
def died_with_a_token(world: World) -> None:
    with tempfile.TemporaryDirectory(prefix="tally-") as tally:
        world.fresh(worker={"CRASH_POINT": "tok.fetched_not_stored:1", "CRASH_TALLY": tally})
        world.ask()
    world.expect(_fetched(world) == 2, f"{_fetched(world)} tokens were fetched")


@scenario(
    "F92 secret", "The secret is reset, its tokens die at once: the app rests, the cause is named, a new one goes on"
)
def secret_reset(world: World) -> None:
    case = world.ask()
    with world.secret_reset(NEW_SECRET):
        world.fault("api", "revoke")
        world.tap(case)
        _goes_on_with_the_new_secret(world)
    _expect_all_told_once(world)


@scenario("F92 tokens", "The secret is reset, its tokens live on: nobody notices before they end, then as F92 secret")
def tokens_outlive_their_secret(world: World) -> None:
    case = world.ask()
    with world.secret_reset(NEW_SECRET):
        world.tap(case)
        world.ask()
        world.rest()
        asked = len(world.calls(TOKEN))
        world.expect(asked == 1 and not world.alerts("paused"), f"{asked} fetches, alerts {world.alerts('paused')}")
        world.advance_platform(LIFE)
        world.tap(world.cases[-1])
        _goes_on_with_the_new_secret(world)
    _expect_all_told_once(world)


def _goes_on_with_the_new_secret(world: World) -> None:
    """The operator hears of it, and gives it to web and worker; what was owed meanwhile arrives."""
    world.wait(lambda: world.alerts("paused"), what="the alert")
    waits = world.ask(shown=False)
    for process in (world.web, world.worker):
        process.kill()
        process.start(WECOM_SECRET=NEW_SECRET)
    world.wait(world.is_ready, seconds=60, what="the new settings")
    world.wait(lambda: world.cards(waits), what="the card that had to wait")
    world.rest()
    world.expect(world.tap(waits)["statuses"][-1:] == [200], "the tap that came after it was not taken")
    world.rest()


def _expect_all_told_once(world: World) -> None:
    alerts = world.alerts("paused")
    world.expect(len(alerts) == 1 and "40001" in alerts[0]["text"], f"the alerts: {alerts}")
    fetched = [call["errcode"] for call in world.calls(TOKEN)]
    world.expect(fetched.count(0) == 2, f"fetches of tokens ended with {fetched}")
    refused = [call for call in world.calls(TOKEN) if call["errcode"] == 40001]
    pauses = [seconds_between(*pair) for pair in pairwise(refused)]
    world.expect(all(pause > 2 * REST - 0.3 for pause in pauses), f"the old secret was tried again after {pauses} s")
    for case in world.cases:
        known = len(world.texts(case.owner)), world.face(case)
        world.expect(known == (1, "已推送"), f"contacts and card: {known}")
