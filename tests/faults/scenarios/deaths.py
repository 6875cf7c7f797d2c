"""Processes that die: at every named point, while the platform holds a call, in the middle of a deploy."""

import tempfile
from functools import partial
from pathlib import Path

from tests.faults.checker import judge
from tests.faults.registry import scenario
from tests.faults.world import World

WEB = ("cb.verified", "cb.inserted_not_committed", "cb.committed_not_answered")
WORKER = (
    "cb.handled_not_committed",
    "out.claimed",
    "out.token_got",
    "out.attempt_not_committed",
    "out.attempt_committed",
    "out.request_sent",
    "out.answer_read",
    "out.result_not_committed",
    "out.result_committed",
    "tok.leased",
    "tok.fetched_not_stored",
    "tok.stored",
)
MOST = 12  # passes of one point in one story; more would mean that it never ends


def die_at(point: str, world: World) -> None:
    """N = 1, 2, 3 … until a whole story passes without a death."""
    for number in range(1, MOST + 1):
        world.runs = number
        if not _dies(world, point, number):
            return
    world.expect(False, f"{point} was passed more than {MOST} times")


def _dies(world: World, point: str, number: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="tally-") as tally:
        armed = {"CRASH_POINT": f"{point}:{number}", "CRASH_TALLY": tally}
        world.fresh(web=armed if point in WEB else {}, worker={} if point in WEB else armed)
        case = world.ask()
        world.tap(case)
        world.expect(world.rest(), f"{point}:{number} did not come to rest")
        world.expect(world.face(case) == "已推送", f"{point}:{number}: the card reads {world.face(case)}")
        for finding in judge(world.evidence()):
            world.expect(False, f"{point}:{number}: {finding.sort}: {finding.text}")
        return (Path(tally) / str(number)).exists()


for _point in (*WEB, *WORKER):
    scenario(f"point {_point}", f"Death at {_point}, pass 1, 2, 3 … until none")(partial(die_at, _point))
