"""What several tests need: waiting, threads, free ports, and the surroundings of a second process."""

import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from django.db import connection, connections

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


def wait_until(predicate: Callable[[], T | None], *, seconds: float = 10, what: str = "it") -> T:
    """The first true answer of `predicate`; an assertion fails when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := predicate()):
        assert time.monotonic() < end, f"waited {seconds} s for {what} in vain"
        time.sleep(0.02)
    return answer


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in `count` threads that start together; what each returned or raised, in no order."""
    gate, results = threading.Barrier(count), list[Any]()

    def one() -> None:
        try:
            gate.wait(10)
            results.append(work())
        except BaseException as error:  # noqa: BLE001  the test judges it
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == count, "a thread did not come back within 60 s"
    return results


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The database of this very test run, for a process that the test starts."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    who = quote(settings["USER"]) + (f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else "")
    return f"postgres://{who}@{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"


def child_environment(**more: str) -> dict[str, Any]:
    """The environment for a process that works on this test run's database under tests.settings."""
    ours = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database_url(), "PYTHONPATH": str(ROOT)}
    return {**os.environ, **ours, **more}


def unpacked_wheel(home: Path) -> Path:
    """A folder with what `pip install` of this repository puts into site-packages; nothing is downloaded for it."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index"]
    built = subprocess.run([*command, "--wheel-dir", str(home), str(ROOT)], capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = home.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(home / "packages")
    return home / "packages"
