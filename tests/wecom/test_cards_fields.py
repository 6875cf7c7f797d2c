"""No block, field, limit or advised length of the documents is missing, and none was invented.

The two tables are this test's own copy of what WeCom documents; update-only fields are those of CardReplacement.
Source: https://developer.work.weixin.qq.com/document/path/90236
"""

from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any

import pytest

from wecom import cards
from wecom.cards import CARD_TYPES, CardReplacement
from wecom.payloads import Block, Many, One, Text, rules_of

from .making import FORM, NOTICE, QUESTION, VOTE, selection

# R always required, r required by a rule between fields, o optional, - not part of the type.
TYPES = """
                          text_notice news_notice button_interaction vote_interaction multiple_interaction
card_type                 R           R           R                  R                R
source                    o           o           o                  o                o
action_menu               o           o           o                  -                -
task_id                   r           r           R                  R                R
main_title                r           R           R                  R                R
quote_area                o           o           o                  -                -
emphasis_content          o           -           -                  -                -
sub_title_text            r           -           o                  -                -
horizontal_content_list   o           o           o                  -                -
jump_list                 o           o           -                  -                -
card_action               R           R           o                  -                -
image_text_area           -           r           -                  -                -
card_image                -           r           -                  -                -
vertical_content_list     -           o           -                  -                -
button_selection          -           -           o                  -                -
button_list               -           -           R                  -                -
checkbox                  -           -           -                  R                -
select_list               -           -           -                  -                R
submit_button             -           -           -                  R                R
"""

# Required or not; `~36` advised characters, `128b` bytes, `1-3` entries, `!x` no two entries of one x.
FIELDS = """
source.icon_url                         o
source.desc                             o ~20
source.desc_color                       o
action_menu.desc                        o
action_menu.action_list                 R 1-3 !key
action_menu.action_list[].text          R
action_menu.action_list[].key           R 1024b
task_id                                 o 128b
main_title.title                        o ~36
main_title.desc                         o ~44
quote_area.type                         o
quote_area.url                          o
quote_area.appid                        o
quote_area.pagepath                     o
quote_area.title                        o
quote_area.quote_text                   o
emphasis_content.title                  o ~14
emphasis_content.desc                   o ~22
sub_title_text                          o ~160
horizontal_content_list                 o 0-6
horizontal_content_list[].keyname       R ~5
horizontal_content_list[].value         o ~30
horizontal_content_list[].type          o
horizontal_content_list[].url           o
horizontal_content_list[].media_id      o
horizontal_content_list[].userid        o
jump_list                               o 0-3
jump_list[].title                       R ~18
jump_list[].type                        o
jump_list[].url                         o
jump_list[].appid                       o
jump_list[].pagepath                    o
card_action.type                        R
card_action.url                         o
card_action.appid                       o
card_action.pagepath                    o
image_text_area.type                    o
image_text_area.image_url               R
image_text_area.title                   o
image_text_area.desc                    o
image_text_area.url                     o
image_text_area.appid                   o
image_text_area.pagepath                o
card_image.url                          R
card_image.aspect_ratio                 o
vertical_content_list                   o 0-4
vertical_content_list[].title           R ~38
vertical_content_list[].desc            o ~160
button_selection.question_key           R 1024b
button_selection.title                  o
button_selection.option_list            R 1-10 !id
button_selection.option_list[].id       R 128b
button_selection.option_list[].text     R ~16
button_selection.selected_id            o
button_list                             R 1-6 !key
button_list[].type                      o
button_list[].text                      R ~10
button_list[].style                     o
button_list[].key                       o 1024b
button_list[].url                       o
checkbox.question_key                   R 1024b
checkbox.mode                           o
checkbox.option_list                    R 1-20 !id
checkbox.option_list[].id               R 128b
checkbox.option_list[].text             R ~17
checkbox.option_list[].is_checked       o
select_list                             R 1-3 !question_key
select_list[].question_key              R 1024b
select_list[].title                     o
select_list[].selected_id               o
select_list[].option_list               R 1-10 !id
select_list[].option_list[].id          R 128b
select_list[].option_list[].text        R ~16
submit_button.text                      o ~10
submit_button.key                       R 1024b
"""


def documented_types() -> dict[str, dict[str, str]]:
    """Type → block → R, r or o."""
    names, *rows = (line.split() for line in TYPES.strip().splitlines())
    marks: dict[str, dict[str, str]] = {name: {} for name in names}
    for block, *row in rows:
        for name, mark in zip(names, row, strict=True):
            if mark != "-":
                marks[name][block] = mark
    return marks


def documented_fields() -> dict[str, set[str]]:
    return {name: set(rest) for name, *rest in (line.split() for line in FIELDS.strip().splitlines())}


def fields_of(block: type[Block], path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every field below a block, with what our code says of it in the words of the table."""
    for f, rule in rules_of(block):
        here = path + f.name
        said = {"R" if f.default is MISSING else "o"}
        match rule:
            case One(kind):
                yield from fields_of(kind, f"{here}.")
            case Many(kind, least, most, unique):
                said |= {f"{least}-{most}", *([f"!{unique}"] if unique else [])}
                yield here, said
                yield from fields_of(kind, f"{here}[].")
            case Text(advised=advised, most=limit):
                yield here, said | {f"~{advised}" for _ in [1] if advised} | {f"{limit}b" for _ in [1] if limit}
            case _:
                yield here, said


@pytest.mark.parametrize("kind", CARD_TYPES, ids=lambda kind: kind.CARD_TYPE)
def test_each_type_has_exactly_the_documented_blocks(kind: type[cards.Card]) -> None:
    ours = {f.name: "R" if f.default is MISSING else "o" for f, _ in rules_of(kind)}
    theirs = {name: mark.replace("r", "o") for name, mark in documented_types()[kind.CARD_TYPE].items()}
    assert {"card_type": "R", **ours} == theirs


def test_the_blocks_have_exactly_the_documented_fields_and_limits() -> None:
    ours: dict[str, set[str]] = {}
    for kind in CARD_TYPES:
        for name, said in fields_of(kind):
            known = ours.setdefault(name, said)
            # What one type demands and another does not is a matter of the first table.
            assert known - {"R", "o"} == said - {"R", "o"}
            ours[name] = known if known == said else said - {"R"} | {"o"}
    assert ours == documented_fields()


def test_what_only_an_update_can_say_is_said_there_and_nowhere_else() -> None:
    ours = {name for kind in CARD_TYPES for name, _ in fields_of(kind)}
    assert not {name for name in ours if name.rpartition(".")[2] in ("disable", "replace_text")}
    with_choice = cards.ButtonInteraction.from_payload(
        {**QUESTION.to_payload(), "button_selection": selection().to_payload()}
    )
    updates: list[tuple[cards.Card, Any]] = [
        (with_choice, lambda card: card["button_selection"]),
        (VOTE, lambda card: card["checkbox"]),
        (FORM, lambda card: card["select_list"][1]),
    ]
    for card, question in updates:
        written = CardReplacement(card=card, replace_text="已处理", disable_choices=True).to_payload()["template_card"]
        assert written["replace_text"] == "已处理"
        assert question(written)["disable"] is True
    assert "replace_text" not in CardReplacement(card=NOTICE).to_payload()["template_card"]
