"""Named points of death: off by default, exact where a test asks for one, refused in production."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from tests.support import ROOT
from wecom import crash

PASSES = """
import sys
from wecom import crash
crash.arm(sys.argv[1], tally=sys.argv[2])
for number in range(1, 5):
    crash.point("out.claimed")
    crash.point("out.token_got")
    print(number, flush=True)
"""


def run(spec: str, tally: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PASSES, spec, str(tally)], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    return done.returncode, done.stdout.split()


def test_nothing_happens_unless_a_test_asks_for_it() -> None:
    assert all(crash.point(name) is None for name in crash.POINTS)


def test_a_process_dies_at_the_very_pass_and_the_next_one_lives(tmp_path: Path) -> None:
    assert run("out.claimed:3", tmp_path) == (-9, ["1", "2"])
    assert run("out.claimed:3", tmp_path) == (0, ["1", "2", "3", "4"])


@pytest.mark.parametrize("spec", ["out.claimd:1", "out.claimed", "out.claimed:0", "out.claimed:x", ""])
def test_a_point_that_does_not_exist_is_an_error(spec: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CRASH_POINT"):
        crash.arm(spec, tally=str(tmp_path))


def test_every_point_stands_in_the_code() -> None:
    code = "".join(path.read_text() for path in (ROOT / "wecom").rglob("*.py") if path.name != "crash.py")
    assert [name for name in crash.POINTS if f'crash.point("{name}")' not in code] == []


def test_the_setting_is_refused_where_debug_is_off(settings: Any) -> None:
    settings.CRASH_POINT = "out.claimed:1"
    assert "wecom.E020" in [message.id for message in run_checks(tags=["wecom"])]
