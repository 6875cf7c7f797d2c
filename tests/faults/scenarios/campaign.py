"""A steady stream of taps while web and worker are killed at random moments. The seed names the moments."""

import random
import time

from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, DECLINE, World

A_ROUND = 20  # kills between two judgements
REPORTED = 10  # rounds between two lines of progress


@scenario("kills", "Random SIGKILLs of web and worker under a steady stream of taps")
def kills(world: World) -> None:
    rounds = -(-world.kills // A_ROUND)
    world.runs = rounds * A_ROUND
    for number in range(rounds):
        chance = random.Random(f"{world.seed}:{number}")
        if number:
            world.fresh()
        _one_round(world, chance)
        world.judge_run()
        answered, asked = len(world.answered()), len(world.cases)
        world.expect(2 * answered >= asked, f"round {number + 1}: only {answered} of {asked} taps were answered 200")
        if (number + 1) % REPORTED == 0:
            done = (number + 1) * A_ROUND
            print(f"{world.database.name}: {done} kills, {len(world.failures)} findings", flush=True)
            for failure in world.failures:
                print(f"    {failure}", flush=True)


def _one_round(world: World, chance: random.Random) -> None:
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
