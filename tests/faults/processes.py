"""One process of the running system, and what can be done to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support import ROOT


class Process:
    """Starts, dies and starts again, always with the surroundings it was given last."""

    def __init__(self, *arguments: str, environment: Mapping[str, str], log: Path) -> None:
        self.arguments = arguments
        self.usual = dict(environment)
        self.environment = dict(environment)
        self.log = log
        self.wanted = False
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._running
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def runs_with(self, more: Mapping[str, str]) -> bool:
        return self.wanted and self.alive and self.environment == {**self.usual, **more}

    def start(self, **more: str) -> None:
        """Start; `more` joins the usual environment until the next start(…) with others."""
        self.environment = {**self.usual, **more}
        self._start()

    def tend(self) -> bool:
        """As a supervisor does: what should run and does not is started again; whether that was necessary."""
        if not self.wanted or self.alive:
            return False
        self._start()
        return True

    def kill(self) -> None:
        """As sudden as can be, with all its children."""
        self.wanted = False
        if self._running:
            self._signal(signal.SIGKILL)
            self._running.wait()

    def die(self) -> None:
        """As sudden, but still wanted: tend() starts it again."""
        if self._running:
            self._signal(signal.SIGKILL)
            self._running.wait()

    def kill_one_child(self) -> None:
        """One of gunicorn's workers; its master starts another."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        if children:
            os.kill(int(children[time.monotonic_ns() % len(children)]), signal.SIGKILL)

    def stop(self, *, seconds: float = 15) -> tuple[int, float]:
        """As a deploy does, by SIGTERM: exit code and seconds; -9 after `seconds`."""
        self.wanted = False
        if not self._running:
            return 0, 0.0
        started = time.monotonic()
        self._running.send_signal(signal.SIGTERM)
        try:
            code = self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            code = -9
        return code, time.monotonic() - started

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def is_frozen(self) -> bool:
        """Whether somebody, perhaps it itself, has stopped it."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def memory_mb(self) -> int:
        """What it holds of the machine's memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def _start(self) -> None:
        self.wanted = True
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, *self.arguments],
                env=self.environment,
                cwd=ROOT,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return
