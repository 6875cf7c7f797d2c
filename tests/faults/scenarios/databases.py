"""The database: away, locked, restarted under load, migrated while everything runs; the cache lost."""

import threading
import time

from tests.faults.post import Envelope, tap_message
from tests.faults.registry import scenario
from tests.faults.world import CONFIRM, World

AWAY = 7.5  # seconds: a pause that was doubled three times has just begun
SOON = 3.0  # seconds within which a callback that cannot be kept is answered 503


def _answered_503(world: World, envelope: Envelope) -> None:
    """Twice: the second time the server knows already that its connection is broken."""
    for _ in range(2):
        started = time.monotonic()
        status = world.post(envelope)
        took = time.monotonic() - started
        world.expect(status == 503 and took < SOON, f"answered {status} after {took:.1f} s")


def _stays_away(world: World, envelope: Envelope) -> None:
    """For so long that whoever doubles his pauses sleeps when it is over; callbacks come all the while."""
    end = time.monotonic() + AWAY
    while time.monotonic() < end:
        world.expect(world.post(envelope) == 503, "a callback was answered without a database")
        time.sleep(0.5)


def _is_there_at_once(world: World, envelope: Envelope) -> None:
    """Both processes, and not only once they have slept enough."""
    started = time.monotonic()
    while any(world.post(envelope) != 200 for _ in range(6)) and time.monotonic() < started + AWAY:
        time.sleep(0.1)
    took = time.monotonic() - started
    world.expect(took < SOON, f"the web server needed {took:.1f} s to find the database again")


def _comes_back(world: World, envelope: Envelope) -> None:
    """WeCom sends again, and everything goes on by itself."""
    world.wait(lambda: world.post(envelope) == 200, what="a 200")
    world.rest()


@scenario("database locked", "Nobody can write for a while: 503 in under 3 s, and everything right afterwards")
def locked(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    envelope = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=CONFIRM))
    world.rest()
    with world.database.locked():
        _answered_503(world, envelope)
    _comes_back(world, envelope)
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
    world.expect(world.worker.alive, "the worker has ended")


@scenario(
    "database away", "PostgreSQL is down for a while: 503 in under 3 s, worker and web find it again", only="postgresql"
)
def away(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    envelope = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=CONFIRM))
    world.rest()
    pid = world.worker.pid
    world.reconnect()
    with world.database.away():
        _answered_503(world, envelope)
        _stays_away(world, envelope)
    _is_there_at_once(world, envelope)
    world.reconnect()
    _comes_back(world, envelope)
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
    world.expect(world.worker.pid == pid, "the worker did not live through it")


@scenario("database restarts", "PostgreSQL is restarted three times under a stream of taps", only="postgresql")
def restarts(world: World) -> None:
    cases = []
    world.platform_waits(4)
    for how in ("fast", "immediate", "immediate"):
        cases += [world.ask() for _ in range(4)]
        for case in cases[-4:]:
            world.tap(case, wait=False)
        world.reconnect()
        world.database.restart(how)
        world.reconnect()
    world.rest(seconds=60)
    answered = world.answered()
    world.expect(len(answered) > len(cases) / 2, f"only {len(answered)} of {len(cases)} taps were answered 200")
    for case in answered:
        world.expect(world.face(case) == "已推送", f"a card reads {world.face(case)}")


@scenario("F47", "The newest migration of wecom is run while web and worker run")
def migrated(world: World) -> None:
    code, said = world.command("migrate", "wecom", "0008", "--noinput")
    world.expect(code == 0, f"it was not taken back: {said[-500:]}")
    code, _ = world.command("migrate", "--check")
    world.expect(code == 1, f"nothing is left to migrate: {code}")
    ended: list[tuple[int, str]] = []
    operator = threading.Thread(target=lambda: ended.append(world.command("migrate", "--noinput")))
    operator.start()
    while operator.is_alive():
        world.expect(world.tap(world.ask())["statuses"] == [200], "a callback was refused")
    world.expect(ended and ended[0][0] == 0, f"it ended with {ended}")
    code, _ = world.command("migrate", "--check")
    world.expect(code == 0, f"something is left to migrate: {code}")


@scenario("F49", "The cache is emptied: one token is fetched, and the work goes on")
def cache_emptied(world: World) -> None:
    case = world.ask()
    before = world.ledger(parts="faults")["gettoken"]["calls"]
    world.empty_cache()
    world.tap(case)
    world.rest()
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")
    fetched = world.ledger(parts="faults")["gettoken"]["calls"] - before
    world.expect(fetched == 1, f"{fetched} tokens were fetched")


@scenario("F49 dropped", "The cache's table is gone: a worker says so, and everything goes on once it is there")
def cache_dropped(world: World) -> None:
    case = world.ask()
    world.drop_cache_table()
    world.tap(case)
    code, said = world.command("run_worker")
    world.expect(code == 3 and "createcachetable" in said, f"code {code}: {said[-200:]}")
    code, _ = world.command("createcachetable")
    world.rest()
    world.expect(code == 0 and world.face(case) == "已推送", f"the card reads {world.face(case)}")
