"""The quickstart as a stranger pastes it: a new Django project, three processes, the sandbox as WeCom."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.docs.pages import blocks
from tests.support import ROOT, free_port, wait_until

PAGE = ROOT / "docs" / "wecom" / "quickstart.md"
PATIENCE = 30
BIN = Path(sys.executable).parent


def surroundings() -> dict[str, str]:
    """Nothing of this test run's environment, but its Python and where the clone lies."""
    return {"PATH": f"{BIN}:{os.environ['PATH']}", "REPO": str(ROOT), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Every block that is to be pasted, in its order."""
    for block in blocks(PAGE):
        if block.file:
            with (tmp_path / block.file).open("a", encoding="utf-8") as file:
                file.write("\n" + block.text)
        elif block.language == "sh" and not block.why_not_run:
            ran = subprocess.run(
                ["sh", "-e"], input=block.text, cwd=tmp_path, env=surroundings(), capture_output=True, text=True
            )
            assert ran.returncode == 0, ran.stdout + ran.stderr
    return tmp_path


@pytest.fixture
def start(project: Path) -> Iterator[Callable[..., None]]:
    """Start a process in the project's folder; all are ended with the test."""
    running: list[subprocess.Popen] = []

    def start(*arguments: str) -> None:
        with (project / f"log-{len(running)}").open("w") as log:
            command = [sys.executable, *arguments]
            running.append(subprocess.Popen(command, env=surroundings(), cwd=project, stdout=log, stderr=log))

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(PATIENCE)


def test_it_works_when_it_is_pasted(project: Path, start: Callable[..., None]) -> None:
    wecom, site = free_port(), free_port()
    settings = project / "mysite" / "settings.py"
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


def test_what_is_installed_is_what_this_project_installs() -> None:
    """The same names as in requirements.in, and the same pins."""
    line = next(block.text for block in blocks(PAGE) if "pip install" in block.text)
    packages = re.sub(r'["\\\\]', "", line.split("pip install ")[1]).split()
    assert set(packages) <= set((ROOT / "requirements.in").read_text("utf-8").split())
