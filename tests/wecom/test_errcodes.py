"""The table of errcodes is whole, says what to do in both languages, and is closed by default."""

import pytest

from wecom.errcodes import ERRCODES, Outcome, Reaction, error_for, explain
from wecom.errcodes.rows import table
from wecom.errors import ApiError, ChannelRefused, Refused, TokenRejected, TryLater

# The class WeCom's list gives each code. Where it gives two (60011), the one that concerns a single request; so does
# 42015, which concerns a single card: paused, the app would wait for it for days.
CLASSES: dict[Reaction, str] = {
    Reaction.GO_ON: "0",
    Reaction.RETRY: "-1 6000",
    Reaction.RENEW_TOKEN: "40014 42001",
    Reaction.WAIT: "45009 45033",
    Reaction.PAUSE: """
        40001 40013 40056 40057 40091 40094 41002 41004 41011 43012 48001 48002 48005 48006 50001 50003
        50006 60020 60031 80001 85005 85008 93000 93004 93008 301002 301007
    """,
    Reaction.GIVE_UP: """
        40003 40004 40005 40006 40007 40008 40009 40011 40016..40027 40029 40031 40032 40033 40035 40039 40050
        40058 40063 40066 40068 40070 40093 40201 40204 40206 41001 41016 41033 42003 42012 42014 42015 42016 42017
        42018 42019 42020 42022 42027 42028 42029 42030 42031 42033 42035 42036 42037 42038 42039 42040 42041
        42042 42043 42044 42045 42046 42047 42049 42050 42051 42052 43004 44001 44004 45001 45002 45007 45008
        45034 46003 46004 50002 60011 60021 60030 60111 60140 81012 81013 82001 82002 82003 82004 82101 82102
        84014 84015 86001..86008 86201..86217 90200..90208 91040
    """,
}


def numbers(text: str) -> list[int]:
    found: list[int] = []
    for word in text.split():
        first, _, last = word.partition("..")
        found.extend(range(int(first), int(last or first) + 1))
    return found


EXPECTED = {code: reaction for reaction, text in CLASSES.items() for code in numbers(text)}


@pytest.mark.parametrize("code", sorted(EXPECTED))
def test_every_studied_code_has_its_class(code: int) -> None:
    assert ERRCODES[code].reaction is EXPECTED[code]
    assert ERRCODES[code].known


def test_the_table_holds_no_code_that_nobody_studied() -> None:
    assert set(ERRCODES) == set(EXPECTED)


@pytest.mark.parametrize("code", sorted(EXPECTED))
def test_every_code_speaks_both_languages(code: int) -> None:
    row = explain(code)
    assert row.code == code
    for chinese in (row.meaning_zh, row.remedy_zh):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    for english in (row.meaning_en, row.remedy_en):
        assert english
        assert sum(letter.isascii() for letter in english) > len(english) / 2


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, Outcome.APPLIED),
        (-1, Outcome.UNKNOWN),
        (6000, Outcome.NOT_SENT),
        (45033, Outcome.NOT_SENT),
        (45009, Outcome.NOT_SENT),
        (40014, Outcome.NOT_SENT),
        (42001, Outcome.NOT_SENT),
        (40001, Outcome.NOT_SENT),
        (60020, Outcome.NOT_SENT),
        (48002, Outcome.NOT_SENT),
        (60140, Outcome.REFUSED),
        (81013, Outcome.REFUSED),
    ],
)
def test_the_outcome_says_whether_the_call_took_effect(code: int, outcome: Outcome) -> None:
    assert explain(code).outcome is outcome


@pytest.mark.parametrize("code", [1, -2, 99999, 10**30])
def test_an_unknown_code_is_refused_and_never_retried(code: int) -> None:
    row = explain(code)
    assert (row.outcome, row.reaction, row.known) == (Outcome.REFUSED, Reaction.GIVE_UP, False)
    assert str(code) in row.meaning_zh
    assert str(code) in row.meaning_en
    assert type(error_for("message/send", code, "?")) is Refused


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("message/send", -1, TryLater),
        ("message/send", 45009, TryLater),
        ("message/send", 42001, TokenRejected),
        ("message/send", 40001, TokenRejected),
        ("gettoken", 40001, ChannelRefused),
        ("message/send", 60020, ChannelRefused),
        ("message/update_template_card", 60140, Refused),
    ],
)
def test_each_error_is_of_the_class_that_says_the_next_step(path: str, code: int, expected: type[ApiError]) -> None:
    error = error_for(path, code, "made up")
    assert type(error) is expected
    assert (error.path, error.errcode, error.errmsg) == (path, code, "made up")
    assert str(error) == f"{path}: {code} made up"


def test_a_code_cannot_stand_in_two_families() -> None:
    with pytest.raises(ValueError, match="60140 is listed twice"):
        table([explain(60140)], [explain(60140)])


def test_nobody_can_change_the_table() -> None:
    with pytest.raises(TypeError):
        ERRCODES[0] = explain(1)  # type: ignore[index]
