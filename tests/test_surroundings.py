"""What every other test relies on: no way out of this machine, one database of our own, clean caches."""

import socket
import subprocess
import sys

import pytest
import requests
from django.core.cache import caches

from tests.conftest import WayOut
from tests.support import child_environment, in_threads
from wecom.models import Lease


@pytest.mark.parametrize("url", ["http://example.com/", "http://192.0.2.1/", "https://[2001:db8::1]/"])
def test_no_request_leaves_this_machine(url: str) -> None:
    with pytest.raises(WayOut):
        requests.get(url, timeout=1)


def test_no_bare_socket_leaves_this_machine() -> None:
    with socket.socket() as client, pytest.raises(WayOut):
        client.connect_ex(("192.0.2.1", 80))


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_token_cached_by_one_test_is_not_there_for_the_next(turn: int) -> None:
    assert caches["wecom"].get("kept") is None
    caches["wecom"].set("kept", turn)


@pytest.mark.django_db(transaction=True)
def test_threads_and_other_processes_see_the_rows_of_this_test() -> None:
    Lease.objects.create(name="seen by all")
    count = "import django; django.setup(); from wecom.models import Lease; print(Lease.objects.count())"
    other = subprocess.run([sys.executable, "-c", count], env=child_environment(), capture_output=True, text=True)
    assert in_threads(4, lambda: Lease.objects.count()) == [1] * 4
    assert other.stdout.strip() == "1", other.stderr
