"""Access tokens: one fetch for everybody, however many ask."""

import subprocess
import sys
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import time_machine
from django.core.cache import caches

from tests.support import ROOT, child_environment, in_threads
from tests.wecom.wire import serving
from wecom import conf, tokens
from wecom.errors import ApiError, ChannelRefused, TokenUnavailable, TransportError, TryLater

pytestmark = pytest.mark.django_db


class Fetch:
    """gettoken as WeCom plays it: counted, perhaps slow, perhaps failing."""

    def __init__(self, *, takes: float = 0, fails: Exception | None = None) -> None:
        self.count, self.takes, self.fails = 0, takes, fails

    def __call__(self) -> tuple[str, int]:
        self.count += 1
        time.sleep(self.takes)
        if self.fails:
            raise self.fails
        return f"token-{self.count}", 7200


def test_a_token_is_fetched_once_and_then_remembered() -> None:
    fetch = Fetch()
    assert [tokens.get(conf.app(), fetch) for _ in range(3)] == ["token-1"] * 3
    assert fetch.count == 1


def test_a_token_is_renewed_before_it_dies() -> None:
    fetch = Fetch()
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        tokens.get(conf.app(), fetch)
        clock.shift(6700)
        assert tokens.get(conf.app(), fetch) == "token-1"
        clock.shift(250)
        assert tokens.get(conf.app(), fetch) == "token-2"


def test_an_early_renewal_that_fails_leaves_the_old_token_in_use() -> None:
    fetch = Fetch()
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        tokens.get(conf.app(), fetch)
        clock.shift(7000)
        fetch.fails = TransportError("gettoken is away")
        assert tokens.get(conf.app(), fetch) == "token-1"
        assert tokens.get(conf.app(), fetch) == "token-1"
    assert fetch.count == 2


def test_a_refused_renewal_does_not_outlive_the_old_token() -> None:
    fetch = Fetch()
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        tokens.get(conf.app(), fetch)
        clock.shift(7000)
        fetch.fails = ChannelRefused("gettoken", 60020, "not allow to access from your ip")
        assert tokens.get(conf.app(), fetch) == "token-1"
        fetch.fails = None
        clock.shift(199)
        assert tokens.get(conf.app(), fetch) == "token-1"
        clock.shift(2)
        assert tokens.get(conf.app(), fetch) == "token-3"


def test_a_refusal_that_is_remembered_keeps_its_errcode() -> None:
    fetch = Fetch(fails=ChannelRefused("gettoken", 60020, "not allow to access from your ip"))
    with pytest.raises(ChannelRefused):
        tokens.get(conf.app(), fetch)
    with pytest.raises(TokenUnavailable, match="60020 not allow to access from your ip") as remembered:
        tokens.get(conf.app(), fetch)
    assert remembered.value.errcode == 60020


def test_a_dead_token_is_never_given_out() -> None:
    fetch = Fetch()
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        tokens.get(conf.app(), fetch)
        clock.shift(7300)
        assert tokens.get(conf.app(), fetch) == "token-2"


def test_a_rejected_token_is_replaced_only_if_nobody_did_so_yet() -> None:
    fetch = Fetch()
    tokens.get(conf.app(), fetch)
    assert tokens.replace(conf.app(), fetch, rejected="token-1") == "token-2"
    assert tokens.replace(conf.app(), fetch, rejected="token-1") == "token-2"
    assert fetch.count == 2


def test_where_wecom_gives_the_very_token_that_it_refuses_it_is_not_asked_for_another_by_each_call() -> None:
    asked = []

    def fetch() -> tuple[str, int]:
        asked.append(1)
        return "token-1", 7200

    tokens.get(conf.app(), fetch)
    assert tokens.replace(conf.app(), fetch, rejected="token-1") == "token-1"
    for _ in range(3):
        with pytest.raises(TokenUnavailable):
            tokens.replace(conf.app(), fetch, rejected="token-1")
    assert len(asked) == 2


def test_a_failed_fetch_is_not_repeated_for_half_a_minute() -> None:
    fetch = Fetch(fails=TransportError("HTTP 502"))
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        for _ in range(3):
            with pytest.raises(TokenUnavailable):
                tokens.get(conf.app(), fetch)
        assert fetch.count == 1
        clock.shift(31)
        fetch.fails = None
        assert tokens.get(conf.app(), fetch) == "token-2"


def test_a_refused_secret_is_told_as_it_is_and_not_tried_again_for_ten_minutes() -> None:
    fetch = Fetch(fails=ChannelRefused("gettoken", 40001, "invalid credential"))
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        with pytest.raises(ApiError, match="40001"):
            tokens.get(conf.app(), fetch)
        clock.shift(590)
        with pytest.raises(TokenUnavailable) as refused:
            tokens.get(conf.app(), fetch)
        assert (fetch.count, refused.value.retry_after) == (1, timedelta(seconds=10))


def test_a_busy_wecom_is_asked_again_after_half_a_minute() -> None:
    fetch = Fetch(fails=TryLater("gettoken", -1, "system busy"))
    with pytest.raises(TokenUnavailable) as busy:
        tokens.get(conf.app(), fetch)
    assert busy.value.retry_after == timedelta(seconds=30)


def test_tokens_of_two_apps_never_mix(settings: Any) -> None:
    first = settings.WECOM["default"]
    settings.WECOM = {"default": first, "other": {**first, "CORP_ID": "wwother"}}
    fetch = Fetch()
    assert tokens.get(conf.app(), fetch) != tokens.get(conf.app("other"), fetch)


def test_no_token_can_be_read_off_the_cache() -> None:
    tokens.get(conf.app(), Fetch())
    assert conf.app().corp_id not in tokens._key(conf.app())
    assert "token-1" not in caches["wecom"].get(tokens._key(conf.app())).value


def test_a_token_whose_data_key_has_gone_is_fetched_anew(settings: Any) -> None:
    fetch = Fetch()
    tokens.get(conf.app(), fetch)
    settings.WECOM_DATA_KEYS = ["another key"]
    assert tokens.get(conf.app(), fetch) == "token-2"


@pytest.mark.django_db(transaction=True)
def test_threads_that_start_cold_fetch_once() -> None:
    fetch = Fetch(takes=0.3)
    assert in_threads(16, lambda: tokens.get(conf.app(), fetch)) == ["token-1"] * 16
    assert fetch.count == 1


@pytest.mark.django_db(transaction=True)
def test_threads_whose_token_was_revoked_fetch_once() -> None:
    fetch = Fetch()
    tokens.get(conf.app(), fetch)
    fetch.takes = 0.3
    got = in_threads(16, lambda: tokens.replace(conf.app(), fetch, rejected="token-1"))
    assert got == ["token-2"] * 16
    assert fetch.count == 2


COLD_START = """
import threading, django
django.setup()
from django.db import connections
from wecom import clients
def ask():
    got.append(clients.get().token()); connections.close_all()
got = []
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(len(got), *sorted(set(got)))
"""


@pytest.mark.django_db(transaction=True)
def test_eight_processes_with_eight_threads_each_fetch_once() -> None:
    asked: list[str] = []

    def gettoken(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        time.sleep(0.5)
        body = f'{{"errcode":0,"access_token":"token-{len(asked)}","expires_in":7200}}'
        handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    with serving(gettoken) as url:
        command, environment = [sys.executable, "-c", COLD_START], child_environment(WECOM_API_BASE_URL=url)
        processes = [
            subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(8)
        ]
        said = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert said == ["8 token-1"] * 8
    assert len(asked) == 1
