"""A card that can be made can be sent; what WeCom would refuse cannot be made, and the error says why."""

from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Annotated, Any, ClassVar

import pytest

from wecom.cards import (
    ActionMenu,
    Button,
    ButtonInteraction,
    ButtonReplacement,
    Card,
    CardAction,
    CardInvalid,
    CardReplacement,
    Emphasis,
    HorizontalItem,
    Jump,
    MainTitle,
    MenuAction,
    QuoteArea,
    SelectionOption,
    Source,
    TextNotice,
    types,
)
from wecom.cards.choices import Choice
from wecom.payloads import Block, Many, One, Text

from .making import NOTICE, QUESTION, URL, menu, option, selection, untyped


def items(count: int) -> list[HorizontalItem]:
    return [HorizontalItem(keyname="地点", value=str(n)) for n in range(count)]


def test_the_smallest_useful_card_is_the_documented_one() -> None:
    card = ButtonInteraction(
        source=Source(desc="失物招领", desc_color=0),
        main_title=MainTitle(title="有人认领您捡到的工卡", desc="编号 42"),
        sub_title_text="点击确认后，失主会收到您的联系方式",
        horizontal_content_list=[HorizontalItem(keyname="地点", value="二号楼食堂")],
        task_id="lf-42-7f3a@1",
        button_list=[Button(text="确认", style=1, key="confirm"), Button(text="不是我", style=2, key="decline")],
    )
    assert card.to_payload() == {
        "card_type": "button_interaction",
        "source": {"desc": "失物招领"},
        "main_title": {"title": "有人认领您捡到的工卡", "desc": "编号 42"},
        "sub_title_text": "点击确认后，失主会收到您的联系方式",
        "horizontal_content_list": [{"keyname": "地点", "value": "二号楼食堂"}],
        "task_id": "lf-42-7f3a@1",
        "button_list": [{"text": "确认", "key": "confirm"}, {"text": "不是我", "style": 2, "key": "decline"}],
    }


def test_a_payload_that_spells_out_the_defaults_is_read_too() -> None:
    payload = {
        "card_type": "button_interaction",
        "source": {"desc_color": 0},
        "main_title": {"title": "工卡"},
        "horizontal_content_list": [],
        "sub_title_text": "",
        "task_id": "lf-1",
        "button_list": [{"type": 0, "text": "确认", "style": 1, "key": "confirm"}],
    }
    card = Card.from_payload(payload)
    assert card == ButtonInteraction(
        source=Source(),
        main_title=MainTitle(title="工卡"),
        task_id="lf-1",
        button_list=[Button(text="确认", key="confirm")],
    )


def test_a_notice_looks_as_documented() -> None:
    card = replace(
        NOTICE,
        source=Source(icon_url="https://lf.example.com/icon.png", desc="失物招领", desc_color=3),
        main_title=MainTitle(title="工卡已归还"),
        quote_area=QuoteArea(type=1, url=URL, title="失主", quote_text="谢谢"),
        emphasis_content=Emphasis(title="3 天", desc="用时"),
        horizontal_content_list=[HorizontalItem(keyname="拾取人", type=3, userid="finder.li", value="李")],
        jump_list=[Jump(type=1, url=URL, title="查看")],
        action_menu=menu(),
        task_id="lf-9",
    )
    assert card.to_payload() == {
        "card_type": "text_notice",
        "source": {"icon_url": "https://lf.example.com/icon.png", "desc": "失物招领", "desc_color": 3},
        "action_menu": {"desc": "更多", "action_list": [{"text": "第 0", "key": "k0"}]},
        "task_id": "lf-9",
        "main_title": {"title": "工卡已归还"},
        "quote_area": {"type": 1, "url": URL, "title": "失主", "quote_text": "谢谢"},
        "emphasis_content": {"title": "3 天", "desc": "用时"},
        "sub_title_text": "工卡已归还",
        "horizontal_content_list": [{"keyname": "拾取人", "type": 3, "userid": "finder.li", "value": "李"}],
        "jump_list": [{"type": 1, "url": URL, "title": "查看"}],
        "card_action": {"type": 1, "url": URL},
    }


def refused(field: str, make: Callable[[], object], *words: object) -> Any:
    return pytest.param(field, make, words, id=f"{field} {' '.join(map(str, words))}".strip())


@pytest.mark.parametrize(
    ("field", "make", "words"),
    [
        refused("task_id", lambda: replace(QUESTION, task_id=""), "nothing"),
        refused("task_id", lambda: replace(QUESTION, task_id="x" * 129), "128 bytes", "129 bytes"),
        refused("task_id", lambda: replace(QUESTION, task_id="lf 42"), "digits", "'lf 42'"),
        refused("task_id", lambda: replace(QUESTION, task_id="lf-42\n"), "digits"),
        refused("task_id", lambda: replace(QUESTION, task_id="工卡"), "digits"),
        refused("task_id", lambda: replace(QUESTION, task_id="lf.42"), "digits"),
        refused("task_id", lambda: replace(NOTICE, action_menu=menu()), "action_menu"),
        refused("main_title", lambda: replace(QUESTION, main_title=untyped(None)), "MainTitle", "NoneType"),
        refused("main_title.title", lambda: replace(QUESTION, main_title=MainTitle(desc="编号")), "nothing"),
        refused("main_title.title", lambda: replace(NOTICE, sub_title_text=""), "sub_title_text"),
        refused("main_title.title", lambda: replace(NOTICE, sub_title_text="", main_title=MainTitle(desc="x"))),
        refused("main_title.title", lambda: MainTitle(title="a\x00b"), "control"),
        refused("main_title.title", lambda: MainTitle(title="\ud800"), "control"),
        refused("main_title.title", lambda: MainTitle(title=untyped(42)), "a text", "int"),
        refused("card_action.type", lambda: replace(NOTICE, card_action=CardAction(type=0)), "1 or 2"),
        refused("card_action.type", lambda: CardAction(type=3), "0, 1, 2", "3"),
        refused("card_action.url", lambda: CardAction(type=1), "type is 1"),
        refused("card_action.url", lambda: CardAction(type=1, url="lf.example.com"), "scheme"),
        refused("card_action.appid", lambda: CardAction(type=2, url=URL), "type is 2"),
        refused("card_action", lambda: replace(NOTICE, card_action=untyped(None)), "CardAction"),
        refused("quote_area.url", lambda: QuoteArea(type=1), "type is 1"),
        refused("quote_area.appid", lambda: QuoteArea(type=2), "type is 2"),
        refused("jump_list[].title", lambda: Jump(title=""), "nothing"),
        refused("jump_list[].type", lambda: Jump(title="x", type=3), "0, 1, 2", "3"),
        refused("jump_list[].url", lambda: Jump(title="x", type=1), "type is 1"),
        refused("jump_list", lambda: replace(NOTICE, jump_list=[Jump(title="x")] * 4), "0 to 3", "4 entries"),
        refused("source.desc_color", lambda: Source(desc_color=4), "0, 1, 2, 3", "4"),
        refused("source.desc_color", lambda: Source(desc_color=True), "True"),
        refused("source.icon_url", lambda: Source(icon_url="/icon.png"), "scheme"),
        refused("horizontal_content_list", lambda: replace(QUESTION, horizontal_content_list=items(7)), "6", "7"),
        refused("horizontal_content_list[].keyname", lambda: HorizontalItem(keyname=""), "nothing"),
        refused("horizontal_content_list[].type", lambda: HorizontalItem(keyname="x", type=4), "3", "4"),
        refused("horizontal_content_list[].url", lambda: HorizontalItem(keyname="x", type=1), "type is 1"),
        refused("horizontal_content_list[].media_id", lambda: HorizontalItem(keyname="x", type=2), "type is 2"),
        refused("horizontal_content_list[].userid", lambda: HorizontalItem(keyname="x", type=3), "type is 3"),
        refused("button_list", lambda: replace(QUESTION, button_list=[]), "1 to 6", "0 entries"),
        refused(
            "button_list",
            lambda: replace(QUESTION, button_list=[Button(text="x", key=str(n)) for n in range(7)]),
            "1 to 6",
            "7 entries",
        ),
        refused("button_list", lambda: replace(QUESTION, button_list=untyped("confirm")), "a list", "str"),
        refused("button_list[0]", lambda: replace(QUESTION, button_list=[untyped(MainTitle())]), "Button", "MainTitle"),
        refused(
            "button_list[1].key",
            lambda: replace(QUESTION, button_list=[Button(text="a", key="k"), Button(text="b", key="k")]),
            "'k'",
        ),
        refused("button_list[].text", lambda: Button(text="", key="k"), "nothing"),
        refused("button_list[].key", lambda: Button(text="x"), "type is 0"),
        refused("button_list[].key", lambda: Button(text="x", key="k" * 1025), "1024 bytes", "1025 bytes"),
        refused("button_list[].key", lambda: Button(text="x", key="键" * 342), "1024 bytes", "1026 bytes"),
        refused("button_list[].url", lambda: Button(text="x", type=1, key="k"), "type is 1"),
        refused("button_list[].type", lambda: Button(text="x", type=2, key="k"), "0, 1", "2"),
        refused("button_list[].style", lambda: Button(text="x", style=5, key="k"), "1, 2, 3, 4", "5"),
        refused("action_menu.action_list", lambda: menu(0), "1 to 3", "0 entries"),
        refused("action_menu.action_list", lambda: menu(4), "1 to 3", "4 entries"),
        refused("action_menu.action_list[1].key", lambda: ActionMenu(action_list=[*menu().action_list] * 2), "'k0'"),
        refused("action_menu.action_list[].key", lambda: MenuAction(text="x", key="k" * 1025), "1025 bytes"),
        refused("action_menu.action_list[].key", lambda: MenuAction(text="x", key=""), "nothing"),
        refused("button_selection.option_list", lambda: selection(option_list=[]), "1 to 10", "0"),
        refused("button_selection.option_list", lambda: selection(option_list=[option(n) for n in range(11)]), "11"),
        refused("button_selection.option_list[1].id", lambda: selection(option_list=[option(1), option(1)]), "'o1'"),
        refused("button_selection.question_key", lambda: selection(question_key=""), "nothing"),
        refused("button_selection.question_key", lambda: selection(question_key="k" * 1025), "1025 bytes"),
        refused("option_list[].id", lambda: SelectionOption(id="x" * 129, text="x"), "128 bytes", "129 bytes"),
        refused("option_list[].text", lambda: SelectionOption(id="x", text=""), "nothing"),
        refused("button.replace_name", lambda: ButtonReplacement(replace_name=""), "nothing"),
        refused("replace_text", lambda: CardReplacement(card=NOTICE, replace_text="x"), "text_notice"),
        refused("replace_text", lambda: CardReplacement(card=QUESTION, replace_text="\x00"), "control"),
        refused("disable_choices", lambda: CardReplacement(card=QUESTION, disable_choices=True), "choose"),
    ],
)
def test_what_wecom_refuses_cannot_be_made(field: str, make: Callable[[], object], words: Sequence[object]) -> None:
    with pytest.raises(CardInvalid) as caught:
        make()
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    for word in words:
        assert str(word) in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(QUESTION, task_id="x" * 128),
        lambda: replace(QUESTION, task_id="aZ09_-@"),
        lambda: replace(QUESTION, horizontal_content_list=items(6), sub_title_text="x" * 5000),
        lambda: replace(QUESTION, button_list=[Button(text="x", key=str(n)) for n in range(6)]),
        lambda: replace(QUESTION, button_list=[Button(text="x", type=1, url=URL)] * 2),
        lambda: replace(QUESTION, card_action=CardAction(type=0)),
        lambda: replace(QUESTION, action_menu=menu(3), button_selection=selection()),
        lambda: replace(QUESTION, button_selection=selection(option_list=[option(n) for n in range(10)])),
        lambda: replace(QUESTION, main_title=MainTitle(title="一行\n两行\t")),
        lambda: replace(NOTICE, jump_list=[Jump(title="x")] * 3),
        lambda: replace(NOTICE, card_action=CardAction(type=2, appid="wx1", pagepath="/a")),
        lambda: replace(NOTICE, sub_title_text="", main_title=MainTitle(title="x")),
        lambda: Button(text="x", key="键" * 341),
    ],
)
def test_the_last_value_within_a_limit_can_be_made(make: Callable[[], Block]) -> None:
    made = make()
    assert type(made).from_payload(made.to_payload()) == made


def test_advised_lengths_are_told_and_not_refused() -> None:
    card = replace(
        QUESTION,
        source=Source(desc="字" * 21),
        main_title=MainTitle(title="字" * 37, desc="字" * 45),
        sub_title_text="字" * 161,
        horizontal_content_list=[*items(1), HorizontalItem(keyname="字" * 6, value="字" * 31)],
        button_list=[Button(text="字" * 11, key="k")],
        button_selection=selection(option_list=[SelectionOption(id="1", text="字" * 17)]),
    )
    assert {(advice.field, advice.limit, advice.actual) for advice in card.advice()} == {
        ("source.desc", 20, 21),
        ("main_title.title", 36, 37),
        ("main_title.desc", 44, 45),
        ("sub_title_text", 160, 161),
        ("horizontal_content_list[1].keyname", 5, 6),
        ("horizontal_content_list[1].value", 30, 31),
        ("button_list[0].text", 10, 11),
        ("button_selection.option_list[0].text", 16, 17),
    }
    assert "main_title.title: advised are at most 36 characters, found 37" in map(str, card.advice())
    assert QUESTION.advice() == []


def test_advice_of_a_notice_covers_its_own_blocks() -> None:
    card = replace(
        NOTICE,
        emphasis_content=Emphasis(title="字" * 15, desc="字" * 23),
        jump_list=[Jump(title="字" * 19)],
    )
    assert {advice.field for advice in card.advice()} == {
        "emphasis_content.title",
        "emphasis_content.desc",
        "jump_list[0].title",
    }


def test_a_card_cannot_be_changed_not_even_through_the_list_it_was_made_from() -> None:
    buttons = [Button(text="确认", key="confirm")]
    card = replace(QUESTION, button_list=buttons)
    buttons.clear()
    assert len(card.button_list) == 1
    with pytest.raises(FrozenInstanceError):
        card.task_id = "other"  # type: ignore[misc]
    assert hash(card) == hash(replace(card))


@pytest.mark.parametrize("name", ["replace_text", "disable", "template_card", "jump_list"])
def test_a_card_to_be_sent_has_no_fields_of_an_update_or_of_another_type(name: str) -> None:
    with pytest.raises(CardInvalid) as caught:
        Card.from_payload({**QUESTION.to_payload(), name: "x"})
    assert caught.value.field == name


def test_a_drop_down_to_be_sent_cannot_be_disabled() -> None:
    payload = replace(QUESTION, button_selection=selection()).to_payload()
    payload["button_selection"]["disable"] = True
    with pytest.raises(CardInvalid, match=r"button_selection\.disable"):
        Card.from_payload(payload)


NO_CARDS: list[Any] = [
    *(None, [], "card", 1, {}, {"card_type": "taskcard"}, {"card_type": []}, {"card_type": "text_notice"}),
    *({**QUESTION.to_payload(), "main_title": wrong} for wrong in untyped([None, [], "x", {"title": None}])),
    *({**QUESTION.to_payload(), "button_list": wrong} for wrong in untyped([None, {}, "x", [None], [[]], [{}]])),
]


@pytest.mark.parametrize("payload", NO_CARDS)
def test_json_that_is_no_card_is_refused(payload: Any) -> None:
    with pytest.raises(CardInvalid):
        Card.from_payload(payload)


def test_a_type_reads_only_its_own_cards() -> None:
    assert ButtonInteraction.from_payload(QUESTION.to_payload()) == QUESTION
    with pytest.raises(CardInvalid, match="one of text_notice"):
        TextNotice.from_payload(QUESTION.to_payload())


# A type that WeCom has not yet: nothing but dataclasses.


@dataclass(frozen=True, slots=True, kw_only=True)
class Stars(Choice):
    PATH: ClassVar[str] = "stars"

    title: Annotated[str, Text(advised=3)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Card):
    CARD_TYPE: ClassVar[str] = "rating_interaction"
    HAS_LIVE_CONTROLS: ClassVar[bool] = True

    stars: Annotated[Stars, One(Stars)]
    others: Annotated[Sequence[Stars], Many(Stars, 0, 3)] = ()


def test_a_new_type_of_card_is_only_a_dataclass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "CARD_TYPES", (*types.CARD_TYPES, Rating))
    card = Rating(stars=Stars(question_key="how", title="如何评价"), others=[Stars(question_key="who")])
    assert Card.from_payload(card.to_payload()) == card
    assert [advice.field for advice in card.advice()] == ["stars.title"]
    update = CardReplacement(card=card, replace_text="已评", disable_choices=["who"]).to_payload()["template_card"]
    assert "disable" not in update["stars"]
    assert update["others"] == [{"question_key": "who", "disable": True}]
