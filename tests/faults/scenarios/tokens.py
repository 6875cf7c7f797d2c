"""Access tokens: refused, not to be had, of a secret that is wrong."""

import time

from tests.faults.apps import REST
from tests.faults.registry import scenario
from tests.faults.world import SEND, World

TOKEN = "gettoken"


def _fetched(world: World) -> int:
    return int(world.ledger(parts="faults")["gettoken"]["calls"])


@scenario("F50", "All tokens die while fifty calls are under way: one is fetched, nothing is counted as a failure")
def revoked(world: World) -> None:
    cases = [world.ask() for _ in range(8)]
    world.ask(shown=False)
    before = _fetched(world)
    world.fault(SEND, "revoke")
    for case in cases:
        world.tap(case, wait=False)
    world.rest()
    fetched = _fetched(world) - before
    world.expect(fetched == 1, f"{fetched} tokens were fetched")
    tries = [one["outcome"] for row in world.rows("outgoing") for one in row["tries"]]
    world.expect(set(tries) == {"applied"}, f"tries ended as {sorted(set(tries))}")


@scenario("F51", "The new token is refused too: no loop, the app rests, a person is told")
def refused_again(world: World) -> None:
    world.ask()
    before = _fetched(world)
    world.fault(SEND, "errcode", value=42001, count=4)
    case = world.ask(shown=False)
    world.wait(lambda: world.alerts("paused"), what="the alert")
    fetched, calls = _fetched(world) - before, len(world.calls(SEND)) - 1
    world.expect(fetched <= 2 and calls <= 4, f"{fetched} tokens and {calls} calls")
    world.wait(lambda: world.cards(case), what="the card")


@scenario("F52", "gettoken is down: jobs wait without a try, it is asked rarely, and all goes on soon after")
def no_tokens(world: World) -> None:
    world.empty_cache()
    world.fault(TOKEN, "status", value=503, count=1000)
    case = world.ask(shown=False)
    before = _fetched(world)
    time.sleep(4 * REST)
    fetched = len(list(world.calls(TOKEN))) - before
    world.expect(fetched <= 5, f"{fetched} fetches in {4 * REST:g} s, where one in 2 s is allowed")
    world.expect(not [one for job in world.jobs(case, "send_card") for one in job["tries"]], "a try was counted")
    world.no_faults()
    world.wait(lambda: world.cards(case), seconds=10, what="the card soon after")


@scenario("F53", "Secret or address are refused: the app rests at once, probes are rare, the alert names the cause")
def wrong_secret(world: World) -> None:
    for errcode in (40001, 60020):
        world.empty_cache()
        world.fault(TOKEN, "errcode", value=errcode, count=2)
        case = world.ask(shown=False)
        world.wait(lambda: world.alerts("paused"), what="the alert")
        world.expect(str(errcode) in str(world.alerts("paused")[0]["text"]), "the alert does not name the cause")
        world.wait(lambda case=case: world.cards(case), what="the card")  # type: ignore[misc]
        probes = [call for call in world.calls(TOKEN) if call["errcode"] == errcode]
        world.expect(len(probes) == 2, f"it was asked {len(probes)} times")
        world.again()
