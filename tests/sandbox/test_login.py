"""The login of the platform: who may ask for it, and what a code is worth."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from tests.sandbox.kit import OTHER_APP, ask, token, token_of
from wecom.sandbox import clock, housekeeping
from wecom.sandbox.world import CREDENTIALS

pytestmark = pytest.mark.django_db
PAGE = "/sandbox/connect/oauth2/authorize"
ASKED = {
    "appid": CREDENTIALS["CORP_ID"],
    "agentid": CREDENTIALS["AGENT_ID"],
    "redirect_uri": "https://lost.example/login/back/?from=1",
    "response_type": "code",
    "scope": "snsapi_base",
    "state": "abc",
}


def choose(client: Client, userid: str = "lisi", **changes: str) -> dict[str, list[str]]:
    answer = client.post(PAGE, {"userid": userid}, query_params={**ASKED, **changes})
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://lost.example/login/back/?from=1&")
    return parse_qs(urlsplit(answer["Location"]).query)


def code(client: Client, userid: str = "lisi") -> str:
    return choose(client, userid)["code"][0]


def whose(code: str, access_token: str = "") -> dict[str, Any]:
    return ask("GET", "auth/getuserinfo", {"access_token": access_token or token(), "code": code})


def test_everybody_can_be_chosen_by_name(client: Client) -> None:
    html = client.get(PAGE, ASKED, headers={"accept-language": "en"}).content.decode()
    assert all(name in html for name in ("张三", "李四", "Somebody from outside", "Do not log in"))


def test_a_code_says_once_who_it_was(client: Client) -> None:
    given = choose(client)
    assert given["state"] == ["abc"]
    assert whose(given["code"][0]) == {"errcode": 0, "errmsg": "ok", "userid": "lisi"}
    assert whose(given["code"][0])["errcode"] == 40029


def test_a_code_lives_five_minutes(client: Client) -> None:
    early, late = code(client), code(client)
    clock.advance(299)
    assert whose(early)["errcode"] == 0
    clock.advance(2)
    assert whose(late)["errcode"] == 40029


def test_a_code_is_for_the_app_that_asked(client: Client, settings: Settings) -> None:
    settings.SANDBOX_APPS = [dict(CREDENTIALS), OTHER_APP]
    given = code(client)
    assert whose(given, token_of(OTHER_APP))["errcode"] == 40029
    assert whose(given)["errcode"] == 0


def test_somebody_from_outside_has_no_userid(client: Client) -> None:
    answer = whose(code(client, "@outsider"))
    assert answer["openid"]
    assert "userid" not in answer


def test_a_member_out_of_range_is_refused(client: Client) -> None:
    housekeeping.put_member(userid="lisi", visible=False)
    assert whose(code(client))["errcode"] == 50002


def test_who_refuses_comes_back_without_a_code(client: Client) -> None:
    assert "code" not in choose(client, "")


@pytest.mark.parametrize(
    "changes",
    [
        {"appid": "ww0"},
        {"agentid": "1"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
        {"state": "x" * 129},
    ],
)
def test_what_is_no_login_of_an_app_here_is_refused(client: Client, changes: dict[str, str]) -> None:
    assert client.get(PAGE, {**ASKED, **changes}).status_code == 400
    assert client.post(PAGE, {"userid": "lisi"}, query_params={**ASKED, **changes}).status_code == 400


def test_whom_nobody_knows_cannot_be_chosen(client: Client) -> None:
    assert client.post(PAGE, {"userid": "nobody"}, query_params=ASKED).status_code == 200
