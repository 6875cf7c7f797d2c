"""Where the threads of a worker run."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wecom import affinity
from wecom.affinity import Affinity

GIVEN = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

pytestmark = pytest.mark.skipif(len(GIVEN) < 2, reason="this system gives us one processor, or does not let us choose")


@pytest.fixture(autouse=True)
def another_thread() -> Iterator[None]:
    """One besides this one, and all processors again at the end."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield
    done.set()
    thread.join()
    affinity._move_all(GIVEN)


def places() -> set[frozenset[int]]:
    """Where each of the threads may run, every answer once."""
    return {frozenset(os.sched_getaffinity(int(task.name))) for task in Path("/proc/self/task").iterdir()}


def test_it_stays_with_all_its_threads_on_one_processor() -> None:
    Affinity().stay()
    (place,) = places()
    assert len(place) == 1


def test_it_does_not_roam_before_it_has_stayed_for_a_while() -> None:
    one = Affinity()
    one.stay()
    one.roam()
    one.stay()
    assert {len(place) for place in places()} == {1}


def test_then_it_roams_and_stays_anew_where_the_kernel_has_put_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affinity, "STAY", -1.0)
    one = Affinity()
    one.stay()
    one.stay()
    assert places() == {frozenset(GIVEN)}
    one.stay()
    assert {len(place) for place in places()} == {1}
    one.roam()
    assert places() == {frozenset(GIVEN)}


def test_it_roams_over_no_more_than_it_was_given() -> None:
    """As systemd's CPUAffinity or a container may have it: one processor alone, and nothing to choose."""
    least = {min(GIVEN)}
    affinity._move_all(least)
    one = Affinity()
    one.stay()
    one.roam()
    assert places() == {frozenset(least)}
