"""The quickstart as a stranger pastes it: a new Django project, three processes, the sandbox as WeCom."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.docs.pages import blocks
from tests.support import ROOT, free_port, unpacked_wheel, wait_until

PAGE = ROOT / "docs" / "wecom" / "quickstart.md"
PATIENCE = 30
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Project:
    """A folder into which a reader has pasted all of the page, and an environment in which `wecom` was installed."""

    folder: Path
    environment: dict[str, str]


@pytest.fixture
def project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    installed = unpacked_wheel(tmp_path_factory.mktemp("package"))
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(installed), "LANG": "C.UTF-8"}
    for block in blocks(PAGE):
        if block.file:
            with (tmp_path / block.file).open("a", encoding="utf-8") as file:
                file.write("\n" + block.text)
        elif block.language == "sh" and not block.why_not_run:
            ran = subprocess.run(
                ["sh", "-e"], input=block.text, cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            assert ran.returncode == 0, ran.stdout + ran.stderr
    return Project(tmp_path, environment)


@pytest.fixture
def start(project: Project) -> Iterator[Callable[..., None]]:
    """Start a process in the project's folder; all are ended with the test."""
    running: list[subprocess.Popen] = []

    def start(*arguments: str) -> None:
        with (project.folder / f"log-{len(running)}").open("w") as log:
            command = [sys.executable, *arguments]
            running.append(
                subprocess.Popen(command, env=project.environment, cwd=project.folder, stdout=log, stderr=log)
            )

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(PATIENCE)


def test_it_works_when_it_is_pasted(project: Project, start: Callable[..., None]) -> None:
    wecom, site = free_port(), free_port()
    settings = project.folder / "mysite" / "settings.py"
    settings.write_text(settings.read_text("utf-8").replace("127.0.0.1:8800", f"127.0.0.1:{wecom}"), "utf-8")
    start("-m", "wecom.sandbox", "--port", str(wecom), "--callback-url", f"http://127.0.0.1:{site}/wecom/callback/")
    start("manage.py", "runserver", "--noreload", str(site))
    start("manage.py", "run_worker")

    def control(door: str, **body: Any) -> None:
        answer = requests.post(f"http://127.0.0.1:{wecom}/control/{door}/", json=body, timeout=PATIENCE)
        assert answer.ok, answer.text

    def card() -> dict[str, Any]:
        ledger = requests.get(f"http://127.0.0.1:{wecom}/control/ledger/", timeout=PATIENCE).json()
        chat = ledger["members"].get("zhangsan", {"messages": []})["messages"]
        return next((one for one in chat if one["msgtype"] == "template_card"), {})

    def is_up(address: str) -> bool:
        try:
            return requests.get(address, timeout=5).status_code < 500
        except requests.RequestException:
            return False

    wait_until(lambda: is_up(f"http://127.0.0.1:{wecom}/"), seconds=PATIENCE, what="the phones")
    wait_until(lambda: is_up(f"http://127.0.0.1:{site}/admin/login/"), seconds=PATIENCE, what="the site")
    control("say", member="zhangsan", text="午饭")
    wait_until(card, seconds=PATIENCE, what="the card")
    control("tap", member="zhangsan", event_key="rice", message_id=card()["message_id"])
    wait_until(lambda: card()["replace_text"] == "张三 选了 米饭", seconds=PATIENCE, what="the answer on the card")


def test_the_handlers_have_ten_lines() -> None:
    (handlers,) = [block.text for block in blocks(PAGE) if block.file.endswith("handlers.py")]
    body = [line for line in handlers.splitlines() if line.strip() and not line.startswith(("from ", "import "))]
    assert len(body) <= 10


def test_every_extra_that_is_named_exists() -> None:
    line = next(block.text for block in blocks(PAGE) if "pip install" in block.text)
    extras = re.findall(r"\$REPO\[([\w,]+)\]", line)[0].split(",")
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(extras) <= set(known)
