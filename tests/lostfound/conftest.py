"""Fixtures for the tests of the lost and found."""

from collections.abc import Iterator

import pytest
import responses

from tests.lostfound.world import WeCom


@pytest.fixture
def wecom(db: None) -> Iterator[WeCom]:
    """A small WeCom behind the real client."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield WeCom(mock)
