"""The documented hard limits of cards, each with the errcode the platform gives."""

from typing import Any

import pytest

from tests.sandbox.kit import a_card, a_notice
from wecom.sandbox import rules
from wecom.sandbox.errcodes import ERRMSGS, MEANINGS, Refusal

OPTION = {"id": "a", "text": "甲"}
SUBMIT = {"key": "go"}


def buttons(count: int) -> list[dict[str, Any]]:
    return [{"text": f"{n}", "key": f"k{n}"} for n in range(count)]


def a_vote(**more: Any) -> dict[str, Any]:
    box = {"question_key": "q", "option_list": [OPTION]}
    card = {"card_type": "vote_interaction", "main_title": {"title": "?"}, "task_id": "v"}
    return {**card, "checkbox": box, "submit_button": SUBMIT, **more}


def a_form(**more: Any) -> dict[str, Any]:
    card = {"card_type": "multiple_interaction", "main_title": {"title": "?"}, "task_id": "m"}
    return {**card, "select_list": [{"question_key": "q", "option_list": [OPTION]}], "submit_button": SUBMIT, **more}


def a_news(**more: Any) -> dict[str, Any]:
    return {**a_notice(), "card_type": "news_notice", "card_image": {"url": "https://e.com/i.png"}, **more}


def line(**more: Any) -> dict[str, Any]:
    return {"horizontal_content_list": [{"keyname": "k", **more}]}


@pytest.mark.parametrize(
    ("card", "errcode"),
    [
        ("card", 40058),
        ({"template_card": a_card()}, 41016),
        (a_card(card_type="poster"), 42031),
        (a_card(main_title={"desc": "only"}), 41016),
        (a_card(main_title="title"), 40058),
        (a_card(task_id=None), 42014),
        (a_card(task_id=""), 42014),
        (a_card(task_id="a" * 129), 42014),
        (a_card(task_id="中文"), 42014),
        (a_card(task_id="line\n"), 42014),
        (a_card(button_list=buttons(0)), 40058),
        (a_card(button_list=buttons(7)), 40058),
        (a_card(button_list=[{"key": "k"}]), 42038),
        (a_card(button_list=[{"text": "t"}]), 42039),
        (a_card(button_list=[{"text": "t", "key": "字" * 342}]), 42039),
        (a_card(button_list=[{"text": "t", "key": "k"}] * 2), 42039),
        (a_card(button_list=[{"text": "t", "type": 1}]), 42028),
        (a_card(card_action={"type": 3}), 42045),
        (a_card(horizontal_content_list=[{"keyname": "k"}] * 7), 42035),
        (a_card(horizontal_content_list=[{"value": "v"}]), 42027),
        (a_card(**line(type=1)), 42028),
        (a_card(**line(type=1, url="ftp://e.com")), 45034),
        (a_card(**line(type=2)), 42029),
        (a_card(**line(type=3)), 42050),
        (a_card(quote_area={"type": 1}), 42028),
        (a_card(quote_area={"type": 2}), 42030),
        (a_card(action_menu={"action_list": []}), 40058),
        (a_card(action_menu={"action_list": [{"text": "t", "key": "k"}] * 2}), 42051),
        (a_card(button_selection={"option_list": [OPTION]}), 42043),
        (a_card(button_selection={"question_key": "q", "option_list": []}), 42037),
        (a_card(button_selection={"question_key": "q", "option_list": [{"text": "t"}]}), 42040),
        (a_card(button_selection={"question_key": "q", "option_list": [{"id": "a" * 129, "text": "t"}]}), 42040),
        (a_card(button_selection={"question_key": "q", "option_list": [OPTION, OPTION]}), 42040),
        (a_card(button_selection={"question_key": "q", "option_list": [{"id": "a"}]}), 42041),
        (a_notice(card_action=None), 42045),
        (a_notice(card_action={"type": 0}), 42045),
        (a_notice(card_action={"type": 1}), 42028),
        (a_notice(card_action={"type": 2}), 42030),
        (a_notice(main_title={}), 41016),
        (a_notice(jump_list=[{"title": "t"}] * 4), 42042),
        (a_notice(jump_list=[{}]), 42033),
        (a_notice(action_menu={"action_list": [{"text": "t", "key": "k"}]}), 42014),
        (a_news(card_image=None), 42044),
        (a_news(card_image={}), 42044),
        (a_news(card_image={"url": "https://e.com/i.png", "aspect_ratio": 1.2}), 40058),
        (a_news(vertical_content_list=[{"title": "t"}] * 5), 42036),
        (
            a_vote(checkbox={"question_key": "q", "option_list": [{"id": f"{n}", "text": "t"} for n in range(21)]}),
            42037,
        ),
        (a_vote(submit_button={}), 42046),
        (a_form(select_list=[]), 42047),
        (a_form(select_list=[{"question_key": "q", "option_list": [OPTION]}] * 2), 42043),
    ],
)
def test_a_card_beyond_the_limits_is_refused_with_its_errcode(card: Any, errcode: int) -> None:
    with pytest.raises(Refusal) as refusal:
        rules.check_card(card)
    assert refusal.value.errcode == errcode


@pytest.mark.parametrize(
    "card",
    [
        a_card(button_list=buttons(6), task_id="a" * 128, horizontal_content_list=[{"keyname": "k"}] * 6),
        a_card(main_title={"title": "长" * 500}),
        a_card(button_list=[{"text": "打开", "type": 1, "url": "https://e.com"}]),
        a_card(button_list=[{"text": "t", "key": "k" * 1024}]),
        a_card(horizontal_content_list=[], card_action={"type": 0}),
        a_notice(sub_title_text="only this", main_title={}),
        a_news(card_image={"url": "https://e.com/i.png", "aspect_ratio": 2.25}),
        a_vote(),
        a_form(),
    ],
)
def test_a_card_at_the_limits_is_accepted(card: Any) -> None:
    assert rules.check_card(card) is None


def test_a_replacement_needs_no_task_id() -> None:
    card = a_card()
    del card["task_id"]
    assert rules.check_card(card, update=True) is None


def test_every_errcode_has_words_for_the_wire_and_for_people() -> None:
    assert ERRMSGS.keys() == MEANINGS.keys()
