"""The judge. From the evidence alone it says what was lost, doubled, stuck or untrue; nothing of it is an opinion.

    lost      something that was promised is not there          stuck    something is still open though all is at rest
    doubled   something is there twice, or nobody asked for it   untrue   the books say other than what people see

Each rule stands for rows of the catalogue: E1 callbacks, E2 E7 E10 requests, E3 E4 E6 messages and cards, E9 alerts.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from .evidence import Case, Evidence, Row

LOST, DOUBLED, STUCK, UNTRUE = "lost", "doubled", "stuck", "untrue"
DECISIONS = ("accepted", "declined", "expired", "withdrawn")
SECOND_THOUGHTS = (["accepted", "declined"], ["accepted", "withdrawn"])  # before the contact's send has begun
OPEN = ("waiting", "running")
SETTLED = ("done", "ignored", "quarantined", "poison")
FAILED = ("parked", "dead")
ARRIVED = ("done", "inferred")
SENT = ("shown", "closing", "closed", "stuck")
CONTACT = "lostfound.deliver_contact"
CONFIRM, DECLINE = "confirm", "decline"
SERVER_ERRORS = range(500, 600)  # such an answer says nothing about what was kept
TOKEN_REFUSED = (40001, 40014, 42001)
SEND, UPDATE = "message/send", "message/update_template_card"


@dataclass(frozen=True, slots=True)
class Finding:
    sort: str
    text: str


def judge(evidence: Evidence) -> list[Finding]:
    """All that is wrong; an empty list where the equation holds."""
    return [finding for rule in RULES for finding in rule(evidence)]


# --- E1: what came in -------------------------------------------------------------------------------------------------


def callbacks_are_kept_once(evidence: Evidence) -> Iterator[Finding]:
    """Answers 200 = rows + recorded repeats; where an answer never came, the row may be there or not."""
    kept = Counter(row["digest"] for row in evidence.of("callback"))
    seen = {row["digest"]: row["repeats"] + 1 for row in evidence.of("callback")}
    answered: Counter[str] = Counter(post.digest for post in evidence.posts if post.status == 200)
    posted = Counter(post.digest for post in evidence.posts)
    for digest, number in answered.items():
        if seen.get(digest, 0) < number:
            yield Finding(LOST, f"callback {digest[:8]}: {number} answers 200, {seen.get(digest, 0)} in the books")
    for digest, number in kept.items():
        if number > 1:
            yield Finding(DOUBLED, f"callback {digest[:8]} is in the books {number} times")
        if seen[digest] > posted[digest]:
            yield Finding(DOUBLED, f"callback {digest[:8]}: posted {posted[digest]}, counted {seen[digest]}")


def callbacks_are_settled(evidence: Evidence) -> Iterator[Finding]:
    for row in evidence.of("callback"):
        if row["state"] not in SETTLED:
            yield Finding(STUCK, f"callback {row['id']} is {row['state']}")


# --- E2, E7, E10: what was decided ------------------------------------------------------------------------------------


def requests_are_decided_once(evidence: Evidence) -> Iterator[Finding]:
    for request in evidence.of("request"):
        decided = [entry["event"] for entry in request["timeline"] if entry["event"] in DECISIONS]
        expected = [] if request["state"] == "pending" else [request["state"]]
        if decided not in (expected, *(way for way in SECOND_THOUGHTS if way[-1:] == expected)):
            sort = DOUBLED if len(decided) > len(expected) else LOST
            yield Finding(sort, f"request {request['id']} is {request['state']}, its timeline says {decided}")


def timelines_tell_each_thing_once(evidence: Evidence) -> Iterator[Finding]:
    """The same event of the same cause and round is one transition: twice in the timeline is once too often."""
    for request in evidence.of("request"):
        told = Counter(
            (entry["event"], entry["cause"], json.dumps(entry["data"], sort_keys=True))
            for entry in request["timeline"]
            if entry["cause"] and entry["event"] not in ("retried", "replayed", "code_refused")
        )
        for (event, cause, _), number in told.items():
            if number > 1:
                yield Finding(DOUBLED, f"request {request['id']}: {event} by {cause} stands there {number} times")


def timelines_tell_what_arrived(evidence: Evidence) -> Iterator[Finding]:
    """A contact that was sent makes its request `delivered`; that, and each card that was sent, has one entry."""
    sent = _contacts_sent(evidence)
    told: dict[int, Counter[object]] = {}
    for request in evidence.of("request"):
        told[request["id"]] = events = Counter(map(_arrival, request["timeline"]))
        name, was_sent = f"request {request['id']}", f"request:{request['id']}" in sent
        if was_sent != (request["delivery"] == "delivered"):
            yield Finding(UNTRUE, f"{name} is {request['delivery']}, its contact was sent: {was_sent}")
        yield from _told_as_often(name, "contact_delivered", events["contact"], was_sent)
    for card in evidence.of("card"):
        number = told[card["request_id"]][card["round"]]
        yield from _told_as_often(f"card {card['task_id']}", "card_sent", number, card["state"] in (*SENT, "recalled"))


def _arrival(entry: Row) -> object:
    """What this entry says has arrived: "contact", a card by its round, None for nothing."""
    if entry["event"] == "contact_delivered":
        return "contact"
    return entry["data"].get("round") if entry["event"] in ("card_sent", "card_inferred") else None


def _told_as_often(name: str, event: str, number: int, was_sent: bool) -> Iterator[Finding]:
    if number != was_sent:
        sort = DOUBLED if number > was_sent else LOST
        yield Finding(sort, f"{name}: {event} is told {number} times, it was sent: {was_sent}")


def taps_have_an_effect(evidence: Evidence) -> Iterator[Finding]:
    """A finder's answer that we took with 200, and did not set aside, has ended the asking."""
    aside = {row["digest"] for row in evidence.of("callback") if row["state"] in ("quarantined", "poison")}
    answered = {post.digest for post in evidence.posts if post.status == 200} - aside
    cards = {card["task_id"]: card["request_id"] for card in evidence.of("card")}
    requests = {request["id"]: request for request in evidence.of("request")}
    for row in evidence.of("callback"):
        request = requests.get(cards.get(row["task_id"], 0))
        by_finder = request and row["userid"].lower() == request["finder"].lower()
        pressed = row["event_key"] in (CONFIRM, DECLINE)
        if by_finder and pressed and row["digest"] in answered and request and request["state"] == "pending":
            yield Finding(LOST, f"request {request['id']} is pending though the finder pressed {row['event_key']}")


def finders_accept_themselves(evidence: Evidence) -> Iterator[Finding]:
    """Whoever accepts is the finder: by a tap that was posted and that we did not refuse, or on their page, where no
    callback is the cause. One that is kept and never answered is no less true: its maker died, or did not hear it.
    """
    posted = {post.digest for post in evidence.posts if post.status in (None, 200, *SERVER_ERRORS)}
    cards = {card["task_id"]: card["request_id"] for card in evidence.of("card")}
    confirmed = {
        (f"callback {row['id']}", cards.get(row["task_id"]), row["userid"].lower())
        for row in evidence.of("callback")
        if row["event_key"] == CONFIRM and row["digest"] in posted
    }
    for request in evidence.of("request"):
        name, finder = f"request {request['id']}", request["finder"].lower()
        for entry in request["timeline"]:
            if entry["event"] != "accepted":
                continue
            if entry["actor"].lower() != finder:
                yield Finding(DOUBLED, f"{name} was accepted by {entry['actor']}")
            if entry["cause"] and (entry["cause"], request["id"], finder) not in confirmed:
                yield Finding(DOUBLED, f"{name} was accepted by {entry['cause']}: no confirm of the finder's")


# --- E3, E4: what went out --------------------------------------------------------------------------------------------


def accepted_requests_owe_one_contact(evidence: Evidence) -> Iterator[Finding]:
    jobs: dict[str, list[str]] = defaultdict(list)
    for row in evidence.of("outgoing"):
        if row["kind"] == CONTACT:
            jobs[row["topic"]].append(row["state"])
    for request in evidence.of("request"):
        states = jobs[f"request:{request['id']}"]
        if request["state"] == "accepted" and not states:
            yield Finding(LOST, f"request {request['id']} is accepted and owes no contact")
        if request["state"] == "accepted" and "cancelled" in states and not _was_called_off(request):
            yield Finding(LOST, f"request {request['id']} is accepted and its contact was cancelled")
        if len(states) > 1:
            yield Finding(DOUBLED, f"request {request['id']} owes {len(states)} contacts")


def _was_called_off(request: Row) -> bool:
    """The finder took the consent back, or one of the two was erased: what was accepted is not sent any more."""
    erased = any(request[who].startswith("erased-") for who in ("finder", "owner"))
    return erased or request["consent_withdrawn_at"] is not None


def jobs_come_to_an_end(evidence: Evidence) -> Iterator[Finding]:
    for row in evidence.of("outgoing"):
        if row["state"] in OPEN:
            yield Finding(STUCK, f"outgoing {row['id']} ({row['kind']}) is {row['state']}")
        left_open = [one["number"] for one in row["tries"] if one["outcome"] == "open"]
        if left_open and row["state"] not in OPEN:
            yield Finding(STUCK, f"outgoing {row['id']} is {row['state']}, its tries {left_open} were never closed")


def calls_were_written_down_before(evidence: Evidence) -> Iterator[Finding]:
    """Every request that WeCom got is one of the tries in the books, and never more of them than there are tries."""
    tried = Counter(one["body_digest"] for row in evidence.of("outgoing") for one in row["tries"])
    made: Counter[str] = Counter()
    for path in (SEND, UPDATE):
        for call in evidence.calls(path):
            if call["errcode"] not in TOKEN_REFUSED and not _was_cut_off(call):
                made[_body_digest(call)] += 1
    for digest, number in made.items():
        if number > tried[digest]:
            yield Finding(DOUBLED, f"a request was made {number} times and written down {tried[digest]} times")


def messages_are_seen_once(evidence: Evidence) -> Iterator[Finding]:
    """A message that the books call sent is seen by its receiver exactly once, any other at most once."""
    copies = _copies_seen(evidence)
    by_body: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.of("outgoing"):
        for digest in {one["body_digest"] for one in row["tries"] if one["path"] == SEND}:
            by_body[digest].append(row)
    for row in evidence.of("outgoing"):
        digests = {one["body_digest"] for one in row["tries"] if one["path"] == SEND}
        seen = sum(copies[digest] for digest in digests)
        if seen > 1:
            yield Finding(DOUBLED, f"outgoing {row['id']} ({row['kind']}) is seen {seen} times")
        if digests and row["state"] in ARRIVED and seen == 0 and not _taken_back(evidence, row):
            yield Finding(LOST, f"outgoing {row['id']} ({row['kind']}) is {row['state']} and nobody sees it")
    for digest, rows in by_body.items():
        if copies[digest] > len(rows):
            yield Finding(DOUBLED, f"one message is seen {copies[digest]} times, owed {len(rows)} times")


def contacts_are_seen_by_the_owner_alone(evidence: Evidence) -> Iterator[Finding]:
    """Nobody sees a finder's contact before the finder's own accept, nobody but the owner, and the owner once."""
    requests = {request["id"]: request for request in evidence.of("request")}
    sent = _contacts_sent(evidence)
    for case in evidence.cases:
        request = requests.get(case.number)
        if request is None:
            yield Finding(LOST, f"request {case.number} was answered 201 and is not in the books")
            continue
        accepted = [_when(entry["at"]) for entry in request["timeline"] if entry["event"] == "accepted"]
        yield from _contact_of(evidence, case, min(accepted, default=None))
        if f"request:{case.number}" in sent and not _copies_of_contact(evidence, case, case.owner):
            yield Finding(LOST, f"request {case.number}: the books say sent, the owner does not see the contact")


def _contact_of(evidence: Evidence, case: Case, accepted: datetime | None) -> Iterator[Finding]:
    for member in evidence.ledger["members"]:
        number = _copies_of_contact(evidence, case, member)
        if number and (member != case.owner or accepted is None):
            yield Finding(DOUBLED, f"request {case.number}: its contact is seen by {member}, accepted: {accepted}")
        if number > 1:
            yield Finding(DOUBLED, f"request {case.number}: the owner sees the contact {number} times")
    if accepted and evidence.ledger["offset_seconds"] == 0:
        early = [
            call for call in evidence.calls(SEND) if case.phone in call["request"] and _when(call["at"]) < accepted
        ]
        if early:
            yield Finding(DOUBLED, f"request {case.number}: its contact was sent before the accept")


def _contacts_sent(evidence: Evidence) -> set[str]:
    """The topics of the requests whose contact the books call sent."""
    return {row["topic"] for row in evidence.of("outgoing") if row["kind"] == CONTACT and row["state"] in ARRIVED}


def _copies_of_contact(evidence: Evidence, case: Case, member: str) -> int:
    return sum(case.phone in str(message.get("text")) for message in evidence.chat(member))


# --- E4c, E5, E6: cards and codes -------------------------------------------------------------------------------------


def cards_say_what_the_books_say(evidence: Evidence) -> Iterator[Finding]:
    requests = {request["id"]: request for request in evidence.of("request")}
    for card in evidence.of("card"):
        name, request = f"card {card['task_id']}", requests[card["request_id"]]
        if card["recipient"].startswith("erased-"):
            continue  # on whose phone it lies the books have forgotten, as they were told to
        copies = [message for message in evidence.chat(card["recipient"]) if message["task_id"] == card["task_id"]]
        if len(copies) > 1:
            yield Finding(DOUBLED, f"{name} is seen {len(copies)} times")
        if card["state"] in SENT and not copies:
            yield Finding(LOST, f"{name} is {card['state']} and nobody sees it")
        if card["state"] in ("owed", "closing"):
            yield Finding(STUCK, f"{name} is {card['state']}")
        if card["state"] == "shown" and not _may_keep_its_buttons(request):
            yield Finding(STUCK, f"{name} still asks; request {request['id']} is {request['state']}")
        if card["state"] == "closed" and copies and copies[0]["replace_text"] != card["shows"]:
            yield Finding(UNTRUE, f"{name} shows {copies[0]['replace_text']!r}, the books say {card['shows']!r}")


def _may_keep_its_buttons(request: Row) -> bool:
    """Nothing is decided, or nobody knows whether the contact arrived and a person must say."""
    return request["state"] == "pending" or (request["state"], request["delivery"]) == ("accepted", "unsure")


def final_texts_never_change(evidence: Evidence) -> Iterator[Finding]:
    """At most one distinct content is ever applied to a card, and no code pays twice."""
    tasks = {code["code"]: code["task_id"] for code in evidence.ledger["codes"]}
    texts: dict[str, set[str]] = defaultdict(set)
    spent: Counter[str] = Counter()
    for call in evidence.calls(UPDATE):
        if call["errcode"] != 0:
            continue
        body = json.loads(call["request"])
        code = body["response_code"]
        spent[code] += 1
        texts[tasks[code]].add(json.dumps(body.get("button") or body.get("template_card"), sort_keys=True))
    for task_id, contents in texts.items():
        if len(contents) > 1:
            yield Finding(DOUBLED, f"card {task_id} got {len(contents)} different final texts")
    for code, number in spent.items():
        if number > 1:
            yield Finding(DOUBLED, f"code {code[:6]} was spent {number} times")


# --- E9: what people are told -----------------------------------------------------------------------------------------


def failures_are_alerted(evidence: Evidence) -> Iterator[Finding]:
    """Each parked, dead, quarantined or poisoned row has an alert in the books, and was heard at least once."""
    heard = Counter((alert["what"], alert["subject"]) for alert in evidence.sink)
    wrong = [("outgoing", row) for row in evidence.of("outgoing") if row["state"] in FAILED]
    wrong += [("callback", row) for row in evidence.of("callback") if row["state"] in ("quarantined", "poison")]
    for kind, row in wrong:
        if not heard[(row["state"], f"{kind} {row['id']}")]:
            yield Finding(LOST, f"{kind} {row['id']} is {row['state']} and nobody was told")
    raised = {(row["what"], row["subject"]): row for row in evidence.of("alert")}
    for (what, subject), number in heard.items():
        if number > 1 and evidence.ledger["offset_seconds"] == 0:
            yield Finding(DOUBLED, f"alert {what} {subject} was heard {number} times within the hour")
        if (what, subject) not in raised:
            yield Finding(UNTRUE, f"alert {what} {subject} was heard and is not in the books")


# --- Small things -----------------------------------------------------------------------------------------------------


def _copies_seen(evidence: Evidence) -> Counter[str]:
    """How often the receivers together see what a request body asked to send; bodies by their digest."""
    bodies: dict[str, set[str]] = defaultdict(set)
    for call in evidence.calls(SEND):
        if call["errcode"] == 0:
            bodies[json.loads(call["answer"])["msgid"]].add(_body_digest(call))
    seen: Counter[str] = Counter()
    for member in evidence.ledger["members"]:
        for message in evidence.chat(member):
            seen.update(bodies[message["msgid"]])
    return seen


def _taken_back(evidence: Evidence, row: Row) -> bool:
    """Whether the message of this row was recalled, so that nobody sees it any more."""
    cards = [card for card in evidence.of("card") if str(card["id"]) == row["subject"]]
    return row["kind"] == "lostfound.send_card" and any(card["state"] == "recalled" for card in cards)


def _was_cut_off(call: Row) -> bool:
    """Whether its maker died while it wrote the body: WeCom then reads no JSON, and does nothing."""
    try:
        json.loads(call["request"])
    except ValueError:
        return bool(call["errcode"])
    return False


def _body_digest(call: Row) -> str:
    """The digest that the books keep of a body: without the agentid, which the client adds."""
    body = json.loads(call["request"])
    body.pop("agentid", None)
    return sha256(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


RULES = (
    callbacks_are_kept_once,
    callbacks_are_settled,
    requests_are_decided_once,
    timelines_tell_each_thing_once,
    timelines_tell_what_arrived,
    taps_have_an_effect,
    finders_accept_themselves,
    accepted_requests_owe_one_contact,
    jobs_come_to_an_end,
    calls_were_written_down_before,
    messages_are_seen_once,
    contacts_are_seen_by_the_owner_alone,
    cards_say_what_the_books_say,
    final_texts_never_change,
    failures_are_alerted,
)
