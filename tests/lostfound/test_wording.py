"""Words are compared as people mean them."""

import pytest

from lostfound import wording


def fits(query: str, text: str) -> bool:
    kept = wording.searchable(text)
    return all(word in kept for word in wording.query_words(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("黑色雨伞", "一把黑色的雨伞"),
        ("黑伞", "黑色长柄雨伞"),
        ("雨伞黑色", "黑色雨伞"),
        ("伞 食堂", "二号楼餐厅 雨伞"),
        ("手机", "一部电话"),
        ("电话", "iPhone 15"),
        ("ＩＰＨＯＮＥ", "苹果手机"),
        ("black umbrella", "黑色长柄雨伞"),
        ("工牌", "员工卡，卡套透明"),
        ("３楼", "3楼会议室"),
        ("KEYS", "钥匙一串"),
        ("书", "《深入理解计算机系统》图书"),
    ],
)
def test_the_same_thing_in_other_words_is_found(query: str, text: str) -> None:
    assert fits(query, text)


@pytest.mark.parametrize(("query", "text"), [("白色雨伞", "黑色雨伞"), ("key", "monkey"), ("手表", "手机")])
def test_another_thing_is_not(query: str, text: str) -> None:
    assert not fits(query, text)


@pytest.mark.parametrize("query", ["", "   ", "的", "、。！", "\0", "😀"])
def test_what_holds_no_word_asks_for_nothing(query: str) -> None:
    assert wording.query_words(query) == []


def test_a_long_query_is_cut() -> None:
    assert len(wording.query_words("词 " * 1000 + "字 " * 50)) <= wording.MOST_WORDS
    assert len(wording.searchable("长" * 5000)) == wording.MOST
