"""The examples of the documentation run: in one process, and as a site, a worker and a sandbox of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import ROOT, free_port, wait_until

EXAMPLES = ROOT / "docs" / "examples"
PATIENCE = 30


def surroundings(**more: str) -> dict[str, str]:
    """Nothing of this test run's environment."""
    ours = {"PYTHONPATH": f"{ROOT}:{EXAMPLES}", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    return {"PATH": os.environ["PATH"], **ours, **more}


def test_the_tests_of_the_example_pass_as_a_project_would_run_them(tmp_path: Path) -> None:
    (tmp_path / "tested.py").write_text(
        "from approval.settings import *\n"
        "INSTALLED_APPS += ['wecom.sandbox']\n"
        "SANDBOX_CALLBACK_URL = 'http://testserver/wecom/callback/'\n"
    )
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nDJANGO_SETTINGS_MODULE = tested\npythonpath = .\naddopts = -p wecom.sandbox.pytest_plugin\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    ran = subprocess.run(
        [*command, "-c", str(tmp_path / "pytest.ini"), str(EXAMPLES / "approval" / "tests.py")],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout


def test_a_handler_file_stays_as_short_as_it_says() -> None:
    lines = (EXAMPLES / "approval" / "handlers.py").read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 40


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start a process of the example; all are ended with the test."""
    running: list[subprocess.Popen] = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen:
        command = [sys.executable, "-m", *arguments]
        with (tmp_path / f"log-{len(running)}").open("w") as log:
            running.append(
                subprocess.Popen(command, env=surroundings(**environment), cwd=tmp_path, stdout=log, stderr=log)
            )
        return running[-1]

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(PATIENCE)


def test_as_a_site_a_worker_and_a_sandbox_of_their_own(run: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    wecom, site = free_port(), free_port()
    ours = {
        "DJANGO_SETTINGS_MODULE": "approval.settings",
        "WECOM_API_BASE_URL": f"http://127.0.0.1:{wecom}/cgi-bin/",
        "DATABASE": str(tmp_path / "approval.sqlite3"),
    }
    assert run("django", "migrate", **ours).wait(PATIENCE) == 0, (tmp_path / "log-0").read_text()
    run("wecom.sandbox", "--port", str(wecom), "--callback-url", f"http://127.0.0.1:{site}/wecom/callback/")
    run("django", "runserver", "--noreload", str(site), **ours)
    run("django", "run_worker", **ours)

    def control(door: str, **body: Any) -> Any:
        return requests.post(f"http://127.0.0.1:{wecom}/control/{door}/", json=body, timeout=PATIENCE).json()

    def chat(member: str) -> list[dict[str, Any]]:
        ledger = requests.get(f"http://127.0.0.1:{wecom}/control/ledger/", timeout=PATIENCE).json()
        return [one for one in ledger["members"][member]["messages"] if one["visible"]]

    def seen(member: str) -> list[str]:
        return [one.get("replace_text") or one.get("text", "") for one in chat(member)]

    def is_up(port: int) -> bool:
        try:
            return bool(requests.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE).status_code)
        except requests.ConnectionError:
            return False

    wait_until(lambda: is_up(wecom) and is_up(site), seconds=PATIENCE, what="both servers")
    control("say", member="zhangsan", text="请假 3 天")
    wait_until(lambda: len(seen("wangwu")) == 1, seconds=PATIENCE, what="the card")
    control("tap", member="lisi", event_key="agree", message_id=chat("lisi")[0]["message_id"])
    wait_until(lambda: seen("wangwu")[0].endswith("已同意"), seconds=PATIENCE, what="the end of the card")
    wait_until(lambda: seen("lisi") == seen("wangwu"), seconds=PATIENCE, what="the same for both")
    wait_until(lambda: f"{seen('lisi')[0]}您的请假。" in seen("zhangsan"), seconds=PATIENCE, what="the answer")
