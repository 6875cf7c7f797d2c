"""The two forms of an update: what each card may become, what is closed and what is shown as chosen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from wecom.cards import (
    Button,
    ButtonInteraction,
    ButtonReplacement,
    Card,
    CardInvalid,
    CardReplacement,
    MainTitle,
)

from .making import EXAMPLES, FORM, NEWS, NOTICE, QUESTION, VOTE, menu, selection, untyped


def test_form_a_replaces_the_buttons_text() -> None:
    assert ButtonReplacement(replace_name="已推送").to_payload() == {"button": {"replace_name": "已推送"}}


def test_form_b_is_a_whole_card_with_a_dead_button_and_no_task_id() -> None:
    card = ButtonInteraction(
        task_id="lf-42-7f3a@1",
        main_title=MainTitle(title="工卡已认领", desc="编号 42"),
        button_list=[Button(text="确认", style=1, key="confirm")],
    )
    assert CardReplacement(card=card, replace_text="已通知失主").to_payload() == {
        "template_card": {
            "card_type": "button_interaction",
            "main_title": {"title": "工卡已认领", "desc": "编号 42"},
            "button_list": [{"text": "确认", "key": "confirm"}],
            "replace_text": "已通知失主",
        }
    }


def test_form_b_can_forbid_any_further_choice() -> None:
    card = replace(QUESTION, button_selection=selection(selected_id="o2"))
    payload = CardReplacement(card=card, disable_choices=True).to_payload()["template_card"]
    assert payload["button_selection"]["disable"] is True
    assert payload["button_selection"]["selected_id"] == "o2"
    assert "disable" not in card.to_payload()["button_selection"]


def test_a_card_may_become_a_notice() -> None:
    assert CardReplacement(card=NOTICE).to_payload() == {"template_card": NOTICE.to_payload()}


@pytest.mark.parametrize("card", EXAMPLES, ids=lambda card: card.CARD_TYPE)
def test_a_card_may_become_one_of_any_type(card: Card) -> None:
    payload = CardReplacement(card=card).to_payload()["template_card"]
    assert payload.pop("card_type") == card.CARD_TYPE
    assert "task_id" not in payload


def test_a_vote_is_closed_and_shows_what_was_chosen() -> None:
    shown = VOTE.choosing({"where": ("canteen", "library")})
    update = CardReplacement(card=shown, replace_text="已投票", disable_choices=True)
    assert update.to_payload() == {
        "template_card": {
            "card_type": "vote_interaction",
            "main_title": {"title": "失物柜放在哪里"},
            "checkbox": {
                "question_key": "where",
                "mode": 1,
                "option_list": [
                    {"id": "canteen", "text": "食堂", "is_checked": True},
                    {"id": "library", "text": "图书馆", "is_checked": True},
                    {"id": "gate", "text": "门口"},
                ],
                "disable": True,
            },
            "submit_button": {"text": "投票", "key": "send-vote"},
            "replace_text": "已投票",
        }
    }


def test_a_form_shows_what_was_chosen_and_closes_one_question_or_all() -> None:
    shown = FORM.choosing({"floor": ["f2"], "day": ["tomorrow"]})
    selects = CardReplacement(card=shown, disable_choices=["day"]).to_payload()["template_card"]["select_list"]
    assert [select["selected_id"] for select in selects] == ["f2", "tomorrow"]
    assert [select.get("disable") for select in selects] == [None, True]
    selects = CardReplacement(card=shown, disable_choices=True).to_payload()["template_card"]["select_list"]
    assert [select["disable"] for select in selects] == [True, True]


def test_a_button_card_shows_what_was_chosen() -> None:
    card = replace(QUESTION, button_selection=selection())
    payload = card.choosing({"where": ["o2"]}).to_payload()
    assert payload["button_selection"]["selected_id"] == "o2"


def test_a_new_choice_takes_the_place_of_the_old_one() -> None:
    voted = VOTE.choosing({"where": ["canteen"]}).choosing({"where": ["gate"]})
    assert [option.id for option in voted.checkbox.option_list if option.is_checked] == ["gate"]


def test_answers_to_what_was_never_asked_change_nothing() -> None:
    assert VOTE.choosing({"where": ["moon"], "when": ["noon"]}) == VOTE
    assert FORM.choosing({"floor": ["f9"], "day": []}) == FORM
    assert NOTICE.choosing({"floor": ["f1"]}) == NOTICE


def test_closing_all_questions_by_name_is_closing_all() -> None:
    assert CardReplacement(card=FORM, disable_choices=["day", "floor"]).disable_choices is True
    assert CardReplacement(card=FORM, disable_choices=[]).disable_choices is False
    assert CardReplacement(card=FORM, disable_choices=["day"]).disable_choices == ("day",)


def test_only_what_a_card_asks_can_be_closed() -> None:
    with pytest.raises(CardInvalid, match="question_keys of the card"):
        CardReplacement(card=FORM, disable_choices=["month"])
    with pytest.raises(CardInvalid, match="lets members choose"):
        CardReplacement(card=NEWS, disable_choices=True)


@pytest.mark.parametrize("card", EXAMPLES, ids=lambda card: card.CARD_TYPE)
def test_a_replacement_is_read_back_for_the_card_it_replaces(card: Card) -> None:
    update = CardReplacement(card=replace(untyped(card), task_id="lf-9@1"), disable_choices=bool(card.questions))
    assert CardReplacement.from_payload(update.to_payload(), task_id="lf-9@1") == update


def test_a_card_that_asks_cannot_be_read_back_without_its_task_id() -> None:
    with pytest.raises(CardInvalid, match="task_id"):
        CardReplacement.from_payload(CardReplacement(card=VOTE).to_payload())
    with pytest.raises(CardInvalid, match="task_id"):
        CardReplacement.from_payload(
            CardReplacement(card=replace(NOTICE, action_menu=menu(), task_id="x")).to_payload()
        )


def test_a_task_id_that_somebody_sent_along_is_read() -> None:
    payload = {"template_card": VOTE.to_payload()}
    assert CardReplacement.from_payload(payload, task_id="other") == CardReplacement(card=VOTE)


def test_reading_leaves_the_payload_as_it_was() -> None:
    payload = CardReplacement(card=VOTE, replace_text="已投票", disable_choices=True).to_payload()
    before = repr(payload)
    CardReplacement.from_payload(payload, task_id="x")
    assert repr(payload) == before


def test_form_a_is_read_back() -> None:
    update = ButtonReplacement(replace_name="已推送")
    assert ButtonReplacement.from_payload(update.to_payload()) == update


NO_UPDATES: list[tuple[Callable[[Any], object], Any, str]] = [
    (ButtonReplacement.from_payload, None, "button"),
    (ButtonReplacement.from_payload, {"button": "x"}, "button"),
    (ButtonReplacement.from_payload, {"button": {}}, "button.replace_name"),
    (ButtonReplacement.from_payload, {"button": {"replace_name": "x"}, "template_card": {}}, "button"),
    (CardReplacement.from_payload, [], "template_card"),
    (CardReplacement.from_payload, {"template_card": []}, "template_card"),
    (CardReplacement.from_payload, {"template_card": {**VOTE.to_payload(), "replace_text": 1}}, "replace_text"),
    (
        CardReplacement.from_payload,
        {"template_card": {**VOTE.to_payload(), "checkbox": {"question_key": "x", "disable": 1}}},
        "checkbox.disable",
    ),
    (
        CardReplacement.from_payload,
        {"template_card": {**FORM.to_payload(), "select_list": [{"question_key": "x", "disable": "yes"}]}},
        "select_list[0].disable",
    ),
]


@pytest.mark.parametrize(("read", "payload", "field"), NO_UPDATES)
def test_json_that_is_no_update_is_refused(read: Callable[[Any], object], payload: Any, field: str) -> None:
    with pytest.raises(CardInvalid) as caught:
        read(payload)
    assert caught.value.field == field
