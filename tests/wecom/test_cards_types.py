"""Each type of card has the documented blocks and limits, and no others."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest

from wecom.cards import (
    CARD_TYPES,
    Card,
    CardAction,
    CardImage,
    CardInvalid,
    Checkbox,
    CheckboxOption,
    ImageTextArea,
    MainTitle,
    Select,
    SubmitButton,
    VerticalItem,
)
from wecom.payloads import Block

from .making import EXAMPLES, FORM, NEWS, NOTICE, PICTURE, QUESTION, URL, VOTE, menu, option, tick, untyped

# The table of the documentation: every block, and in which types it is (R)equired, (o)ptional or no part at all (-).
# A C is required by a rule between fields, and so optional to the type. What only updates have is not here.
TABLE = """
                         text_notice news_notice button_interaction vote_interaction multiple_interaction
source                   o           o           o                  o                o
action_menu              o           o           o                  -                -
task_id                  C           C           R                  R                R
main_title               C           R           R                  R                R
quote_area               o           o           o                  -                -
emphasis_content         o           -           -                  -                -
sub_title_text           C           -           o                  -                -
horizontal_content_list  o           o           o                  -                -
jump_list                o           o           -                  -                -
card_action              R           R           o                  -                -
image_text_area          -           C           -                  -                -
card_image               -           C           -                  -                -
vertical_content_list    -           o           -                  -                -
button_selection         -           -           o                  -                -
button_list              -           -           R                  -                -
checkbox                 -           -           -                  R                -
select_list              -           -           -                  -                R
submit_button            -           -           -                  R                R
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("column", "name"), [pytest.param(n + 1, name, id=name) for n, name in enumerate(HEAD)])
def test_a_type_has_exactly_the_blocks_of_the_table(column: int, name: str) -> None:
    (kind,) = (kind for kind in CARD_TYPES if name == kind.CARD_TYPE)
    expected = {row[0]: row[column] == "R" for row in ROWS if row[column] != "-"}
    assert {f.name: f.default is MISSING for f in fields(kind)} == expected


def test_no_type_is_missing() -> None:
    assert [kind.CARD_TYPE for kind in CARD_TYPES] == HEAD
    assert [card.CARD_TYPE for card in EXAMPLES] == HEAD


@pytest.mark.parametrize("card", EXAMPLES, ids=lambda card: card.CARD_TYPE)
def test_a_required_block_cannot_be_left_out(card: Card) -> None:
    payload = card.to_payload()
    for f in fields(card):
        if f.default is MISSING:
            with pytest.raises(CardInvalid) as caught:
                Card.from_payload({name: value for name, value in payload.items() if name != f.name})
            assert caught.value.field == f.name


def test_news_look_as_documented() -> None:
    card = replace(
        NEWS,
        card_image=CardImage(url=PICTURE, aspect_ratio=2.25),
        image_text_area=ImageTextArea(type=1, url=URL, title="工卡", desc="二号楼食堂", image_url=PICTURE),
        vertical_content_list=[VerticalItem(title="哪里领取", desc="前台"), VerticalItem(title="编号 42")],
        action_menu=menu(),
        task_id="lf-9",
    )
    assert card.to_payload() == {
        "card_type": "news_notice",
        "action_menu": {"desc": "更多", "action_list": [{"text": "第 0", "key": "k0"}]},
        "task_id": "lf-9",
        "main_title": {"title": "新捡到的物品"},
        "image_text_area": {"type": 1, "url": URL, "title": "工卡", "desc": "二号楼食堂", "image_url": PICTURE},
        "card_image": {"url": PICTURE, "aspect_ratio": 2.25},
        "vertical_content_list": [{"title": "哪里领取", "desc": "前台"}, {"title": "编号 42"}],
        "card_action": {"type": 1, "url": URL},
    }


def test_a_vote_looks_as_documented() -> None:
    assert VOTE.to_payload() == {
        "card_type": "vote_interaction",
        "task_id": "lf-43-9c1e",
        "main_title": {"title": "失物柜放在哪里"},
        "checkbox": {
            "question_key": "where",
            "mode": 1,
            "option_list": [
                {"id": "canteen", "text": "食堂"},
                {"id": "library", "text": "图书馆"},
                {"id": "gate", "text": "门口"},
            ],
        },
        "submit_button": {"text": "投票", "key": "send-vote"},
    }


def test_a_form_looks_as_documented() -> None:
    assert FORM.to_payload() == {
        "card_type": "multiple_interaction",
        "task_id": "lf-44-0b7d",
        "main_title": {"title": "约个时间领取"},
        "select_list": [
            {
                "question_key": "floor",
                "title": "楼层",
                "option_list": [{"id": "f1", "text": "一楼"}, {"id": "f2", "text": "二楼"}],
            },
            {
                "question_key": "day",
                "title": "日期",
                "option_list": [{"id": "today", "text": "今天"}, {"id": "tomorrow", "text": "明天"}],
            },
        ],
        "submit_button": {"key": "send-form"},
    }


def box(**changes: Any) -> Checkbox:
    return Checkbox(**{"question_key": "where", "option_list": [tick(1)], **changes})


def select(**changes: Any) -> Select:
    return Select(**{"question_key": "where", "option_list": [option(1)], **changes})


def refused(field: str, make: Callable[[], object], *words: object) -> Any:
    return pytest.param(field, make, words, id=f"{field} {' '.join(map(str, words))}".strip())


@pytest.mark.parametrize(
    ("field", "make", "words"),
    [
        refused("task_id", lambda: replace(NEWS, action_menu=menu()), "action_menu"),
        refused("task_id", lambda: replace(VOTE, task_id=""), "nothing"),
        refused("task_id", lambda: replace(FORM, task_id="x" * 129), "128 bytes", "129 bytes"),
        refused("main_title.title", lambda: replace(NEWS, main_title=MainTitle(desc="x")), "nothing"),
        refused("main_title.title", lambda: replace(VOTE, main_title=MainTitle(desc="x")), "nothing"),
        refused("main_title.title", lambda: replace(FORM, main_title=MainTitle()), "nothing"),
        refused("main_title", lambda: replace(NEWS, main_title=untyped(None)), "MainTitle", "NoneType"),
        refused("card_action.type", lambda: replace(NEWS, card_action=CardAction(type=0)), "1 or 2", "0"),
        refused("card_image", lambda: replace(NEWS, card_image=None), "image_text_area"),
        refused("card_image.url", lambda: CardImage(url=""), "nothing"),
        refused("card_image.url", lambda: CardImage(url="/42.jpg"), "scheme"),
        refused("card_image.aspect_ratio", lambda: CardImage(url=PICTURE, aspect_ratio=1.29), "1.3", "2.25", "1.29"),
        refused("card_image.aspect_ratio", lambda: CardImage(url=PICTURE, aspect_ratio=2.26), "2.26"),
        refused("card_image.aspect_ratio", lambda: CardImage(url=PICTURE, aspect_ratio=float("nan")), "nan"),
        refused("card_image.aspect_ratio", lambda: CardImage(url=PICTURE, aspect_ratio=True), "True"),
        refused("card_image.aspect_ratio", lambda: CardImage(url=PICTURE, aspect_ratio=untyped("2")), "'2'"),
        refused("image_text_area.image_url", lambda: ImageTextArea(image_url=""), "nothing"),
        refused("image_text_area.url", lambda: ImageTextArea(image_url=PICTURE, type=1), "type is 1"),
        refused("image_text_area.appid", lambda: ImageTextArea(image_url=PICTURE, type=2), "type is 2"),
        refused("image_text_area.type", lambda: ImageTextArea(image_url=PICTURE, type=3), "0, 1, 2", "3"),
        refused(
            "vertical_content_list",
            lambda: replace(NEWS, vertical_content_list=[VerticalItem(title="x")] * 5),
            "0 to 4",
            "5 entries",
        ),
        refused("vertical_content_list[].title", lambda: VerticalItem(title=""), "nothing"),
        refused("checkbox", lambda: replace(VOTE, checkbox=untyped(None)), "Checkbox"),
        refused("checkbox.question_key", lambda: box(question_key=""), "nothing"),
        refused("checkbox.question_key", lambda: box(question_key="k" * 1025), "1024 bytes", "1025 bytes"),
        refused("checkbox.mode", lambda: box(mode=2), "0, 1", "2"),
        refused("checkbox.option_list", lambda: box(option_list=[]), "1 to 20", "0 entries"),
        refused("checkbox.option_list", lambda: box(option_list=[tick(n) for n in range(21)]), "1 to 20", "21"),
        refused("checkbox.option_list[1].id", lambda: box(option_list=[tick(1), tick(1)]), "'o1'"),
        refused("checkbox.option_list[0]", lambda: box(option_list=[option(1)]), "CheckboxOption"),
        refused("checkbox.option_list[].id", lambda: CheckboxOption(id="x" * 129, text="x"), "128", "129"),
        refused("checkbox.option_list[].id", lambda: CheckboxOption(id="", text="x"), "nothing"),
        refused("checkbox.option_list[].text", lambda: CheckboxOption(id="x", text=""), "nothing"),
        refused(
            "checkbox.option_list[].is_checked",
            lambda: CheckboxOption(id="x", text="x", is_checked=untyped(1)),
            "true or false",
        ),
        refused("select_list", lambda: replace(FORM, select_list=[]), "1 to 3", "0 entries"),
        refused(
            "select_list",
            lambda: replace(FORM, select_list=[select(question_key=str(n)) for n in range(4)]),
            "1 to 3",
            "4 entries",
        ),
        refused("select_list[1].question_key", lambda: replace(FORM, select_list=[select(), select()]), "'where'"),
        refused("select_list[].question_key", lambda: select(question_key=""), "nothing"),
        refused("select_list[].question_key", lambda: select(question_key="键" * 342), "1026 bytes"),
        refused("select_list[].option_list", lambda: select(option_list=[]), "1 to 10", "0"),
        refused("select_list[].option_list", lambda: select(option_list=[option(n) for n in range(11)]), "11"),
        refused("select_list[].option_list[1].id", lambda: select(option_list=[option(1), option(1)]), "'o1'"),
        refused("submit_button", lambda: replace(FORM, submit_button=untyped(None)), "SubmitButton"),
        refused("submit_button.key", lambda: SubmitButton(key=""), "nothing"),
        refused("submit_button.key", lambda: SubmitButton(key="k" * 1025), "1024 bytes", "1025 bytes"),
    ],
)
def test_what_wecom_refuses_cannot_be_made(field: str, make: Callable[[], object], words: Sequence[object]) -> None:
    with pytest.raises(CardInvalid) as caught:
        make()
    assert caught.value.field == field
    for word in words:
        assert str(word) in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(NEWS, card_image=CardImage(url=PICTURE, aspect_ratio=2.25)),
        lambda: replace(NEWS, card_image=CardImage(url=PICTURE, aspect_ratio=2)),
        lambda: replace(NEWS, card_image=None, image_text_area=ImageTextArea(image_url=PICTURE)),
        lambda: replace(NEWS, vertical_content_list=[VerticalItem(title="x")] * 4),
        lambda: replace(VOTE, checkbox=box(option_list=[tick(n) for n in range(20)], question_key="k" * 1024)),
        lambda: replace(FORM, select_list=[select(question_key=str(n)) for n in range(3)]),
        lambda: replace(FORM, select_list=[select(option_list=[option(n) for n in range(10)])]),
        lambda: replace(FORM, submit_button=SubmitButton(key="k" * 1024)),
        lambda: CheckboxOption(id="x" * 128, text="x"),
    ],
)
def test_the_last_value_within_a_limit_can_be_made(make: Callable[[], Block]) -> None:
    made = make()
    assert type(made).from_payload(made.to_payload()) == made


@pytest.mark.parametrize(
    ("card", "field", "limit"),
    [
        (replace(NEWS, vertical_content_list=[VerticalItem(title="字" * 39)]), "vertical_content_list[0].title", 38),
        (
            replace(NEWS, vertical_content_list=[VerticalItem(title="x", desc="字" * 161)]),
            "vertical_content_list[0].desc",
            160,
        ),
        (
            replace(VOTE, checkbox=box(option_list=[CheckboxOption(id="1", text="字" * 18)])),
            "checkbox.option_list[0].text",
            17,
        ),
        (
            replace(FORM, select_list=[select(option_list=[replace(option(1), text="字" * 17)])]),
            "select_list[0].option_list[0].text",
            16,
        ),
        (replace(VOTE, submit_button=SubmitButton(key="k", text="字" * 11)), "submit_button.text", 10),
    ],
)
def test_advised_lengths_are_told_and_not_refused(card: Card, field: str, limit: int) -> None:
    assert [(advice.field, advice.limit) for advice in card.advice()] == [(field, limit)]


@pytest.mark.parametrize("card", [NOTICE, NEWS, QUESTION, VOTE, FORM], ids=lambda card: card.CARD_TYPE)
def test_the_examples_are_within_all_advice(card: Card) -> None:
    assert card.advice() == []
