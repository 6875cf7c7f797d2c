"""Processes that die: at every named point, while the platform holds a call, in the middle of a deploy; or freeze."""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults.evidence import Case
from tests.faults.post import Envelope, tap_message, text_message
from tests.faults.registry import scenario
from tests.faults.world import DECLINE, SEND, UPDATE, World

from .upstream import expect_inferred

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
HELD = 2  # seconds that the platform holds a call, longer than our patience


Dies = Callable[[World, str, int], bool]


def die_at(point: str, dies: Dies, world: World) -> None:
    """N = 1, 2, 3 … until a whole story passes without a death."""
    for number in range(1, MOST + 1):
        world.runs = number
        if not dies(world, point, number):
            world.expect(number > 1, f"{point} was never passed")
            return
    world.expect(False, f"{point} was passed more than {MOST} times")


def _dies(world: World, point: str, number: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="tally-") as tally:
        armed = {"CRASH_POINT": f"{point}:{number}", "CRASH_TALLY": tally}
        world.fresh(web=armed if point in WEB else {}, worker={} if point in WEB else armed)
        case = world.ask()
        if (point, number) == ("out.answer_read", 1):  # the card's answer; its tap would prove the arrival, too
            expect_inferred(world, case, "card")
        world.tap(case)
        if point in WEB:
            _post_stale(world, case)
        world.judge_run()
        world.expect(world.face(case) == "已推送", f"pass {number}: the card reads {world.face(case)}")
        aside = [row for row in world.rows("callback") if row["state"] == "quarantined"]
        told, due = len(world.alerts("quarantined")), int(point in WEB)
        world.expect((len(aside), told) == (due, due), f"pass {number}: {len(aside)} set aside, {told} alerts")
        return (Path(tally) / str(number)).exists()


def _post_stale(world: World, case: Case) -> None:
    """A tap of three days ago comes for the first time, and again until it is answered: its row has an alert."""
    task_id = world.cards(case)[0]["task_id"]
    stale = Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=DECLINE), age=3 * 86_400)
    world.wait(lambda: world.post(stale) == 200, what="a 200 for what is set aside")


for _point in (*WEB, *WORKER):
    scenario(f"point {_point}", f"Death at {_point}, pass 1, 2, 3 … until none")(partial(die_at, _point, _dies))


def _command_dies(world: World, point: str, number: int, *command: str) -> bool:
    """Whether this command was killed at that pass; where it was not, it has come to its end."""
    with tempfile.TemporaryDirectory(prefix="tally-") as tally:
        code, said = world.command(*command, CRASH_POINT=f"{point}:{number}", CRASH_TALLY=tally)
    world.expect(code in (-9, 0), f"pass {number}: it ended with {code}: {said[-200:]}")
    return code == -9


def _retry_dies(world: World, point: str, number: int) -> bool:
    world.fresh()
    cases = []
    for _ in range(2):
        world.fault(SEND, "errcode", value=60011, skip=1)
        cases.append(world.ask())
        world.tap(cases[-1])
        world.rest()
    died = _command_dies(world, point, number, "retry_failed")
    states = [world.jobs(case, "deliver_contact")[0]["state"] for case in cases]
    left = states[number - 1 :] if died else []
    world.expect(set(left) <= {"parked"}, f"pass {number}: half a retry is in the books: {states}")
    world.command("retry_failed")
    world.judge_run()
    texts = [len(world.texts(case.owner)) for case in cases]
    world.expect(texts == [1, 1], f"pass {number}: the owners have {texts} messages")
    return died


def _purge_dies(world: World, point: str, number: int) -> bool:
    """Of callbacks and of tries there is a batch each."""
    purge = ("purge", "--days", "2", "--only", "bodies")
    world.fresh()
    case = world.ask()
    world.tap(case)
    world.rest()
    world.later(hours=3 * 24)
    died = _command_dies(world, point, number, *purge)
    code, said = world.command(*purge)
    finished = code == 0 and ("purged=0" not in said) == died
    world.expect(finished, f"pass {number}: the second one ended with {code}: {said}")
    code, said = world.command(*purge, "--dry-run")
    world.expect("be purged=0" in said, f"pass {number}: something is left: {said}")
    world.judge_run()
    return died


scenario("point adm.retry_not_committed", "Death in the middle of a person's retries, pass 1, 2, 3 … until none")(
    partial(die_at, "adm.retry_not_committed", _retry_dies)
)
scenario("point purge.batch", "Death in the middle of a purge, pass 1, 2, 3 … until none: the next one finishes")(
    partial(die_at, "purge.batch", _purge_dies)
)


# --- While the platform holds the call: F23, F24, F27 -----------------------------------------------------------------


def _held(world: World, step: str, fault: str) -> Case:
    """Kill the worker while the platform holds the card, the contact or the update."""
    path = UPDATE if step == "update" else SEND
    world.fault(path, fault, value=HELD, skip=1 if step == "contact" else 0)
    case = world.ask(shown=step != "card")
    if step != "card":
        world.tap(case, wait=False)
    tried = {"card": "send_card", "contact": "deliver_contact", "update": "update_card"}[step]
    world.wait(
        lambda: [one for job in world.jobs(case, tried) for one in job["tries"]], what=f"the call for the {step}"
    )
    if fault == "hang":
        world.wait(lambda: _is_done(world, case, step), what=f"the work for the {step}")
    else:
        time.sleep(0.3)
    world.worker.die()
    return case


def _is_done(world: World, case: Case, step: str) -> object:
    if step == "update":
        return world.face(case) == "已推送"
    return world.cards(case) if step == "card" else world.texts(case.owner)


def die_while_held(step: str, fault: str, world: World) -> None:
    case = _held(world, step, fault)
    if fault == "hang" and step != "contact":
        expect_inferred(world, case, step)
    if step == "card":
        world.wait(lambda: world.cards(case), what="the card on the finder's phone")
        world.tap(case)
    world.rest()
    world.expect(len(world.cards(case)) == 1, f"the finder has {len(world.cards(case))} cards")
    world.expect(len(world.texts(case.owner)) == 1, f"the owner has {len(world.texts(case.owner))} messages")
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")


for _step in ("card", "contact", "update"):
    for _name, _fault, _words in (("F23", "hang_before", "has not done"), ("F24", "hang", "has done")):
        _number = "F27" if _step == "update" else _name
        _what = f"The worker dies while the platform holds the {_step}, which it {_words}"
        scenario(f"{_number} {_step} {_fault}", _what)(partial(die_while_held, _step, _fault))


# --- Deploys and worse ------------------------------------------------------------------------------------------------


@scenario(
    "F28",
    "SIGTERM under load: the calls in hand end, nothing new begins, gone in 10 s with code 0",
    FAULTS_PATIENCE="30",
)
def deployed(world: World) -> None:
    world.worker.kill()
    cases = [world.ask(shown=False) for _ in range(24)]  # more than there are slots
    world.fault(SEND, "delay", value=2000, count=1000)
    world.worker.start(**world.settings)
    world.wait(lambda: [row for row in world.rows("outgoing") if row["tries"]], what="the first call")
    code, took = world.worker.stop()
    unknown = [one for row in world.rows("outgoing") for one in row["tries"] if one["outcome"] in ("open", "unknown")]
    world.expect((code, unknown) == (0, []), f"code {code}, tries left open: {len(unknown)}")
    world.expect(took < 10, f"it took {took:.1f} s")
    waiting = [row for row in world.rows("outgoing") if row["state"] == "waiting"]
    world.expect(waiting, "all that waited was begun after the signal")
    world.no_faults()
    world.worker.start(**world.settings)
    for case in cases:
        world.wait(lambda case=case: world.cards(case), what="every card")  # type: ignore[misc]


@scenario("F28 web", "SIGTERM for the web server under load: no callback is lost")
def web_deployed(world: World) -> None:
    world.platform_waits(3)
    cases = [world.ask() for _ in range(10)]
    for case in cases[:5]:
        world.tap(case, wait=False)
    code, _ = world.web.stop()
    for case in cases[5:]:
        world.tap(case, wait=False)
    world.web.start(**world.settings)
    world.rest()
    world.expect(code == 0, f"code {code}")
    answered = world.answered()
    world.expect(len(answered) >= len(cases) - 1, f"only {len(answered)} of {len(cases)} taps were answered 200")
    for case in answered:
        world.expect(world.face(case) == "已推送", f"a card reads {world.face(case)}")


@scenario("F28 hang", "SIGTERM while a call hangs for longer than a supervisor waits", FAULTS_PATIENCE="30")
def deployed_while_it_hangs(world: World) -> None:
    world.fault(SEND, "hang", value=20)
    case = world.ask(shown=False)
    world.wait(lambda: [one for job in world.jobs(case, "send_card") for one in job["tries"]], what="the call")
    code, took = world.worker.stop()
    world.expect(code == 0 and took < 10, f"code {code} after {took:.1f} s")
    world.worker.start(**world.settings)
    world.rest()
    world.expect(len(world.cards(case)) == 1, "not exactly one card")


@scenario("F29", "Everything is killed every two seconds")
def all_killed(world: World) -> None:
    rounds = 150 if world.long else 5
    cases = []
    for number in range(rounds):
        world.runs = number + 1
        cases.append(world.ask())
        world.tap(cases[-1], wait=False)
        time.sleep(0.4)
        for process in (world.web, world.worker):
            process.die()
        world.tend()
        world.wait(world.is_ready, seconds=60, what="all processes")
    world.rest(seconds=90)
    for case in cases:
        world.expect(world.face(case) == "已推送", f"a card reads {world.face(case)}")


@scenario("F31", "A job that always raises holds nobody up, and ends in front of a person")
def poison_job(world: World) -> None:
    world.owe_poison()
    case = world.ask()
    world.tap(case)
    world.wait(lambda: world.face(case) == "已推送", seconds=8, what="the others' work")
    world.rest()
    (job,) = (row for row in world.rows("outgoing") if row["kind"] == "faults.poison")
    world.expect(
        (job["state"], job["attempts"]) == ("parked", 0), f"it is {job['state']} after {job['attempts']} tries"
    )


@scenario(
    "F31 handler", "A handler that always raises holds nobody up; its callback is set aside, and handled once mended"
)
def poison_callback(world: World) -> None:
    world.post(Envelope.seal(text_message("poison", number=1)))
    case = world.ask()
    world.tap(case)
    world.wait(lambda: world.face(case) == "已推送", seconds=8, what="the others' work")
    world.rest(seconds=60)
    row = world.rows("callback")[0]
    world.expect((row["state"], row["failures"]) == ("poison", 8), f"it is {row['state']} after {row['failures']}")


@scenario("frozen", "A worker frozen beyond its lease wakes up, and writes nothing over its successor's work")
def frozen(world: World) -> None:
    for fault in ("hang_before", "hang", "delay"):
        world.fault(SEND, fault, value=1000 if fault == "delay" else 1)
    cases = [world.ask(shown=False) for _ in range(3)]
    world.wait(lambda: all(job["tries"] for case in cases for job in world.jobs(case, "send_card")), what="three calls")
    _freeze_outside_of_transactions(world)
    second = world.second_worker()
    for case in cases:
        world.wait(lambda case=case: world.cards(case), what="the cards by the second worker")  # type: ignore[misc]
    world.worker.thaw()
    for case in cases:
        world.tap(case)
    world.rest()
    world.expect(second.alive and world.worker.alive, "a worker has ended")
    for case in cases:
        world.expect(world.face(case) == "已推送", f"a card reads {world.face(case)}")


def _freeze_outside_of_transactions(world: World) -> None:
    """On SQLite a process that is frozen in one locks out everybody, and no lease helps."""
    world.worker.freeze()
    while not world.database.is_free():
        world.worker.thaw()
        time.sleep(0.05)
        world.worker.freeze()


@scenario("frozen inside", "A worker frozen in a transaction: its locks are taken from it", only="postgresql")
def frozen_inside(world: World) -> None:
    world.fresh(worker={"FREEZE_POINT": "out.attempt_not_committed"})
    case = world.ask(shown=False)
    world.wait(world.worker.is_frozen, what="the frost")
    world.second_worker()
    world.wait(lambda: world.cards(case), what="the card by the second worker")
    world.worker.thaw()
    world.tap(case)
    world.rest()
    world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")


@scenario("renewed", "A call that takes longer than the lease stays with its worker", FAULTS_PATIENCE="30")
def renewed(world: World) -> None:
    world.second_worker()
    world.fault(SEND, "delay", value=5000)
    case = world.ask(shown=False)
    world.wait(lambda: world.cards(case), what="the card")
    world.tap(case)
    world.rest()
    (job,) = world.jobs(case, "send_card")
    world.expect(len(job["tries"]) == 1, f"it was tried {len(job['tries'])} times")
