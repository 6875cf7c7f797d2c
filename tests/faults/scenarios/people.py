"""People and operations: two administrators at once, keys that change, members who leave or change their minds."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.faults.evidence import Case
from tests.faults.post import Envelope, tap_message
from tests.faults.registry import scenario
from tests.faults.world import ADMINISTRATORS, CONFIRM, DECLINE, SEND, World

NEW_TOKEN, NEW_KEY = "TheNewCallbackToken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TOO_LATE = re.compile(r"Not done for #\d+: (It is: \w+\.|Somebody else was quicker\.)")


@scenario("F90", "Two administrators press retry twice each, and a command does too: one new try, the others are told")
def retried_twice(world: World) -> None:
    world.fault(SEND, "errcode", value=60011, skip=1)
    case = world.ask()
    world.tap(case)
    world.rest()
    (job,) = world.jobs(case, "deliver_contact")
    browsers = [world.administrator(name) for name in ADMINISTRATORS]
    start = threading.Barrier(2 * len(browsers) + 1)

    def press(browser: requests.Session) -> requests.Response:
        start.wait(30)
        return world.retry_by_press(browser, job["id"])

    def command() -> bool:
        start.wait(30)
        return world.retry_by_command(job["id"])

    with ThreadPoolExecutor(start.parties) as pool:
        presses = [pool.submit(press, browser) for browser in 2 * browsers]
        by_command = pool.submit(command)
    pages = [one.result() for one in presses]
    world.expect({page.status_code for page in pages} == {200}, f"answered with {[page.status_code for page in pages]}")
    done = sum("1 of 1 done" in page.text for page in pages)
    told = sum("0 of 1 done" in page.text and bool(TOO_LATE.search(page.text)) for page in pages)
    world.expect(done + by_command.result() == 1, f"{done} presses did it, and the command: {by_command.result()}")
    world.expect(done + told == len(pages), f"{done} of {len(pages)} did it, {told} were told that they came too late")
    world.rest()
    (job,) = world.jobs(case, "deliver_contact")
    world.expect((job["state"], len(job["tries"])) == ("done", 2), f"{job['state']} after {len(job['tries'])} tries")
    (request,) = world.rows("request")
    retried = [entry for entry in request["timeline"] if entry["event"] == "retried"]
    world.expect(len(retried) == 1, f"it is in the books {len(retried)} times")


@scenario("F92", "Token and AES key change: callbacks under the former pair are still taken, whatever comes first")
def rotated(world: World) -> None:
    case = world.ask()
    former = {
        "WECOM_PREVIOUS_CALLBACK_TOKEN": world.credentials["CALLBACK_TOKEN"],
        "WECOM_PREVIOUS_ENCODING_AES_KEY": world.credentials["ENCODING_AES_KEY"],
    }
    world.web.kill()
    world.web.start(WECOM_CALLBACK_TOKEN=NEW_TOKEN, WECOM_ENCODING_AES_KEY=NEW_KEY, **former)
    world.wait(world.is_ready, what="the new settings")
    world.expect(world.tap(case)["statuses"][-1:] == [200], "the former pair is not taken")
    task_id = world.cards(case)[0]["task_id"]
    message = tap_message(member=case.finder, task_id=task_id, key=CONFIRM)
    for keys in ({"token": NEW_TOKEN, "aes_key": NEW_KEY}, {}):
        world.expect(world.post(Envelope.seal(message, **keys)) == 200, "a pair is not taken")  # type: ignore[arg-type]
    world.rest()
    world.expect(len(world.rows("callback")) == 2, "the same message under two pairs is two rows")


@scenario("F93", "The finder has left the company when a question is asked: it ends, and the owner is told why")
def finder_gone(world: World) -> None:
    case = world.prepare_case()
    world.remove_member(case.finder)
    case = world.put_question(case)
    world.rest()
    _is_over(world, case, "已不在企业通讯录中")


@scenario("F93 later", "The finder leaves the company between question and tap: it expires, and the owner is told")
def finder_leaves(world: World) -> None:
    case = world.ask()
    world.remove_member(case.finder)
    world.rest()
    world.expect(world.request(case)["state"] == "pending", "it ended before its time")
    world.later(hours=24)
    world.wait(lambda: world.request(case)["state"] != "pending", what="the end of the request")
    world.rest()
    _is_over(world, case, "本次请求已过期")


def _is_over(world: World, case: Case, words: str) -> None:
    state, texts = world.request(case)["state"], world.texts(case.owner)
    world.expect(state == "expired", f"the request is {state}")
    world.expect(len(texts) == 1 and words in texts[0], f"the owner was told: {texts}")


@scenario(
    "F94",
    "A person is erased while a message to them is under way: it ends, and nothing is sent after",
    FAULTS_PATIENCE="30",
)
def erased_in_flight(world: World) -> None:
    world.fault(SEND, "delay", value=12_000)  # until the command has long begun
    case = world.ask(shown=False)
    world.wait(lambda: [one for job in world.jobs(case, "send_card") for one in job["tries"]], what="the card's call")
    code, said = world.command("erase_subject", case.finder, "--yes")
    world.expect(code == 0, f"it ended with {code}: {said}")
    (job,) = world.jobs(case, "send_card")
    outcomes = [one["outcome"] for one in job["tries"]]
    world.expect(outcomes == ["applied"], f"it did not wait for the call under way: {outcomes}")
    before = len(world.chat(case.finder))
    world.rest()
    world.expect(len(world.chat(case.finder)) == before <= 1, "something was sent to them after that")
    world.expect(len(world.texts(case.owner)) == 1, "the other side was not told")
    late = tap_message(member=case.finder, task_id=world.cards(case)[0]["task_id"], key=CONFIRM)
    world.expect(world.post(Envelope.seal(late)) == 200, "their late tap was not answered")
    world.rest()
    world.expect(not world.alerts("wrong_actor"), "their late tap was taken for somebody else's")
    code, again = world.command("erase_subject", case.finder.upper(), "--yes")
    world.expect(code == 0 and "items=0" in again, f"a second time: {again}")


@scenario("F95 before", "The finder declines after having agreed, before the send has begun: it never begins")
def declined_before(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    world.empty_cache()
    world.fault("gettoken", "status", value=503, count=1000)  # what is owed waits
    world.tap(case)
    world.wait(lambda: world.request(case)["state"] == "accepted", what="the consent")
    world.post(Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=DECLINE)))
    world.wait(lambda: world.request(case)["state"] == "declined", what="its end")
    world.no_faults()
    world.rest()
    (job,) = world.jobs(case, "deliver_contact")
    world.expect((job["state"], job["tries"]) == ("cancelled", []), f"it is {job['state']} after {job['tries']}")
    texts = world.texts(case.owner)
    world.expect(len(texts) == 1 and case.phone not in texts[0], f"the owner was told: {texts}")
    world.expect(world.face(case) == "已婉拒", f"the card reads {world.face(case)}")


@scenario("F95 after", "The finder declines after the contact was sent: recorded, and the owner is asked to delete it")
def declined_after(world: World) -> None:
    case = world.ask()
    task_id = world.cards(case)[0]["task_id"]
    world.tap(case)
    world.rest()
    world.post(Envelope.seal(tap_message(member=case.finder, task_id=task_id, key=DECLINE)))
    world.rest()
    world.expect(any("撤回了同意" in text for text in world.texts(case.owner)), "the owner was not asked to delete it")
    world.expect(len(world.jobs(case, "deliver_contact")) == 1, "the contact is owed twice")
