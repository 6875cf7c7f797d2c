"""A steady stream of taps while web and worker are killed at random moments. The seed names the moments."""

import random
import time

from tests.faults.checker import FAILED
from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, DECLINE, SEND, UPDATE, World

A_ROUND = 20  # kills between two judgements
REPORTED = 10  # rounds between two lines of progress
A_CALL = 200  # ms that the platform takes for a call, before the work or after it, so that deaths fall into calls
AT_LAST = {"accepted": "已推送", "declined": "已婉拒"}  # what the finder's card reads


@scenario("kills", "Random SIGKILLs of web and worker under a steady stream of taps: each ends as if nobody had died")
def kills(world: World) -> None:
    for number in range(-(-world.kills // A_ROUND)):
        chance = random.Random(f"{world.seed}:{number}")
        if number:
            world.fresh()
        world.runs = (number + 1) * A_ROUND
        _one_round(world, chance)
        world.judge_run()
        answered, asked = len(world.answered()), len(world.cases)
        world.expect(2 * answered >= asked, f"round {number + 1}: only {answered} of {asked} taps were answered 200")
        _all_went_through(world, f"round {number + 1}")
        if (number + 1) % REPORTED == 0:
            print(f"{world.database.name}: {world.runs} kills, {len(world.failures)} findings", flush=True)
            for failure in world.failures:
                print(f"    {failure}", flush=True)


def _one_round(world: World, chance: random.Random) -> None:
    for path in (SEND, UPDATE):
        world.fault(path, chance.choice(("delay", "delay_after")), value=A_CALL, count=1000)
    open_cases = [world.ask(shown=False) for _ in range(2)]
    for _ in range(A_ROUND):
        open_cases.append(world.ask(shown=False))
        for case in [one for one in open_cases if world.cards(one)]:
            world.tap(case, chance.choice((CONFIRM, CONFIRM, CONFIRM, DECLINE)), wait=False)
            open_cases.remove(case)
        time.sleep(chance.uniform(0, 0.5))
        victim = chance.choice(("worker", "worker", "web", "child"))
        if victim == "child":
            world.web.kill_one_child()
        else:
            world.processes[victim].die()
        world.tend()
    for case in open_cases:
        world.wait(lambda case=case: world.cards(case), seconds=60, what="the last cards")  # type: ignore[misc]
        world.tap(case, wait=False)


def _all_went_through(world: World, when: str) -> None:
    """The platform has refused nothing and lost nothing, so nothing is left to a person. Every tap has brought a code,
    so no card is taken back and nobody is told in words instead.
    """
    evidence = world.evidence()
    outgoing = evidence.of("outgoing")
    failed = [f"{row['kind']} {row['id']} is {row['state']}" for row in outgoing if row["state"] in FAILED]
    world.expect(not failed, f"{when}: a person has to see to {failed}")
    states = {request["id"]: request["state"] for request in evidence.of("request")}
    for case in world.cases:
        state = states.get(case.number, "lost")
        texts = [str(message.get("text")) for message in evidence.chat(case.owner)]
        seen, due = sum(case.phone in text for text in texts), int(state == "accepted")
        world.expect(seen == due, f"{when}: request {case.number} is {state}, its owner sees {seen} contacts")
        cards = [message["replace_text"] for message in evidence.chat(case.finder) if message["task_id"]]
        right = state not in AT_LAST or cards == [AT_LAST[state]]
        world.expect(right, f"{when}: request {case.number} is {state}, its finder's cards read {cards}")
