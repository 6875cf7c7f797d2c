"""Facts: named points of death. A test lets a process kill itself at the Nth pass of one, to see what is left.

Off unless the settings of a test name a point: `CRASH_POINT = "out.claimed:3"` with `CRASH_TALLY`, a directory that
counts the passes of all processes together, so that nobody dies of the same pass twice. Refused where debug is off.
Being off costs the look-up of `crash.point`.

cb.*    a callback on its way into the inbox           out.*   one try of an effect
tok.*   a token being fetched                          adm.*   what a person asked for
purge.*   what was kept for long enough being dropped
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

POINTS = (
    "cb.verified",
    "cb.inserted_not_committed",
    "cb.committed_not_answered",
    "cb.handled_not_committed",
    "out.claimed",
    "out.token_got",
    "out.attempt_not_committed",
    "out.attempt_committed",
    "out.request_sent",
    "out.answer_read",
    "out.result_not_committed",
    "out.result_committed",
    "tok.leased",
    "tok.fetched_not_stored",
    "tok.stored",
    "adm.retry_not_committed",
    "purge.batch",
)


def _live_on(name: str) -> None:
    """The point while it is off."""


point: Callable[[str], None] = _live_on


def arm(spec: str, *, tally: str) -> None:
    """Die at `name:N`. Raises ValueError where there is no such point or N is no number above 0."""
    global point
    name, _, number = spec.partition(":")
    if name not in POINTS or not number.isdecimal() or int(number) < 1 or not tally:
        raise ValueError(f"CRASH_POINT is {spec!r}: name:N with a known name, and CRASH_TALLY a directory")

    def die_there(passed: str) -> None:
        if passed == name and _count(Path(tally)) == int(number):
            os.kill(os.getpid(), signal.SIGKILL)

    point = die_there


def _count(tally: Path) -> int:
    """The number of this pass: the first that nobody has taken. Making a file that must be new is one step."""
    number = 1
    while True:
        try:
            (tally / str(number)).touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return number
