"""Plumbing: CPU affinity, the processors that the threads of this process may run on.

Python runs one thread of a process at a time. Where they are spread over two processors, every change of hands wakes
the other one up, and each statement has several: of a backlog on PostgreSQL 22 taps a second were done, and on one
processor 30. So a worker with a backlog stays on one, and roams again once it is done. Linux alone lets it choose.
"""

import os
import time
from pathlib import Path

STAY = 5.0  # seconds until the kernel is asked anew for the best place

_TASKS = Path("/proc/self/task")
_HERE = Path("/proc/thread-self/stat")


class Affinity:
    """Where the threads of this process may run: on all processors that it was given, or on one of them."""

    def __init__(self) -> None:
        self._given = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") and _HERE.exists() else set()
        self._stays_until = 0.0

    def stay(self) -> None:
        """Keep all threads on the processor that this one runs on. To be called again and again while it is wanted:
        every few seconds they roam until the next call, so that they leave a processor that others need.
        """
        if len(self._given) > 1 and not self._stays_until:
            self._stays_until = time.monotonic() + STAY
            _move_all({_present()})
        else:
            self.roam()

    def roam(self) -> None:
        """Let them run wherever they were allowed to at first, once they have stayed for their time."""
        if self._stays_until and time.monotonic() > self._stays_until:
            self._stays_until = 0.0
            _move_all(self._given)


def _present() -> int:
    """The processor that runs this very thread. Source: proc(5), field 39 of stat."""
    behind_name = _HERE.read_text().rpartition(")")[2].split()
    return int(behind_name[39 - 3])


def _move_all(processors: set[int]) -> None:
    for task in _TASKS.iterdir():
        try:
            os.sched_setaffinity(int(task.name), processors)
        except OSError:
            continue  # the thread has ended, or we may not choose
