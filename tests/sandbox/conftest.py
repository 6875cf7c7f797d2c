"""Fixtures for the tests of the sandbox."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.sandbox.kit import Listener
from wecom.sandbox import delivery, housekeeping


@pytest.fixture
def listener(transactional_db: None, settings: Settings) -> Iterator[Listener]:
    """A callback server, set as the application's callback URL; short pauses between tries."""
    it = Listener()
    server = it.start()
    settings.SANDBOX_CALLBACK_URL = it.url
    housekeeping.configure(retry_pause_ms=10)
    yield it
    assert delivery.join(30), "a delivery is still under way"
    server.shutdown()
    server.server_close()
