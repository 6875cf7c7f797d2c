"""The words on cards and in messages: plain, short enough, the same at every repeat."""

import pytest

from lostfound import card_content
from lostfound.models import ContactRequest, Item
from lostfound.states import Final

ITEM = Item(pk=7, title="黑色雨伞", place="二号楼食堂", contact_channel="phone", contact_value="13800138000")


def request_for(**values: object) -> ContactRequest:
    usual = {"pk": 42, "item": ITEM, "owner": "zhangsan", "finder": "lisi", "item_title": "黑色雨伞"}
    return ContactRequest(**{**usual, "contact_channel": "phone", "contact_value": "13800138000", **values})


@pytest.mark.parametrize(
    "hostile", ["<a href='http://x'>点</a>", "$userName=ceo$", "a\nb\r\tc", "\x00\x1b[31m", "&lt;"]
)
def test_what_members_typed_stays_plain_text(hostile: str) -> None:
    request = request_for(item_title=hostile, message=hostile, contact_value=hostile)
    text = card_content.contact_text(request)
    card = str(card_content.question(request, task_id="lf-1").to_payload())
    for words in (text.replace("$userName=lisi$", ""), card):
        assert not {"<", "$", "&", "\x00", "\x1b"} & set(words)
    assert len(text.splitlines()) == 5


def test_a_long_message_is_cut_at_a_character_within_2048_bytes() -> None:
    text = card_content.contact_text(request_for(contact_value="电" * 2000))
    assert 2040 < len(text.encode()) <= 2048
    assert text.endswith("电")


def test_the_same_request_gives_the_same_bytes() -> None:
    assert card_content.contact_text(request_for()) == card_content.contact_text(request_for())


def test_a_card_of_the_longest_words_keeps_to_what_wecom_advises() -> None:
    item = Item(title="长" * 60, place="长" * 100, contact_channel="desk", contact_value="长" * 200)
    request = request_for(item=item, item_title="长" * 60, message="长" * 200)
    assert list(card_content.question(request, task_id="lf-1").advice()) == []


@pytest.mark.parametrize("final", Final)
def test_every_final_has_its_words(final: Final) -> None:
    words = card_content.final_text(final).to_payload()["button"]["replace_name"]
    assert words == card_content.FINALS[final]
    assert len(words) <= 10


@pytest.mark.parametrize("what", [what for what in card_content.TELLS if what != card_content.RESCUE])
def test_every_text_names_the_item_and_the_request(what: str) -> None:
    text = card_content.tell_text(request_for(), f"{what}-1")
    assert "黑色雨伞" in text
    assert "请求编号 42" in text
    assert card_content.receiver(request_for(), f"{what}-1") in ("zhangsan", "lisi")
