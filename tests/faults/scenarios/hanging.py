"""A database that is there and says nothing: its processes are frozen, the connections stand."""

import os
import signal
import time
from pathlib import Path

from tests.faults.databases import Postgres
from tests.faults.post import Envelope, tap_message
from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, World


def _signal_all(database: Postgres, number: signal.Signals) -> None:
    """To the server and every process of it, the one that starts others first."""
    first = int((database.home / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    for pid in (first, *map(int, children)):
        os.kill(pid, number)


@scenario("database hangs", "PostgreSQL answers nothing for a while: 503 in under 3 s, all goes on", only="postgresql")
def hangs(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    envelope = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=CONFIRM))
    assert isinstance(world.database, Postgres)
    world.rest()
    world.reconnect()
    _signal_all(world.database, signal.SIGSTOP)
    try:
        for _ in range(4):
            started = time.monotonic()
            status = world.post(envelope)
            took = time.monotonic() - started
            world.expect(status == 503 and took < 3, f"answered {status} after {took:.1f} s")
    finally:
        _signal_all(world.database, signal.SIGCONT)
    world.reconnect()
    world.wait(lambda: world.post(envelope) == 200, what="a 200")
    world.rest()
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
