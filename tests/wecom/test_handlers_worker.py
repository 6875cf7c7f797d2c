"""Handlers in real worker processes: killed in the middle, started twice, and the effect is there once."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from tests.support import ROOT, child_environment, wait_until
from tests.wecom.wire import make_due, message, post, serving
from wecom import dispatch
from wecom.handlers import on_message
from wecom.models import Callback, Lease, Outgoing

pytestmark = pytest.mark.django_db(transaction=True)

HANDLERS = '''
"""An app whose handlers leave a mark, and may be slow."""
import os, time
from pathlib import Path
from wecom.handlers import on_message
from wecom.models import Lease

GATE = Path(os.environ["GATE"])

def work(how):
    Lease.objects.create(pk=f"mark {how} {time.monotonic_ns()}")
    (GATE / f"run {time.monotonic_ns()}").touch()
    while (GATE / "shut").exists():
        time.sleep(0.02)

@on_message("inside")
def inside(reply):
    work("inside")
    reply("done")

@on_message("outside")
def outside(reply, client):
    work("outside")
    reply("done")
'''


class Upstream:
    """A platform that notes what was sent."""

    def __init__(self) -> None:
        self.sent = 0
        self._lock = threading.Lock()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        body = b'{"errcode":0,"access_token":"t","expires_in":7200}'
        with self._lock:
            self.sent += "message/send" in handler.path
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def start(upstream: Upstream, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start real workers on this test's database; none outlives the test."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "tally").mkdir()
    (tmp_path / "demo" / "__init__.py").touch()
    (tmp_path / "demo" / "handlers.py").write_text(HANDLERS)
    settings = "from tests.settings import *\nimport os\nINSTALLED_APPS += ['demo']\n"
    settings += "CRASH_POINT = os.environ.get('DIE_AT', '')\nCRASH_TALLY = os.environ['GATE'] + '/tally'\n"
    (tmp_path / "worker_settings.py").write_text(settings)
    running: list[subprocess.Popen] = []
    with serving(upstream) as url:

        def run(*, stderr: int | None = None, **environment: str) -> subprocess.Popen:
            ours = {"DJANGO_SETTINGS_MODULE": "worker_settings", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
            surroundings = child_environment(WECOM_API_BASE_URL=url, GATE=str(tmp_path), **ours, **environment)
            command = [sys.executable, str(ROOT / "manage.py"), "run_worker", "--slots", "2"]
            running.append(subprocess.Popen(command, env=surroundings, cwd=ROOT, stderr=stderr))
            return running[-1]

        yield run
        for process in running:
            process.kill()
            process.wait()


def write(client: Browser, content: str) -> None:
    """A message arrives; only the processes handle it."""
    with dispatch.alone():
        on_message()(lambda: None)
        assert post(client, message(MsgType="text", Content=content, MsgId="1")).status_code == 200


def marks() -> int:
    return Lease.objects.filter(name__startswith="mark").count()


def runs(tmp_path: Path) -> int:
    return len(list(tmp_path.glob("run *")))


def settled() -> Any:
    outgoing = list(Outgoing.objects.values_list("state", flat=True))
    return Callback.objects.get().state == "done" and outgoing == ["done"]


@pytest.mark.parametrize(("how", "left_behind", "marks_at_last"), [("inside", 0, 1), ("outside", 1, 2)])
def test_killed_in_the_middle_of_a_handler(
    client: Browser, start: Any, upstream: Upstream, tmp_path: Path, how: str, left_behind: int, marks_at_last: int
) -> None:
    """Inside a transaction nothing is left of the first run; with `client` its own writes are, and are said to be."""
    (tmp_path / "shut").touch()
    write(client, how)
    process = start()
    wait_until(lambda: runs(tmp_path), seconds=30, what="the handler")
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: marks() == left_behind, what="the database to roll back")
    assert not Outgoing.objects.exists()
    (tmp_path / "shut").unlink()
    make_due()
    start()
    wait_until(settled, seconds=30, what="the second run")
    assert (runs(tmp_path), marks(), upstream.sent) == (2, marks_at_last, 1)


@pytest.mark.parametrize("how", ["inside", "outside"])
def test_killed_between_the_end_of_a_handler_and_the_commit(
    client: Browser, start: Any, upstream: Upstream, tmp_path: Path, how: str
) -> None:
    write(client, how)
    assert start(DIE_AT="cb.handled_not_committed:1").wait(timeout=30) == -signal.SIGKILL
    assert (Callback.objects.get().state, Outgoing.objects.count()) == ("running", 0)
    make_due()
    start()
    wait_until(settled, seconds=30, what="the second run")
    assert (runs(tmp_path), upstream.sent) == (2, 1)


def test_two_workers_run_a_handler_once(client: Browser, start: Any, upstream: Upstream, tmp_path: Path) -> None:
    processes = [start(), start()]
    wait_until(lambda: Lease.objects.filter(name__startswith="worker:").count() == 2, seconds=30, what="both workers")
    write(client, "inside")
    wait_until(settled, seconds=30, what="the run")
    assert (runs(tmp_path), marks(), upstream.sent) == (1, 1, 1)
    assert all(process.poll() is None for process in processes)


def test_a_project_with_two_handlers_for_one_key_does_not_start(start: Any, tmp_path: Path) -> None:
    (tmp_path / "demo" / "handlers.py").write_text(
        "from wecom.handlers import on_card\n\n@on_card('a')\ndef one(): ...\n\n@on_card('a')\ndef two(): ...\n"
    )
    said = start(stderr=subprocess.PIPE).communicate(timeout=30)[1].decode()
    assert "two handlers for @on_card('a'): demo.handlers.one (line 3) and demo.handlers.two (line 6)" in said
