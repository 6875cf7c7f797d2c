"""Several apps, of one corporation or of several: what one has, the others neither see nor suffer from."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.db import transaction
from django.test import Client

from tests.wecom.wire import make_due, message, post
from wecom import clients, conf, crypto, dispatch, inbox, leases, limits, outbox, tokens
from wecom.errors import TokenUnavailable
from wecom.events import TemplateCardEvent
from wecom.handlers import on_card
from wecom.models import Bucket, Callback, Outgoing
from wecom.outbox import kinds

pytestmark = pytest.mark.django_db(transaction=True)

BASE = "https://qyapi.weixin.qq.com/cgi-bin/"
NORTH = {
    "CORP_ID": "wwnorth",
    "AGENT_ID": "1000002",
    "SECRET": "secret-of-north",
    "CALLBACK_TOKEN": "TokenOfNorth",
    "ENCODING_AES_KEY": "N" * 43,
    "API_BASE_URL": BASE,
}
SOUTH = {
    **NORTH,
    "CORP_ID": "wwsouth",
    "SECRET": "secret-of-south",
    "CALLBACK_TOKEN": "TokenOfSouth",
    "ENCODING_AES_KEY": "S" * 43,
}


@pytest.fixture(autouse=True)
def two_corporations(settings: Any) -> None:
    """Two corporations whose apps happen to have the same id, as the first app of every corporation has."""
    settings.WECOM = {"north": NORTH, "south": SOUTH}


class World:
    """WeCom for both: knows whose token is whose, and what was sent under which."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.sent: list[str] = []
        self.refused: set[str] = set()
        self.away: set[str] = set()
        mock.add_callback(responses.GET, BASE + "gettoken", callback=self._token)
        mock.add_callback(responses.POST, BASE + "message/send", callback=self._send)

    def _token(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = parse_qs(urlsplit(request.url).query)
        corp = query["corpid"][0]
        if corp in self.refused or not query["corpsecret"][0].endswith(corp.removeprefix("ww")):
            return _answer(errcode=40001, errmsg="invalid secret")
        return _answer(access_token=f"token-of-{corp}", expires_in=7200)

    def _send(self, request: Any) -> tuple[int, dict[str, str], str]:
        token = parse_qs(urlsplit(request.url).query)["access_token"][0]
        assert json.loads(request.body)["agentid"] == 1000002
        if token in self.away:
            return 502, {}, ""
        self.sent.append(token)
        return _answer(msgid="m")


def _answer(**fields: Any) -> tuple[int, dict[str, str], str]:
    return 200, {}, json.dumps({"errcode": 0, "errmsg": "ok", **fields})


@pytest.fixture
def world() -> Iterator[World]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield World(mock)


@pytest.fixture
def told() -> Iterator[None]:
    """A kind of effect: one text to lisi."""
    call = outbox.Call(path="message/send", body={"touser": "lisi", "msgtype": "text"}, to=("lisi",))
    kind = outbox.Kind(
        name="shop.tell", prepare=lambda row: call, settle=lambda row, result: None, keeps_trying_for=timedelta(hours=1)
    )
    with patch.dict(kinds._kinds, {"shop.tell": kind}):
        yield


@pytest.fixture
def handled() -> Iterator[list[tuple[str, str]]]:
    """App and task_id of every tap that was handled."""
    seen: list[tuple[str, str]] = []

    with dispatch.alone():

        @on_card(at_once=lambda event: "x" if event.app == "neighbour" else None)
        def handler(event: TemplateCardEvent) -> None:
            seen.append((event.app, event.task_id))

        yield seen


def owe(app: str, number: int = 1) -> Outgoing:
    with transaction.atomic():
        return outbox.owe("shop.tell", subject=number, effect_key=f"tell:{app}:{number}", app=app)


def address(alias: str) -> str:
    return f"/wecom/callback/{alias}/"


class TestCallbacks:
    def test_each_app_takes_its_own_at_its_own_address(self, client: Client, handled: list[Any]) -> None:
        for alias in ("north", "south"):
            assert post(client, alias=alias, path=address(alias)).status_code == 200
        inbox.drain()
        assert sorted(handled) == [("north", "t-1"), ("south", "t-1")]

    @pytest.mark.parametrize(("mine", "other"), [("north", "south"), ("south", "north")])
    def test_at_the_address_of_another_app_it_is_forbidden_and_not_even_opened(
        self, client: Client, mine: str, other: str
    ) -> None:
        with patch.object(crypto, "decrypt", wraps=crypto.decrypt) as decrypt:
            answer = post(client, alias=mine, path=address(other))
        assert (answer.status_code, decrypt.call_count, Callback.objects.count()) == (403, 0, 0)

    def test_keys_that_two_corporations_share_by_accident_open_neither_to_the_other(
        self, client: Client, settings: Any
    ) -> None:
        pair = {name: NORTH[name] for name in ("CALLBACK_TOKEN", "ENCODING_AES_KEY")}
        settings.WECOM = {"north": NORTH, "south": {**SOUTH, **pair}}
        assert post(client, alias="north", path=address("south")).status_code == 403
        assert post(client, alias="south", path=address("south")).status_code == 200

    def test_with_the_keys_of_a_neighbour_in_the_corporation_it_is_kept_and_neither_answered_nor_handled(
        self, client: Client, settings: Any, handled: list[Any]
    ) -> None:
        settings.WECOM = {"north": NORTH, "neighbour": {**NORTH, "AGENT_ID": "1000003"}}
        answer = post(client, alias="north", path=address("neighbour"))
        inbox.drain()
        assert (answer.status_code, answer.content, handled) == (200, b"", [])
        kept = Callback.objects.get()
        assert (kept.state, kept.error) == ("ignored", "meant for another app")

    def test_the_same_words_to_two_apps_are_two_callbacks(self, client: Client, handled: list[Any]) -> None:
        plain = message(alias="north")
        for alias in ("north", "south", "north"):
            assert post(client, plain, alias=alias, path=address(alias)).status_code == 200
        assert sorted(Callback.objects.values_list("app", "repeats")) == [("north", 1), ("south", 0)]

    def test_a_callback_of_an_app_that_left_the_settings_waits_for_its_return(
        self, client: Client, settings: Any, handled: list[Any]
    ) -> None:
        post(client, alias="south", path=address("south"))
        settings.WECOM = {"north": NORTH}
        inbox.drain()
        row = Callback.objects.get()
        assert (row.state, row.failures, handled) == ("waiting", 1, [])
        assert "south" in row.error
        settings.WECOM = {"north": NORTH, "south": SOUTH}
        make_due()
        inbox.drain()
        assert handled == [("south", "t-1")]


class TestCalls:
    def test_equal_agent_ids_never_mix_tokens(self, world: World, told: None) -> None:
        for number in range(3):
            owe("north", number)
            owe("south", number)
        outbox.drain()
        assert sorted(world.sent) == ["token-of-wwnorth"] * 3 + ["token-of-wwsouth"] * 3
        assert {clients.get(alias).token() for alias in conf.aliases()} == {"token-of-wwnorth", "token-of-wwsouth"}

    def test_a_token_refused_to_one_app_stays_with_the_other(self) -> None:
        north, south = conf.app("north"), conf.app("south")
        for app in (north, south):
            tokens.get(app, lambda app=app: (f"first-{app.alias}", 7200))  # type: ignore[misc]
        assert tokens.replace(north, lambda: ("second-north", 7200), rejected="first-north") == "second-north"
        assert tokens.get(south, lambda: ("never", 7200)) == "first-south"

    def test_while_one_app_fetches_its_token_the_other_fetches_its_own(self) -> None:
        north, south = conf.app("north"), conf.app("south")
        with leases.held(tokens._lease(north), timedelta(seconds=20)) as mine, patch.object(tokens, "WAIT", 0.3):
            assert mine
            with pytest.raises(TokenUnavailable):
                tokens.get(north, lambda: ("never", 7200))
            assert tokens.get(south, lambda: ("of-south", 7200)) == "of-south"

    def test_the_pause_of_one_app_leaves_the_other_working(self, world: World, told: None) -> None:
        world.refused.add("wwnorth")
        paused, working = owe("north"), owe("south")
        outbox.drain()
        for row in (paused, working):
            row.refresh_from_db()
        assert (paused.state, working.state, world.sent) == ("waiting", "done", ["token-of-wwsouth"])
        closed = Bucket.objects.filter(closed_until__isnull=False).values_list("name", flat=True)
        assert list(closed) == [limits.app_name("north")]
        owe("south", 2)
        outbox.drain()
        assert world.sent == ["token-of-wwsouth"] * 2

    def test_an_api_that_is_silent_for_one_app_rests_for_that_app_alone(self, world: World, told: None) -> None:
        world.away.add("token-of-wwnorth")
        for number in range(limits.BREAKER_AFTER):
            owe("north", number)
        outbox.drain()
        owe("south")
        outbox.drain()
        closed = Bucket.objects.filter(closed_until__isnull=False).values_list("name", flat=True)
        assert list(closed) == [limits.api_name("north", "message/send")]
        assert world.sent == ["token-of-wwsouth"]

    def test_one_member_has_the_whole_limit_with_each_app(self) -> None:
        with transaction.atomic():
            for _ in range(limits.MEMBER.burst):
                limits.admit("north", "message/send", ["lisi"])
        with pytest.raises(limits.Held), transaction.atomic():
            limits.admit("north", "message/send", ["lisi"])
        with transaction.atomic():
            limits.admit("south", "message/send", ["lisi"])
        assert Bucket.objects.filter(pk=limits.member_name("south", "lisi")).exists()
