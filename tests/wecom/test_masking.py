"""What may be shown of requests, answers and errors."""

import pytest

from wecom.masking import hint, mask, mask_text


def test_secret_fields_are_unreadable_wherever_they_stand() -> None:
    shown = mask({"a": [{"response_code": "RC_0123456789"}], "access_token": "abcdefghij", "text": {"content": "你好"}})
    assert shown == {"a": [{"response_code": "***89"}], "access_token": "***ij", "text": {"content": "你好"}}


def test_private_strings_are_unreadable_inside_texts() -> None:
    assert mask({"text": {"content": "电话 13800138000。"}}, private=["13800138000"]) == {
        "text": {"content": "电话 ***00。"}
    }


def test_a_private_string_that_is_a_part_of_another_does_not_uncover_it() -> None:
    told = "您的雨伞在张三处，电话 13800138000"
    assert mask_text(told, private=["雨伞", told]) == "***00"


@pytest.mark.parametrize("name", ["access_token", "corpsecret", "code", "key", "ACCESS_TOKEN"])
def test_secrets_in_addresses_are_unreadable(name: str) -> None:
    assert mask_text(f"GET https://x/y?a=1&{name}=s3cret&b=2 failed") == f"GET https://x/y?a=1&{name}=***&b=2 failed"


def test_a_short_secret_gives_nothing_away() -> None:
    assert hint("1234") == "***"


def test_the_original_is_left_alone() -> None:
    body = {"response_code": "RC_0123456789"}
    mask(body)
    assert body == {"response_code": "RC_0123456789"}
