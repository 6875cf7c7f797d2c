"""Fixtures for the tests of the wire."""

from collections.abc import Iterator

import pytest
import responses

from tests.wecom.wire import Platform


@pytest.fixture
def platform() -> Iterator[Platform]:
    """WeCom's API, scripted; a call that no script foresees is refused like a host that is away."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Platform(mock)
