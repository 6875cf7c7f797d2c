"""Fixtures for the whole suite: no way out to the internet, nothing left over from the test before."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, connections
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.settings import SQLITE_FILE

# A busy machine is no counter-example.
hypothesis_settings.register_profile("project", deadline=None)
hypothesis_settings.load_profile("project")


class WayOut(RuntimeError):
    """A test tried to reach something beyond this machine; no OSError, so that nobody takes it for bad weather."""


def _is_near(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name in ("localhost", settings.DATABASES["default"].get("HOST")):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def no_way_out() -> Iterator[None]:
    """Every socket of this process connects to loopback only, and no foreign name is looked up."""
    looks_up, connects, connects_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def check(host: Any) -> None:
        if not _is_near(host):
            raise WayOut(f"a test tried to reach {host!r}")

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        check(host)
        return looks_up(host, *args, **kwargs)

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            check(address[0])
        connects(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if self.family != socket.AF_UNIX:
            check(address[0])
        return connects_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's test database; before it is dropped, connections that threads forgot are ended."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
                )
        connections.close_all()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """pytest-django's names of the test databases; at the very end nothing of SQLite's stays behind."""
    yield
    for leftover in SQLITE_FILE.parent.glob(f"{SQLITE_FILE.stem}[._-]*"):
        leftover.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def empty_caches(request: pytest.FixtureRequest) -> None:
    """The caches are no tables of a model: neither a rollback nor a flush would empty them for us."""
    caches["default"].clear()
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db", "live_server"} & set(
        request.fixturenames
    ):
        request.getfixturevalue("db")
        caches["wecom"].clear()


@pytest.fixture(autouse=True)
def language_of_the_site() -> None:
    """A request leaves its language behind in the thread, and the next test may ask for none."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def fresh_count_of_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process logs a few refusals of each kind in ten seconds: those of another test do not count here."""
    from wecom import views

    monkeypatch.setattr(views, "_refusals", views._Refusals())
