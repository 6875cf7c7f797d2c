"""gettoken, and what a call without a good token hears."""

import pytest

from tests.sandbox.kit import ask, post, send_text, token
from tests.support import in_threads
from wecom.sandbox import access, clock, ledger, platform
from wecom.sandbox.models import Token
from wecom.sandbox.world import CREDENTIALS

CORP, SECRET = CREDENTIALS["CORP_ID"], CREDENTIALS["SECRET"]


@pytest.mark.django_db
def test_a_token_stays_the_same_while_it_lives_and_its_life_is_not_prolonged() -> None:
    first = ask("GET", "gettoken", {"corpid": CORP, "corpsecret": SECRET})
    clock.advance(600)
    second = ask("GET", "gettoken", {"corpid": CORP, "corpsecret": SECRET})
    assert first["access_token"] == second["access_token"]
    assert (first["expires_in"], second["expires_in"]) == (7200, 6599)


@pytest.mark.django_db
def test_an_expired_token_is_refused_and_replaced() -> None:
    old = token()
    clock.advance(7200)
    assert post("message/send", {}, access_token=old)["errcode"] == 42001
    assert token() != old


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({}, 41004),
        ({"corpid": CORP}, 41004),
        ({"corpsecret": SECRET}, 41002),
        ({"corpid": "ww0", "corpsecret": SECRET}, 40013),
        ({"corpid": CORP, "corpsecret": "密"}, 40001),
    ],
)
def test_wrong_credentials_are_named(query: dict[str, str], errcode: int) -> None:
    assert ask("GET", "gettoken", query)["errcode"] == errcode


@pytest.mark.django_db
def test_a_call_without_or_with_an_invented_token_is_refused() -> None:
    assert ask("POST", "message/send", {}, b"{}")["errcode"] == 41001
    assert ask("GET", "getcallbackip", {"access_token": "invented"})["errcode"] == 40014


@pytest.mark.django_db
def test_revoked_tokens_are_refused_and_a_new_one_is_given() -> None:
    old = token()
    access.revoke_all()
    assert post("message/send", {}, access_token=old)["errcode"] == 40014
    assert send_text()["errcode"] == 0


@pytest.mark.django_db
def test_the_ledger_counts_calls_and_tokens() -> None:
    token(), token()
    ask("GET", "gettoken", {})
    assert ledger.build()["gettoken"] == {"calls": 3, "tokens": 1}


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_get_one_token() -> None:
    assert len(set(map(str, in_threads(6, token)))) == 1
    assert Token.objects.count() == 1


@pytest.mark.django_db
def test_the_agent_id_must_be_the_tokens() -> None:
    assert send_text(agentid="1000099")["errcode"] == 301002
    assert send_text(agentid="app")["errcode"] == 40056
    assert send_text(agentid=None)["errcode"] == 41011


@pytest.mark.django_db
def test_an_unknown_path_is_a_404() -> None:
    assert platform.handle("POST", "message/sned", {}, b"")[0] == 404


@pytest.mark.django_db
def test_a_member_is_described_without_contact_details() -> None:
    member = ask("GET", "user/get", {"access_token": token(), "userid": "ZhangSan"})
    assert (member["userid"], member["name"]) == ("zhangsan", "张三")
    assert not {"mobile", "email", "avatar", "gender"} & member.keys()
    assert ask("GET", "user/get", {"access_token": token(), "userid": "ghost"})["errcode"] == 60111


@pytest.mark.django_db
def test_callback_addresses_are_a_list() -> None:
    assert ask("GET", "getcallbackip", {"access_token": token()})["ip_list"] == ["127.0.0.1"]
