"""Whatever holds for every card that can be made, and for any JSON in the place of one."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wecom.cards import Advice, Card, CardInvalid, CardReplacement
from wecom.sandbox import rules

from .making import cards, filled, json_values


@given(cards)
def test_every_card_survives_the_way_through_json(card: Card) -> None:
    assert Card.from_payload(json.loads(json.dumps(card.to_payload(), ensure_ascii=False))) == card


@given(cards)
def test_every_card_can_replace_another(card: Card) -> None:
    payload = CardReplacement(card=card).to_payload()["template_card"]
    assert {**payload, "task_id": card.to_payload()["task_id"]} == card.to_payload()


@given(cards, filled, st.data())
def test_every_replacement_survives_the_way_through_json(card: Card, text: str, data: st.DataObject) -> None:
    keys = [question.question_key for question in card.questions]
    closed = data.draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []
    update = CardReplacement(card=card, replace_text=text if card.HAS_LIVE_CONTROLS else "", disable_choices=closed)
    payload = json.loads(json.dumps(update.to_payload(), ensure_ascii=False))
    task_id = card.to_payload()["task_id"]
    assert CardReplacement.from_payload(payload, task_id=task_id) == update


@given(cards)
def test_a_platform_with_rules_of_its_own_accepts_every_card_we_can_make(card: Card) -> None:
    update = CardReplacement(card=card, disable_choices=bool(card.questions)).to_payload()["template_card"]
    assert accepted(card.to_payload(), update=False)
    assert accepted(update, update=True)


def accepted(payload: dict[str, Any], *, update: bool) -> bool:
    """True; a refusal is raised, and then fails the test with its errcode."""
    rules.check_card(payload, update=update)
    return True


@given(cards)
def test_showing_answers_changes_nothing_but_the_answers(card: Card) -> None:
    assert card.choosing({}) == card
    offered = {one.question_key: [o["id"] for o in one.to_payload()["option_list"]] for one in card.questions}
    shown = card.choosing(offered)
    assert [one.question_key for one in shown.questions] == list(offered)
    for question in shown.questions:
        assert question.choosing(offered[question.question_key]) == question


@given(cards)
def test_advice_names_places_that_are_there(card: Card) -> None:
    assert all(isinstance(one, Advice) and one.actual > one.limit for one in card.advice())
    for one in card.advice():
        assert len(at(card.to_payload(), one.field)) == one.actual


def at(payload: Any, path: str) -> Any:
    """What stands at a path such as `button_list[1].text`."""
    for step in path.replace("[", ".").replace("]", "").split("."):
        payload = payload[int(step)] if step.isdigit() else payload[step]
    return payload


@given(cards, st.data())
def test_any_json_in_any_place_is_a_card_or_refused(card: Card, data: st.DataObject) -> None:
    payload = card.to_payload()
    name = data.draw(st.sampled_from(sorted(payload)))
    changed = {**payload, name: data.draw(json_values)}
    assert read_or_refused(lambda: Card.from_payload(changed))
    assert read_or_refused(lambda: CardReplacement.from_payload({"template_card": changed}, task_id="t"))


@given(json_values)
def test_any_json_is_a_replacement_or_refused(value: Any) -> None:
    assert read_or_refused(lambda: CardReplacement.from_payload(value))
    assert read_or_refused(lambda: CardReplacement.from_payload({"template_card": value}))


def read_or_refused(read: Any) -> bool:
    """True if it ended in one of the two ways; anything else that is raised fails the test."""
    try:
        return isinstance(read(), Card | CardReplacement)
    except CardInvalid as refusal:
        return bool(refusal.field)
