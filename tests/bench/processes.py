"""The processes that are measured, and what they cost: CPU and memory, as the kernel counts them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import ROOT, free_port

from . import envelopes

WEB = "--worker-class gthread --workers 2 --threads 4"  # as `make run` and docs/production.md have it
_TICKS = os.sysconf("SC_CLK_TCK")


def surroundings(*, database_url: str, home: Path) -> dict[str, str]:
    """The environment of every process of one run: production's values, nothing of the developer's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    upstream = free_port()
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.bench.host.settings",
        "DJANGO_ENV_FILE": os.devnull,
        "DJANGO_SECRET_KEY": "only-for-make-bench-0123456789-abcdefghijklmnopqrstuvwxyz",
        "DATABASE_URL": database_url,
        "WECOM_CORP_ID": envelopes.CORP_ID,
        "WECOM_AGENT_ID": envelopes.AGENT_ID,
        "WECOM_SECRET": "bench-secret",
        "WECOM_CALLBACK_TOKEN": envelopes.TOKEN,
        "WECOM_ENCODING_AES_KEY": envelopes.AES_KEY,
        "WECOM_API_BASE_URL": f"http://127.0.0.1:{upstream}/cgi-bin/",
        "BENCH_HOME": str(home),
        "BENCH_NOTES": str(home / "notes"),
        "BENCH_UPSTREAM_PORT": str(upstream),
    }


class Process:
    """A process and its children, in a group of their own."""

    def __init__(self, *arguments: str, log: Path) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, stdout=file, stderr=file, start_new_session=True
            )

    def cpu(self) -> float:
        """Seconds of CPU that all of them have used so far."""
        return sum(int(stat[11]) + int(stat[12]) for stat in self._stats()) / _TICKS

    def memory(self, what: str = "VmRSS") -> float:
        """MB of the process itself: VmRSS now, VmHWM at the most so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition(f"{what}:")[2].split()[0]) / 1024

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def _stats(self) -> Iterator[list[str]]:
        """Of each process of the group what stands in its /proc/…/stat behind the name: state, parent, group, …"""
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                stat = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(stat[2]) == self._process.pid:
                yield stat


class Web(Process):
    def __init__(self, *, log: Path) -> None:
        self.port = free_port()
        bind = f"--bind 127.0.0.1:{self.port} --log-level warning --no-control-socket"
        super().__init__("-m", "gunicorn", *WEB.split(), *bind.split(), "wecomsite.wsgi", log=log)


@contextmanager
def web(home: Path) -> Iterator[Web]:
    """gunicorn, once it answers."""
    from . import load

    server = Web(log=home / "web.log")
    ask = envelopes.requests(envelopes.EMPTY, [b""])
    end = time.monotonic() + 30
    try:
        while True:
            try:
                if load.ask_once(server.port, ask[0]) == 200:
                    break
            except OSError:
                pass
            if time.monotonic() > end:
                raise TimeoutError(f"the server does not come up; see {home / 'web.log'}")
            time.sleep(0.1)
        yield server
    finally:
        server.stop()


@contextmanager
def worker(home: Path) -> Iterator[Process]:
    """run_worker with its default slots; nobody waits for it to be ready."""
    process = Process(str(ROOT / "manage.py"), "run_worker", log=home / "worker.log")
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def upstream(home: Path, *, ms: int) -> Iterator[Path]:
    """A WeCom that needs `ms` for each answer; gives the file in which it notes the cards that it updated."""
    notes = home / "upstream"
    notes.write_text("")
    port = os.environ["BENCH_UPSTREAM_PORT"]
    process = Process("-m", "tests.bench.upstream", port, str(ms), str(notes), log=home / "upstream.log")
    try:
        yield notes
    finally:
        process.kill()
