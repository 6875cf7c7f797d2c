"""System checks: every wrong setting speaks at start-up, with an id and a hint, and shows no secret."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks

from wecom import dispatch

KEY = "IeTh3PjUztESXbRMtpHGnIBLtgtg3yQ6VN2WEZMSsjg"


@pytest.fixture(autouse=True)
def in_order(settings: Any) -> Iterator[None]:
    """Settings that no check objects to, as the others start from; and no handlers."""
    settings.WECOM_SANDBOX = False
    use(settings)
    with dispatch.alone():
        yield


def use(settings: Any, **changes: Any) -> None:
    app = {"CORP_ID": "ww5a6f0c1d2e3b4a59", "AGENT_ID": "1000042", "SECRET": "s3cret-value", "CALLBACK_TOKEN": "Tok1"}
    app |= {"ENCODING_AES_KEY": KEY, "API_BASE_URL": "https://qyapi.weixin.qq.com/cgi-bin/"}
    settings.WECOM = {"default": {**app, **changes}}


def ids() -> list[str]:
    return [str(message.id) for message in run_checks(tags=["wecom"])]


def test_settings_in_order_are_left_in_peace() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("AGENT_ID", "", "wecom.E002"),
        ("AGENT_ID", "abc", "wecom.E002"),
        ("CORP_ID", "", "wecom.E003"),
        ("CORP_ID", "ww 5a6f", "wecom.E003"),
        ("SECRET", "", "wecom.E004"),
        ("SECRET", "two\nlines", "wecom.E004"),
        ("CALLBACK_TOKEN", "", "wecom.E005"),
        ("CALLBACK_TOKEN", "x" * 33, "wecom.E005"),
        ("CALLBACK_TOKEN", "a-b", "wecom.E005"),
        ("ENCODING_AES_KEY", KEY[:-1], "wecom.E006"),
        ("ENCODING_AES_KEY", KEY + "A", "wecom.E006"),
        ("ENCODING_AES_KEY", KEY[:-1] + "-", "wecom.E006"),
        ("API_BASE_URL", "ftp://example.com/", "wecom.E007"),
        ("API_BASE_URL", "qyapi.weixin.qq.com", "wecom.E007"),
        ("API_BASE_URL", "http://relay.example.com/", "wecom.E008"),
    ],
)
def test_a_wrong_value_of_an_app_is_named(settings: Any, name: str, value: str, expected: str) -> None:
    use(settings, **{name: value})
    assert ids() == [expected]


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ([{"CALLBACK_TOKEN": "", "ENCODING_AES_KEY": KEY}], 1),
        ([{"CALLBACK_TOKEN": "Tok0", "ENCODING_AES_KEY": KEY[:-1]}], 1),
        ([{"CALLBACK_TOKEN": "Tok0", "ENCODING_AES_KEY": KEY}, {"CALLBACK_TOKEN": "a-b"}], 2),
        ([("Tok0", KEY)], 2),
        ({"CALLBACK_TOKEN": "Tok0"}, 1),
        ("Tok0", 2),
    ],
)
def test_previous_keys_that_could_open_nothing_are_named(settings: Any, value: Any, faults: int) -> None:
    use(settings, PREVIOUS_CALLBACK_KEYS=value)
    assert ids() == ["wecom.E014"] * faults


@pytest.mark.parametrize("value", [None, [], (), [{"CALLBACK_TOKEN": "Tok0", "ENCODING_AES_KEY": KEY}]])
def test_previous_keys_may_be_there_or_not(settings: Any, value: Any) -> None:
    use(settings, PREVIOUS_CALLBACK_KEYS=value)
    assert ids() == []


def test_one_application_under_two_aliases_is_named(settings: Any) -> None:
    app = settings.WECOM["default"]
    settings.WECOM = {"default": app, "again": {**app, "AGENT_ID": 1000042, "CALLBACK_TOKEN": "Tok2"}}
    assert ids() == ["wecom.E015"]
    settings.WECOM = {"default": app, "elsewhere": {**app, "CORP_ID": "ww0"}, "next": {**app, "AGENT_ID": "7"}}
    assert ids() == []


@pytest.mark.parametrize("alias", ["", "人事", "a b", "a/b", "x" * 33])
def test_an_alias_that_no_address_can_hold_is_named(settings: Any, alias: str) -> None:
    settings.WECOM = {alias: settings.WECOM["default"]}
    assert ids() == ["wecom.E016"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/sandbox/cgi-bin/", "https://relay.example.com/cgi-bin/"])
def test_the_sandbox_and_a_relay_are_allowed(settings: Any, url: str) -> None:
    use(settings, API_BASE_URL=url)
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("WECOM", {}, "wecom.E001"),
        ("WECOM_RUNNER", "celery", "wecom.E009"),
        ("WECOM_SANDBOX", True, "wecom.E010"),
        ("RESPONSE_CODE_TTL_HOURS", 0, "wecom.E011"),
        ("RESPONSE_CODE_HARD_TTL_HOURS", "72", "wecom.E011"),
        ("RESPONSE_CODE_TTL_HOURS", 100, "wecom.E012"),
        ("UPDATE_AFTER_REPLY_MS", -1, "wecom.E013"),
        ("RESPONSE_CODE_TTL_HOURS", 2, "wecom.E021"),
        ("WECOM_FRESHNESS_SECONDS", "10m", "wecom.E022"),
        ("WECOM_DATA_KEYS", "one text", "wecom.E023"),
        ("WECOM_DATA_KEYS", ["new", " old"], "wecom.E023"),
        ("RETENTION_DAYS", {"bodies": "a week"}, "wecom.E024"),
    ],
)
def test_a_wrong_setting_is_named(settings: Any, name: str, value: Any, expected: str) -> None:
    setattr(settings, name, value)
    assert expected in ids()


def test_the_sandbox_may_run_while_debug_is_on(settings: Any) -> None:
    settings.WECOM_SANDBOX = settings.DEBUG = True
    assert ids() == []


def test_no_message_shows_a_secret(settings: Any) -> None:
    previous = [{"ENCODING_AES_KEY": "P" * 44, "CALLBACK_TOKEN": "p-r-e"}]
    wrong = {"SECRET": "very secret value", "ENCODING_AES_KEY": "S" * 44, "CALLBACK_TOKEN": "t-o-k"}
    use(settings, **wrong, PREVIOUS_CALLBACK_KEYS=previous)
    said = " ".join(str(message) for message in run_checks(tags=["wecom"]))
    assert "wecom.E004" in said
    assert "very secret" not in said
    assert "SSSS" not in said
    assert "t-o-k" not in said
    assert "PPPP" not in said
    assert "p-r-e" not in said


@pytest.mark.django_db
def test_a_missing_cache_table_is_named(settings: Any) -> None:
    missing = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "no_such_table"}
    settings.CACHES = {**settings.CACHES, "wecom": missing}
    found = [message.id for message in run_checks(tags=["database"], databases=["default"])]
    assert found == ["wecom.W002"]
