"""The worker: a real process, and what it does when it is stopped, killed or started twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from tests.support import ROOT, child_environment, wait_until
from tests.wecom.wire import make_due, serving
from wecom import dispatch, jobs, listen, outbox, worker
from wecom.models import Attempt, Callback, Lease, Outgoing

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

APP = '''
"""An app for the worker tests: an effect that sends a text."""
from datetime import datetime, timedelta
from wecom import outbox

def prepare(row):
    body = {"touser": "lisi", "msgtype": "text", "text": {"content": row.subject}}
    return outbox.Call(path="message/send", body=body)

def settle(row, result):
    return None

outbox.register(outbox.Kind(name="demo.tell", prepare=prepare, settle=settle, keeps_trying_for=timedelta(hours=1)))
'''


class Upstream:
    """A platform that notes what was sent, and answers after `takes` seconds."""

    def __init__(self) -> None:
        self.takes = 0.0
        self.sent: list[str] = []
        self.busy = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        body = b'{"errcode":0,"access_token":"t","expires_in":7200}'
        if "message/send" in handler.path:
            with self._lock:
                self.sent.append(handler.path)
                self.busy += 1
                self.most = max(self.most, self.busy)
            time.sleep(self.takes)
            with self._lock:
                self.busy -= 1
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    made = Upstream()
    with serving(made) as url:
        made.url = url  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def start(upstream: Upstream, tmp_path: Path) -> Iterator[Any]:
    """Start real worker processes on this test's database; none outlives the test."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "__init__.py").touch()
    (tmp_path / "demo" / "effects.py").write_text(APP)
    (tmp_path / "worker_settings.py").write_text("from tests.settings import *\nINSTALLED_APPS += ['demo']\n")
    running: list[subprocess.Popen] = []

    def run(*arguments: str, **environment: str) -> subprocess.Popen:
        surroundings = child_environment(
            WECOM_API_BASE_URL=upstream.url,  # type: ignore[attr-defined]
            **{"DJANGO_SETTINGS_MODULE": "worker_settings", "PYTHONPATH": f"{tmp_path}:{ROOT}", **environment},
        )
        command = [sys.executable, str(ROOT / "manage.py"), "run_worker", *arguments]
        running.append(subprocess.Popen(command, env=surroundings, cwd=ROOT))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()


def owe(count: int = 1, *, due_at: datetime | None = None) -> None:
    kind = outbox.Kind(
        name="demo.tell",
        prepare=lambda row: outbox.Nothing("only the process sends"),
        settle=lambda row, result: None,
        keeps_trying_for=timedelta(hours=1),
    )
    with patch.dict("wecom.outbox.kinds._kinds", {"demo.tell": kind}), transaction.atomic():
        for number in range(count):
            outbox.owe("demo.tell", subject=number, effect_key=f"tell:{number}:{time.monotonic_ns()}", due_at=due_at)


def states() -> list[str]:
    return sorted(Outgoing.objects.values_list("state", flat=True))


def test_what_is_owed_is_sent_by_several_slots_at_once(start: Any, upstream: Upstream) -> None:
    upstream.takes = 0.3
    owe(12)
    start("--slots", "4")
    wait_until(lambda: states() == ["done"] * 12, seconds=30, what="12 sends")
    assert len(upstream.sent) == 12
    assert upstream.most == 4


def test_two_workers_send_nothing_twice(start: Any, upstream: Upstream) -> None:
    upstream.takes = 0.02
    owe(30)
    start()
    start()
    wait_until(lambda: states() == ["done"] * 30, seconds=30, what="30 sends")
    assert len(upstream.sent) == 30
    assert Attempt.objects.count() == 30


def test_a_worker_told_to_stop_finishes_the_call_in_hand(start: Any, upstream: Upstream) -> None:
    upstream.takes = 1.5
    owe(3)
    process = start("--slots", "1")
    wait_until(lambda: upstream.busy, seconds=20, what="the first call")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert states() == ["done", "waiting", "waiting"]
    assert not Attempt.objects.filter(outcome="open").exists()


def test_a_worker_told_to_stop_leaves_a_call_that_hangs_behind_as_a_doubt(start: Any, upstream: Upstream) -> None:
    upstream.takes = 30
    owe(1)
    process = start("--slots", "1")
    wait_until(lambda: upstream.busy, seconds=20, what="the call")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert Outgoing.objects.get().tries.get().outcome in ("open", "unknown")


def test_what_a_killed_worker_had_in_hand_is_due_again_with_a_doubt(start: Any, upstream: Upstream) -> None:
    upstream.takes = 5
    owe(1)
    process = start("--slots", "1")
    wait_until(lambda: upstream.busy, seconds=20, what="the call")
    process.send_signal(signal.SIGKILL)
    process.wait()
    row = Outgoing.objects.get()
    assert (row.state, row.tries.get().outcome) == ("running", "open")
    assert row.lease_until is not None
    assert row.lease_until <= timezone.now() + jobs.LEASE
    make_due()
    upstream.takes = 0
    start("--slots", "1")
    wait_until(lambda: states() == ["done"], seconds=20, what="the repeat")
    assert [attempt.outcome for attempt in Outgoing.objects.get().tries.all()] == ["unknown", "applied"]


def test_a_worker_beats_and_says_goodbye(start: Any) -> None:
    process = start()
    beat = wait_until(lambda: Lease.objects.filter(name__startswith="worker:").first(), seconds=20, what="a beat")
    assert beat.until > timezone.now() + timedelta(seconds=15)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    beat.refresh_from_db()
    assert beat.until <= timezone.now()


def test_a_row_is_taken_up_within_a_moment_of_being_owed(start: Any, upstream: Upstream) -> None:
    start()
    wait_until(lambda: Lease.objects.filter(name__startswith="worker:").exists(), seconds=20, what="a beat")
    owe(1)
    wait_until(lambda: states() == ["done"], seconds=3, what="the send")
    row = Outgoing.objects.get()
    assert row.finished_at is not None


def test_run_is_safe_to_call_twice(upstream: Upstream, settings: Any) -> None:
    handled = []
    callback = Callback.objects.create(digest="d", plaintext="<xml></xml>")
    with patch.dict(worker.SORTS, {"callback": worker.Sort(Callback, ("pk",), lambda row: handled.append(row.pk))}):
        assert [worker.run("callback", callback.pk), worker.run("callback", callback.pk)] == [True, False]
    assert handled == [callback.pk]


def test_periodic_work_is_done_once_by_all_workers_together() -> None:
    done = []
    item = dispatch.Periodic("sweep", timedelta(minutes=10), lambda: done.append(1))
    with patch.dict(dispatch._periodic, {"sweep": item}, clear=True):
        worker._periodic_work()
        worker._periodic_work()
        assert done == [1]
        Lease.objects.filter(pk="periodic:sweep").update(until=timezone.now())
        worker._periodic_work()
    assert done == [1, 1]


def test_a_worker_outlives_a_database_that_goes_away() -> None:
    made = worker.Worker(slots=1)
    calls = iter([OperationalError("the server closed the connection"), OperationalError("refused")])
    asked = threading.Event()

    def claim(*args: Any, **kwargs: Any) -> list:
        for error in calls:
            raise error
        asked.set()
        return []

    with patch("wecom.jobs.claim", side_effect=claim), patch.object(worker, "AWAY", 0.01):
        thread = threading.Thread(target=lambda: (made.run(), connections.close_all()))
        thread.start()
        assert asked.wait(10)
        made.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_a_worker_on_an_unmigrated_database_says_so() -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="wecom").order_by("name").last()
    assert newest
    newest.delete()
    try:
        with pytest.raises(CommandError, match="migrate") as raised:
            call_command("run_worker")
    finally:
        newest.save(force_insert=True)
    assert raised.value.returncode == 3


HUEY_APP = '''
"""huey on a real Redis as the back end of the Django Tasks API: what a company that runs it would write."""
import os
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import TaskResult, TaskResultStatus
from django.utils import timezone
from huey import RedisHuey

huey = RedisHuey("wecom-tests-" + os.environ["HUEY_NAME"], url=os.environ["HUEY_REDIS"])


@huey.task()
def execute(path, args):
    from django.db import close_old_connections
    from django.utils.module_loading import import_string
    close_old_connections()
    import_string(path).call(*args)


class Backend(BaseTaskBackend):
    def enqueue(self, task, args, kwargs):
        job = execute(task.module_path, list(args))
        now = timezone.now()
        return TaskResult(task=task, id=job.id, status=TaskResultStatus.READY, enqueued_at=now, started_at=None,
            last_attempted_at=None, finished_at=None, args=list(args), kwargs=dict(kwargs), backend=self.alias,
            errors=[], worker_ids=[])
'''


def test_another_engine_executes_the_rows_huey_on_redis(start: Any, upstream: Upstream, tmp_path: Path) -> None:
    """`WECOM_RUNNER=tasks`: run_worker hands ids over, a huey consumer in another process executes them."""
    import redis

    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        redis.Redis.from_url(url).ping()
    except redis.ConnectionError:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Redis at {url}: the proof with huey needs one")
    (tmp_path / "engine.py").write_text(HUEY_APP)
    (tmp_path / "engine_main.py").write_text("import django; django.setup()\nfrom engine import huey\n")
    surroundings = {"WECOM_RUNNER": "tasks", "TASKS_BACKEND": "engine.Backend", "HUEY_REDIS": url}
    surroundings["HUEY_NAME"] = str(os.getpid())
    owe(5)
    start(**surroundings)
    consumer_environment = child_environment(
        WECOM_API_BASE_URL=upstream.url,  # type: ignore[attr-defined]
        **{**surroundings, "DJANGO_SETTINGS_MODULE": "worker_settings", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "engine_main.huey", "-w", "4", "-k", "thread"]
    consumer = subprocess.Popen(command, env=consumer_environment, cwd=tmp_path)
    try:
        wait_until(lambda: states() == ["done"] * 5, seconds=40, what="5 sends by huey")
    finally:
        consumer.terminate()
        consumer.wait(timeout=20)
    assert len(upstream.sent) == 5
    assert not Outgoing.objects.exclude(attempts=1).exists()


@pytest.mark.parametrize(("pool", "slots"), [(True, 1), ({"min_size": 2}, 1), ({"min_size": 1, "max_size": 19}, 16)])
def test_a_pool_that_is_too_small_for_its_slots_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, pool: Any, slots: int
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "OPTIONS", {"pool": pool})
    with pytest.raises(CommandError, match="connections") as raised:
        call_command("run_worker", slots=slots)
    assert raised.value.returncode == 2


def test_an_engine_that_takes_nothing_does_not_end_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    owe(1)
    monkeypatch.setattr(worker, "AWAY", 0.0)

    def away(kind: str, pk: int) -> None:
        engine.stop()
        raise ConnectionError

    engine = worker.Worker(slots=1, hand_over=away)
    assert engine.run()
    assert Outgoing.objects.get().state == "waiting"


def test_a_worker_that_is_told_of_rows_sleeps_no_longer_than_to_the_next_by_the_clock() -> None:
    made = worker.Worker(slots=1)
    with patch.object(listen, "_heard", threading.Event()):
        listen._heard.set()
        assert made._pause() == listen.POLL_WHEN_TOLD
        owe(1, due_at=timezone.now() + timedelta(seconds=listen.POLL_WHEN_TOLD / 2))
        assert 0 < made._pause() <= listen.POLL_WHEN_TOLD / 2


def test_a_row_that_becomes_due_by_the_clock_is_sent_then_and_not_before(start: Any, upstream: Upstream) -> None:
    start()
    wait_until(lambda: Lease.objects.filter(name__startswith="worker:").exists(), seconds=20, what="a beat")
    due = timezone.now() + timedelta(seconds=1)
    owe(1, due_at=due)
    wait_until(lambda: states() == ["done"], seconds=10, what="the send")
    assert Outgoing.objects.get().tries.get().started_at >= due


@pytest.mark.skipif(PROCESSORS < 2, reason="this system gives us one processor, or does not let us choose")
def test_with_a_backlog_it_stays_on_one_processor_and_roams_again_after_it(start: Any, upstream: Upstream) -> None:
    upstream.takes = 0.05
    owe(60)
    process = start("--slots", "2")

    def places() -> str:
        status = Path(f"/proc/{process.pid}/status").read_text()
        return status.partition("Cpus_allowed_list:")[2].split()[0]

    everywhere = places()
    wait_until(lambda: places().isdigit(), seconds=20)
    wait_until(lambda: set(states()) == {"done"}, seconds=30)
    wait_until(lambda: places() == everywhere, seconds=20)
