"""The whole system as separate processes: gunicorn with two workers (site and sandbox), and run_worker."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.city import City


@pytest.fixture
def city(transactional_db: Any, request: pytest.FixtureRequest) -> Iterator[City]:
    """A running system on this test's database. `@pytest.mark.surroundings(NAME=value)` adds to its environment."""
    mark = request.node.get_closest_marker("surroundings")
    made = City(**(mark.kwargs if mark else {}))
    try:
        made.start()
        yield made
    finally:
        made.stop()
