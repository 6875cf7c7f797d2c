"""The vectors that any SDK may test itself with: our code reads them as they say, and none of our types is missing.

A test fails after an event or a card has changed? Add its case to tests/wecom/conformance, run
`python -m tests.wecom.conformance`, and read the difference before keeping it.
"""

import dataclasses
import json
from typing import Any

import pytest

from tests.wecom.conformance import FOLDER
from tests.wecom.conformance.cards import advised
from tests.wecom.conformance.events import APP, plain
from tests.wecom.conformance.messages import cut, goes_by
from wecom import events
from wecom.cards import Card, CardInvalid, read_update
from wecom.cards.types import CARD_TYPES
from wecom.errors import ContentInvalid, PayloadMalformed
from wecom.messages import MESSAGES, Message
from wecom.sandbox import contents, rules
from wecom.sandbox.errcodes import Refusal


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / name).read_text("utf-8")))


EVENTS, CARDS, WRITTEN = read("events.json"), read("cards.json"), read("messages.json")


def each(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases])


@each(EVENTS["events"])
def test_an_event_says_what_the_file_says(case: dict[str, Any]) -> None:
    assert plain(events.parse(case["xml"].encode(), app=APP)) == case["fields"]


@each(EVENTS["malformed"])
def test_what_is_no_message_is_refused(case: dict[str, Any]) -> None:
    assert case["reason"]
    with pytest.raises(PayloadMalformed):
        events.parse(case["xml"].encode(), app=APP)


def test_every_event_that_we_type_has_a_case_and_so_has_one_that_we_do_not() -> None:
    covered = {(case["fields"]["type"], case["fields"].get("change_type", "")) for case in EVENTS["events"]}
    assert {(kind.NAME, kind.CHANGE_TYPE) for kind in events.KINDS} | {("unknown", "")} == covered


def test_every_field_of_every_event_is_filled_by_some_case() -> None:
    filled: dict[tuple[str, str], set[str]] = {}
    for case in EVENTS["events"]:
        fields = case["fields"]
        found = filled.setdefault((fields["type"], fields.get("change_type", "")), set())
        found |= {name for name, value in fields.items() if value not in ("", None, [], 0)}
    for kind in events.KINDS:
        names = {field.name for field in dataclasses.fields(kind)} - {"app", "event_key"}
        assert names - filled[kind.NAME, kind.CHANGE_TYPE] == set(), kind.__name__


@each(CARDS["valid"])
def test_a_valid_card_is_read_and_written_back_as_it_was(case: dict[str, Any]) -> None:
    card = Card.from_payload(case["payload"])
    assert card.to_payload() == case["payload"]
    assert advised(card) == case["advice"]


@each(CARDS["valid"])
def test_the_sandbox_takes_a_valid_card_too(case: dict[str, Any]) -> None:
    verdict: Any = rules.check_card(case["payload"])
    assert verdict is None


@each(CARDS["invalid"])
def test_an_invalid_card_is_refused_for_the_field_that_the_file_names(case: dict[str, Any]) -> None:
    assert case["reason"]
    with pytest.raises(CardInvalid) as raised:
        Card.from_payload(case["payload"])
    assert raised.value.field == case["field"]


def test_every_type_of_card_that_we_make_has_a_valid_case() -> None:
    covered = {case["payload"]["card_type"] for case in CARDS["valid"]}
    assert covered == {kind.CARD_TYPE for kind in CARD_TYPES}


@each(CARDS["valid_updates"])
def test_a_valid_update_is_read_and_written_back_as_it_was(case: dict[str, Any]) -> None:
    original = Card.from_payload(case["original"])
    assert read_update(case["update"], original=original).to_payload() == case["update"]


@each(CARDS["valid_updates"])
def test_the_sandbox_takes_a_valid_replacement_too(case: dict[str, Any]) -> None:
    if "template_card" in case["update"]:
        verdict: Any = rules.check_card(case["update"]["template_card"], update=True)
        assert verdict is None


@each(CARDS["invalid_updates"])
def test_an_invalid_update_is_refused_for_the_field_that_the_file_names(case: dict[str, Any]) -> None:
    assert case["reason"]
    original = Card.from_payload(case["original"])
    with pytest.raises(CardInvalid) as raised:
        read_update(case["update"], original=original)
    assert raised.value.field == case["field"]


def test_every_type_of_card_has_a_case_of_being_replaced_by_and_of_replacing() -> None:
    read = [(Card.from_payload(c["original"]), c["update"].get("template_card")) for c in CARDS["valid_updates"]]
    every = {kind.CARD_TYPE for kind in CARD_TYPES}
    assert {original.CARD_TYPE for original, _ in read} == every
    assert {card["card_type"] for _, card in read if card} == every


@each(WRITTEN["valid"])
def test_a_valid_message_is_read_and_written_back_as_it_was(case: dict[str, Any]) -> None:
    message = Message.from_payload(case["payload"])
    assert message.to_payload() == case["payload"]
    assert (goes_by(message), cut(message)) == (case["goes_by"], case["cut"])


@each([case for case in WRITTEN["valid"] if case["payload"]["msgtype"] != "template_card"])
def test_the_sandbox_cuts_a_valid_message_where_the_file_says_so(case: dict[str, Any]) -> None:
    msgtype, told = case["payload"]["msgtype"], [one["field"].rpartition(".")[2] for one in case["cut"]]
    if msgtype == "text" and told:  # the sandbox says aloud what WeCom does in silence
        with pytest.raises(Refusal, match="45002"):
            contents.check(msgtype, case["payload"][msgtype], media=lambda media_id, kind: "a.pdf")
        return
    contents.check_safe(msgtype, case["payload"].get("safe"), "a.pdf")
    assert contents.check(msgtype, case["payload"][msgtype], media=lambda media_id, kind: "a.pdf")[1] == told


@each(WRITTEN["invalid"])
def test_an_invalid_message_is_refused_for_the_field_that_the_file_names(case: dict[str, Any]) -> None:
    assert case["reason"]
    with pytest.raises(ContentInvalid) as raised:
        Message.from_payload(case["payload"])
    assert raised.value.field == case["field"]


def test_every_type_of_message_has_a_valid_case() -> None:
    assert {case["payload"]["msgtype"] for case in WRITTEN["valid"]} == {kind.MSGTYPE for kind in MESSAGES}


GROUPS = (
    [("valid", WRITTEN), ("invalid", WRITTEN)]
    + [("events", EVENTS), ("malformed", EVENTS)]
    + [(name, CARDS) for name in ("valid", "invalid", "valid_updates", "invalid_updates")]
)


@pytest.mark.parametrize("group", [pytest.param(file[name]) for name, file in GROUPS])
def test_no_two_cases_have_one_name(group: list[dict[str, Any]]) -> None:
    names = [case["id"] for case in group]
    assert len(names) == len(set(names)) > 0
