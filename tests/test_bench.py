"""The benchmark runs. What it measures here means nothing: nobody's test depends on how busy a machine is."""

import subprocess
import sys
from pathlib import Path

from tests.support import ROOT


def test_a_quick_run_measures_everything_and_writes_the_report(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--on", "sqlite", "--output", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    text = report.read_text("utf-8")
    for words in (
        "answers a second ÷ empty view, 64 connections",
        "enqueue to start",
        "jobs of 20 ms a second",
        "taps drained by one worker",
        "verify, decrypt, parse",
        "list callbacks",
    ):
        assert words in text
