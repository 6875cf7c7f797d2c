"""`python -m wecom.sandbox` as a process of its own, used as an SDK of any language would use it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.kit import Listener, a_card
from tests.support import ROOT, free_port, wait_until
from wecom.sandbox.world import CREDENTIALS

ASKED = {"corpid": CREDENTIALS["CORP_ID"], "corpsecret": CREDENTIALS["SECRET"]}
PATIENCE = 30


class Alone:
    """The process, and a few words to it."""

    def __init__(self, process: subprocess.Popen[str], site: str, log: Path) -> None:
        self.process, self.site, self.log = process, site, log

    def control(self, door: str, body: Any = None) -> Any:
        return requests.post(f"{self.site}/control/{door}/", json=body, timeout=PATIENCE).json()

    def ledger(self) -> Any:
        return requests.get(f"{self.site}/control/ledger/", timeout=PATIENCE).json()

    def call(self, path: str, body: Any) -> Any:
        token = requests.get(f"{self.site}/cgi-bin/gettoken", params=ASKED, timeout=PATIENCE).json()["access_token"]
        raw = json.dumps({"agentid": 1000042, **body}, ensure_ascii=False).encode()
        address = f"{self.site}/cgi-bin/{path}"
        return requests.post(address, params={"access_token": token}, data=raw, timeout=PATIENCE).json()

    def send_card(self, task_id: str = "lf-1@1") -> Any:
        card = {"touser": "lisi", "msgtype": "template_card", "template_card": a_card(task_id)}
        return self.call("message/send", card)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "wecom.sandbox", *arguments]


@contextmanager
def alone(log: Path, *arguments: str, port: int | None = None) -> Iterator[Alone]:
    """Started, answering; killed at the end if it still runs. It has nothing of the tests' environment."""
    number = port or free_port()
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(log.parent), "LANG": "C.UTF-8"}
    with log.open("w") as out:
        process = subprocess.Popen(
            command("--port", str(number), *arguments),
            cwd=log.parent,
            env=surroundings,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        it = Alone(process, f"http://127.0.0.1:{number}", log)
        wait_until(lambda: "Ctrl-C" in log.read_text() or process.poll() is not None, seconds=PATIENCE)
        assert process.poll() is None, log.read_text()
        yield it
    finally:
        process.kill()
        process.wait(PATIENCE)


@pytest.fixture
def receiver() -> Iterator[Listener]:
    it = Listener()
    server = it.start()
    yield it
    server.shutdown()
    server.server_close()


def test_it_is_a_whole_wecom_for_any_sdk(tmp_path: Path, receiver: Listener) -> None:
    with alone(tmp_path / "log", "--callback-url", receiver.url) as sandbox:
        assert sandbox.send_card()["errcode"] == 0
        page = requests.get(f"{sandbox.site}/?left=lisi", timeout=PATIENCE)
        assert "有人认领您捡到的工卡" in page.text
        assert "/admin/" not in page.text
        style = requests.get(f"{sandbox.site}/static/wecom/card.css", timeout=PATIENCE)
        assert style.headers["Content-Type"].startswith("text/css")
        told = sandbox.control("tap", {"member": "lisi", "event_key": "confirm", "task_id": "lf-1@1", "wait": True})
        assert told["delivery"]["statuses"] == [200]
        (got,) = receiver.got
        assert (got.text("EventKey"), got.text("TaskId"), got.text("FromUserName")) == ("confirm", "lf-1@1", "lisi")
        words = sandbox.log.read_text()
        assert CREDENTIALS["SECRET"] in words.split("Ctrl-C")[0]  # what one types into the SDK
        assert "access_token" not in words


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_and_nothing_stays(tmp_path: Path, how: signal.Signals) -> None:
    with alone(tmp_path / "log") as sandbox:
        assert sandbox.send_card()["errcode"] == 0
        assert list(tmp_path.glob("wecom-sandbox-*"))
        assert sandbox.end(how) == 0
        assert sandbox.log.read_text().rstrip().endswith("Stopped")
        assert "Traceback" not in sandbox.log.read_text()
    assert not list(tmp_path.glob("wecom-sandbox-*"))


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    with alone(tmp_path / "log", port=port):
        second = subprocess.run(
            command("--port", str(port)), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
        )
    assert second.returncode == 1
    assert second.stdout == ""
    (sentence,) = second.stderr.splitlines()
    assert f"127.0.0.1:{port}" in sentence
    assert "--port" in sentence


def test_a_database_of_ones_own_keeps_everything(tmp_path: Path) -> None:
    kept = ("--database", str(tmp_path / "kept.sqlite3"))
    with alone(tmp_path / "log", *kept) as sandbox:
        sandbox.send_card()
        sandbox.end(signal.SIGTERM)
    with alone(tmp_path / "log", *kept) as sandbox:
        (message,) = sandbox.ledger()["members"]["lisi"]["messages"]
        assert message["task_id"] == "lf-1@1"
    with alone(tmp_path / "log") as sandbox:
        assert sandbox.ledger()["messages"] == []


def test_a_tap_that_was_on_its_way_when_the_process_died_arrives_after_the_next_start(
    tmp_path: Path, receiver: Listener
) -> None:
    kept = ("--database", str(tmp_path / "kept.sqlite3"), "--callback-url", receiver.url)
    with alone(tmp_path / "log", *kept) as sandbox:
        sandbox.send_card()
        sandbox.control("faults", {"api": "callback", "fault": "delay", "value": 60_000})
        sandbox.control("tap", {"member": "lisi", "event_key": "confirm", "task_id": "lf-1@1"})
        wait_until(lambda: not sandbox.ledger()["faults"], what="the delay")
        sandbox.process.kill()
        sandbox.process.wait(PATIENCE)
    assert receiver.got == []
    with alone(tmp_path / "log", *kept) as sandbox:
        (got,) = wait_until(lambda: receiver.got, what="the tap")
        assert got.text("EventKey") == "confirm"
        wait_until(lambda: sandbox.ledger()["deliveries"][0]["finished"], what="the end of the delivery")
        sandbox.end(signal.SIGTERM)
    with alone(tmp_path / "log", *kept) as sandbox:
        assert len(sandbox.ledger()["deliveries"]) == 1
        assert len(receiver.got) == 1


def test_it_begins_with_a_world_of_ones_own(tmp_path: Path) -> None:
    with alone(tmp_path / "log", "--world", str(ROOT / "docs" / "worlds" / "two-apps.yaml")) as sandbox:
        assert "sunba" in sandbox.ledger()["members"]
        assert "1000043" in sandbox.log.read_text()
        assert "zhaoliu" in sandbox.log.read_text()
        assert "两个应用" in requests.get(f"{sandbox.site}/", timeout=PATIENCE).text


@pytest.mark.parametrize(
    ("text", "words"), [("story: x\nweather: rain\n", "line 2: 'weather'"), (None, "No such file")]
)
def test_a_world_that_is_wrong_is_told_in_one_sentence(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "world.yaml"
    if text:
        path.write_text(text)
    start = command("--port", "0", "--world", str(path))
    ended = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    (sentence,) = ended.stderr.splitlines()
    assert str(path) in sentence
    assert words in sentence


def test_help_names_every_option() -> None:
    shown = subprocess.run(command("--help"), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE).stdout
    for option in ("--port", "--callback-url", "--database", "--world", "--corp-id", "--agent-id", "--secret"):
        assert option in shown
