"""The judge itself: honest books are left in peace, and every way of falsifying them is found."""

import copy
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from tests.faults.checker import DOUBLED, LOST, RULES, STUCK, UNTRUE, judge
from tests.faults.evidence import Case, Evidence, Post, Row

AT = "2026-03-01T08:00:0{}+00:00"
PHONE, TASK = "13900000001", "lf-1"
DIGEST = sha256(b"tap").hexdigest()
CASE = Case(number=1, item=1, finder="finder1", owner="owner1", phone=PHONE)
Books = dict[str, Any]


def wire(body: Row) -> tuple[str, str]:
    """A request as it goes out, and the digest under which the books know it."""
    plain = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    sent = json.dumps({**body, "agentid": 7}, ensure_ascii=False, separators=(",", ":"))
    return sent, sha256(plain.encode()).hexdigest()


CARD = wire({"touser": "finder1", "msgtype": "template_card", "template_card": {"task_id": TASK}})
TEXT = wire({"touser": "owner1", "msgtype": "text", "text": {"content": f"call {PHONE}"}})
FINAL = wire({"userids": ["finder1"], "response_code": "code", "button": {"replace_name": "已推送"}})


def call(path: str, sent: str, second: int, **answer: Any) -> Row:
    whole = {"errcode": 0, **answer}
    return {
        "at": AT.format(second),
        "path": path,
        "request": sent,
        "answer": json.dumps(whole),
        "errcode": whole["errcode"],
    }


def job(number: int, kind: str, path: str, digest: str) -> Row:
    tried = {"number": 1, "path": path, "body_digest": digest, "outcome": "applied"}
    row = {"type": "outgoing", "id": number, "kind": f"lostfound.{kind}", "subject": "1", "topic": "request:1"}
    return {**row, "state": "done", "tries": [tried]}


def message(msgid: str, **more: Any) -> Row:
    return {"msgid": msgid, "visible": True, "task_id": "", **more}


def entry(event: str, second: int, cause: str, **more: Any) -> Row:
    return {"event": event, "cause": cause, "data": {}, "at": AT.format(second), **more}


def honest() -> Books:
    """One request from the question to the final text, all in order."""
    send, update = "message/send", "message/update_template_card"
    callback = {"type": "callback", "id": 1, "digest": DIGEST, "repeats": 0, "state": "done", "event_key": "confirm"}
    timeline = [entry("card_sent", 1, "outgoing 1", data={"round": 1})]
    timeline.append(entry("accepted", 3, "callback 1", actor="finder1"))
    timeline.append(entry("contact_delivered", 5, "outgoing 2"))
    request = {"type": "request", "id": 1, "state": "accepted", "delivery": "delivered", "finder": "finder1"}
    request |= {"owner": "owner1", "consent_withdrawn_at": None}
    card = {"type": "card", "id": 1, "task_id": TASK, "request_id": 1, "recipient": "finder1", "state": "closed"}
    jobs = [job(1, "send_card", send, CARD[1]), job(2, "deliver_contact", send, TEXT[1])]
    jobs.append(job(3, "update_card", update, FINAL[1]))
    finder = [message("m1", task_id=TASK, replace_text="已推送")]
    return {
        "ledger": {
            "offset_seconds": 0,
            "members": {
                "finder1": {"messages": finder},
                "owner1": {"messages": [message("m2", text=f"call {PHONE}")]},
            },
            "codes": [{"code": "code", "task_id": TASK}],
            "calls": [
                call(send, CARD[0], 1, msgid="m1"),
                call(send, TEXT[0], 4, msgid="m2"),
                call(update, FINAL[0], 6),
            ],
        },
        "books": [
            {**callback, "task_id": TASK, "userid": "Finder1"},
            {**request, "timeline": timeline},
            {**card, "round": 1, "shows": "已推送"},
            *jobs,
        ],
        "posts": [Post(DIGEST, 200)],
        "sink": [],
    }


def of(books: Books, kind: str, number: int = 0) -> Row:
    found: list[Row] = [row for row in books["books"] if row["type"] == kind]
    return found[number]


def judged(books: Books) -> list[str]:
    evidence = Evidence(books["ledger"], books["books"], books["posts"], [CASE], books["sink"])
    return [f"{finding.sort}: {finding.text}" for finding in judge(evidence)]


def chat(books: Books, member: str) -> list[Row]:
    messages: list[Row] = books["ledger"]["members"][member]["messages"]
    return messages


def forget(books: Books, kind: str) -> None:
    books["books"][:] = [row for row in books["books"] if row["type"] != kind]


def without_jobs(books: Books, *kinds: str) -> None:
    books["books"][:] = [row for row in books["books"] if row.get("kind", "").rpartition(".")[2] not in kinds]


def second_contact(books: Books) -> None:
    """Another body for the same contact: the platform could not see that it is the same."""
    again = wire({"touser": "owner1", "msgtype": "text", "text": {"content": f"please call {PHONE}"}})
    books["ledger"]["calls"].append(call("message/send", again[0], 7, msgid="m3"))
    chat(books, "owner1").append(message("m3", text=f"please call {PHONE}"))
    of(books, "outgoing", 1)["tries"].append({**of(books, "outgoing", 1)["tries"][0], "body_digest": again[1]})


def another_final(books: Books) -> None:
    other = wire({"userids": ["finder1"], "response_code": "spare", "button": {"replace_name": "已过期"}})
    books["ledger"]["codes"].append({"code": "spare", "task_id": TASK})
    books["ledger"]["calls"].append(call("message/update_template_card", other[0], 7))
    of(books, "outgoing", 2)["tries"].append({**of(books, "outgoing", 2)["tries"][0], "body_digest": other[1]})


def contact_in_words_alone(books: Books) -> None:
    """The books say that it was delivered; nobody has ever tried."""
    of(books, "outgoing", 1)["tries"].clear()
    del books["ledger"]["calls"][1]
    chat(books, "owner1").clear()


def contact_cancelled(books: Books) -> None:
    contact_in_words_alone(books)
    of(books, "outgoing", 1)["state"] = "cancelled"
    of(books, "request").update(delivery="failed")
    untold(books, "contact_delivered")


def no_tap(books: Books) -> None:
    """Everything as if the finder had agreed, and nobody has posted anything."""
    forget(books, "callback")
    books["posts"].clear()


def untold(books: Books, event: str) -> None:
    timeline = of(books, "request")["timeline"]
    timeline[:] = [one for one in timeline if one["event"] != event]


def pending(books: Books) -> None:
    request = of(books, "request")
    request["state"], request["timeline"] = "pending", request["timeline"][:1]


def falsified(act: Callable[[Books], object], sort: str, words: str) -> Any:
    return pytest.param(act, sort, words, id=words.replace(" ", "-"))


FALSIFIED = [
    falsified(lambda b: forget(b, "callback"), LOST, "1 answers 200, 0 in the books"),
    falsified(lambda b: b["posts"].append(Post(DIGEST, 200)), LOST, "2 answers 200, 1 in the books"),
    falsified(lambda b: b["books"].append(copy.deepcopy(of(b, "callback"))), DOUBLED, "is in the books 2 times"),
    falsified(lambda b: of(b, "callback").update(repeats=3), DOUBLED, "posted 1, counted 4"),
    falsified(lambda b: of(b, "callback").update(state="running"), STUCK, "callback 1 is running"),
    falsified(pending, LOST, "is pending though the finder pressed confirm"),
    falsified(
        lambda b: of(b, "request")["timeline"].append(entry("accepted", 7, "callback 2", actor="finder1")),
        DOUBLED,
        "its timeline says ['accepted', 'accepted']",
    ),
    falsified(
        lambda b: of(b, "request")["timeline"].append(entry("contact_delivered", 7, "outgoing 2")),
        DOUBLED,
        "contact_delivered by outgoing 2 stands there 2 times",
    ),
    falsified(lambda b: untold(b, "contact_delivered"), LOST, "contact_delivered is told 0 times"),
    falsified(lambda b: untold(b, "card_sent"), LOST, "card_sent is told 0 times"),
    falsified(
        lambda b: of(b, "request")["timeline"].append(entry("card_inferred", 7, "callback 1", data={"round": 1})),
        DOUBLED,
        "card_sent is told 2 times",
    ),
    falsified(lambda b: of(b, "request").update(delivery="unsure"), UNTRUE, "is unsure, its contact was sent: True"),
    falsified(no_tap, DOUBLED, "was accepted by callback 1: no confirm of the finder's"),
    falsified(
        lambda b: b.update(posts=[Post(DIGEST, 403)]), DOUBLED, "was accepted by callback 1: no confirm of the finder's"
    ),
    falsified(lambda b: of(b, "callback").update(event_key="decline"), DOUBLED, "no confirm of the finder's"),
    falsified(lambda b: of(b, "callback").update(userid="owner1"), DOUBLED, "no confirm of the finder's"),
    falsified(lambda b: of(b, "callback").update(task_id="lf-2"), DOUBLED, "no confirm of the finder's"),
    falsified(
        lambda b: of(b, "request")["timeline"][1].update(actor="owner1", cause=""), DOUBLED, "accepted by owner1"
    ),
    falsified(lambda b: without_jobs(b, "deliver_contact"), LOST, "owes no contact"),
    falsified(contact_cancelled, LOST, "is accepted and its contact was cancelled"),
    falsified(contact_in_words_alone, LOST, "the owner does not see the contact"),
    falsified(lambda b: b["books"].append(copy.deepcopy(of(b, "outgoing", 1))), DOUBLED, "owes 2 contacts"),
    falsified(lambda b: of(b, "outgoing").update(state="waiting"), STUCK, "outgoing 1 (lostfound.send_card)"),
    falsified(lambda b: of(b, "outgoing")["tries"][0].update(outcome="open"), STUCK, "were never closed"),
    falsified(lambda b: of(b, "outgoing", 2)["tries"].clear(), DOUBLED, "made 1 times and written down 0 times"),
    falsified(lambda b: chat(b, "owner1").clear(), LOST, "outgoing 2 (lostfound.deliver_contact) is done and nobody"),
    falsified(second_contact, DOUBLED, "the owner sees the contact 2 times"),
    falsified(
        lambda b: chat(b, "finder1").append(message("m9", text=f"call {PHONE}")),
        DOUBLED,
        "its contact is seen by finder1",
    ),
    falsified(lambda b: b["ledger"]["calls"][1].update(at=AT.format(2)), DOUBLED, "was sent before the accept"),
    falsified(lambda b: forget(b, "request") or forget(b, "card"), LOST, "was answered 201 and is not in the books"),
    falsified(lambda b: chat(b, "finder1").append(chat(b, "finder1")[0]), DOUBLED, "card lf-1 is seen 2 times"),
    falsified(lambda b: chat(b, "finder1").clear(), LOST, "card lf-1 is closed and nobody sees it"),
    falsified(lambda b: of(b, "card").update(state="closing"), STUCK, "card lf-1 is closing"),
    falsified(lambda b: of(b, "card").update(state="shown"), STUCK, "card lf-1 still asks"),
    falsified(
        lambda b: chat(b, "finder1")[0].update(replace_text="处理中"), UNTRUE, "shows '处理中', the books say '已推送'"
    ),
    falsified(another_final, DOUBLED, "got 2 different final texts"),
    falsified(
        lambda b: b["ledger"]["calls"].append(call("message/update_template_card", FINAL[0], 7)),
        DOUBLED,
        "was spent 2 times",
    ),
    falsified(lambda b: of(b, "outgoing").update(state="parked"), LOST, "outgoing 1 is parked and nobody was told"),
    falsified(
        lambda b: b.update(sink=[{"what": "parked", "subject": "outgoing 9"}] * 2), DOUBLED, "times within the hour"
    ),
    falsified(
        lambda b: b.update(sink=[{"what": "parked", "subject": "outgoing 9"}]),
        UNTRUE,
        "was heard and is not in the books",
    ),
]


def test_honest_books_are_left_in_peace() -> None:
    assert judged(honest()) == []


def test_an_answer_that_never_came_is_no_promise() -> None:
    books = honest()
    books["posts"] = [Post(DIGEST, None), Post(DIGEST, 200)]
    assert judged(books) == []
    of(books, "callback")["repeats"] = 1
    assert judged(books) == []


def test_a_tap_that_was_kept_and_never_answered_counts() -> None:
    for status in (None, 503):
        books = honest()
        books["posts"] = [Post(DIGEST, status)]
        assert judged(books) == []


def test_a_finder_may_agree_on_their_page() -> None:
    books = honest()
    no_tap(books)
    of(books, "request")["timeline"][1].update(cause="")
    assert judged(books) == []


@pytest.mark.parametrize(
    "called_off",
    [{"consent_withdrawn_at": AT.format(4)}, {"finder": "erased-0a"}, {"owner": "erased-0a"}],
    ids=["consent", "finder", "owner"],
)
def test_what_was_called_off_may_be_cancelled(called_off: Row) -> None:
    books = honest()
    contact_cancelled(books)
    of(books, "request").update(called_off)
    if "finder" in called_off:
        of(books, "request")["timeline"][1].update(actor=called_off["finder"])
        of(books, "callback").update(userid=called_off["finder"])
    assert judged(books) == []


@pytest.mark.parametrize("request_body", ["", '{"touser": "fin'])
def test_a_call_whose_maker_died_while_writing_it_is_no_call(request_body: str) -> None:
    books = honest()
    books["ledger"]["calls"].append(call("message/send", request_body, 7, errcode=40035))
    assert judged(books) == []


@pytest.mark.parametrize(("act", "sort", "words"), FALSIFIED)
def test_a_falsification_is_found(act: Callable[[Books], object], sort: str, words: str) -> None:
    books = honest()
    act(books)
    assert any(found.startswith(f"{sort}: ") and words in found for found in judged(books)), judged(books)


def test_every_rule_finds_something() -> None:
    """A rule that no falsification trips would prove nothing."""
    tripped = set()
    for given in FALSIFIED:
        books = honest()
        given.values[0](books)
        evidence = Evidence(books["ledger"], books["books"], books["posts"], [CASE], books["sink"])
        tripped |= {rule.__name__ for rule in RULES if list(rule(evidence))}
    assert tripped == {rule.__name__ for rule in RULES}
