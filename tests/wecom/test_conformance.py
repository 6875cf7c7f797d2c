"""The vectors that any SDK may test itself with: our code reads them as they say, and none of our types is missing.

A test fails after an event or a card has changed? Add its case to tests/wecom/conformance.py, run
`python -m tests.wecom.conformance`, and read the difference before keeping it.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.wecom.conformance import APP, FOLDER, advised, plain
from wecom import events
from wecom.cards import Card, CardInvalid
from wecom.cards.types import CARD_TYPES
from wecom.errors import PayloadMalformed
from wecom.sandbox import rules


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / name).read_text("utf-8")))


EVENTS, CARDS = read("events.json"), read("cards.json")


def each(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases])


def kinds(of: type[events.Event] = events.Event) -> Iterator[type[events.Event]]:
    """Every event that has a name of its own."""
    for kind in of.__subclasses__():
        if kind.NAME:
            yield kind
        yield from kinds(kind)


@each(EVENTS["events"])
def test_an_event_says_what_the_file_says(case: dict[str, Any]) -> None:
    assert plain(events.parse(case["xml"].encode(), app=APP)) == case["fields"]


@each(EVENTS["malformed"])
def test_what_is_no_message_is_refused(case: dict[str, Any]) -> None:
    assert case["reason"]
    with pytest.raises(PayloadMalformed):
        events.parse(case["xml"].encode(), app=APP)


def test_every_event_that_we_type_has_a_case_and_so_has_one_that_we_do_not() -> None:
    covered = {case["fields"]["type"] for case in EVENTS["events"]}
    assert {kind.NAME for kind in kinds()} | {"unknown"} == covered


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


@pytest.mark.parametrize("group", [EVENTS["events"], EVENTS["malformed"], CARDS["valid"], CARDS["invalid"]])
def test_no_two_cases_have_one_name(group: list[dict[str, Any]]) -> None:
    names = [case["id"] for case in group]
    assert len(names) == len(set(names)) > 0
