"""`make install` and `make run`: what a person sees when something is missing, and processes that end together."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT, free_port
from wecomsite import launch

MAKE = shutil.which("make") or "make"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that a start touches, without .venv and .env."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "wecomsite", folder / "wecomsite", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", ".env.example", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def fakes(tmp_path: Path) -> Path:
    """The only folder on PATH; a test puts its pythons there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def put_python(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def make(clone: Path, target: str, path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "LANG": "C.UTF-8"}
    return subprocess.run(
        [MAKE, "--no-print-directory", target, *words],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def sentences(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was said, without make's own line about the exit code."""
    return [line for line in (done.stdout + done.stderr).splitlines() if line and not line.startswith("make: ***")]


def exit_code_named_by_make(done: subprocess.CompletedProcess[str]) -> str:
    return str(re.findall(r"Error (\d+)$", done.stderr.strip())[-1])


def test_without_a_new_enough_python_there_is_one_sentence(clone: Path, fakes: Path) -> None:
    put_python(fakes, "python3", "exit 1")  # as Python 3.10 answers our question
    put_python(fakes, "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    done = make(clone, "run", fakes)
    assert len(sentences(done)) == 1
    assert "Python 3.11 or newer is needed" in sentences(done)[0]
    assert exit_code_named_by_make(done) == "1"


def test_without_the_venv_module_there_is_one_sentence(clone: Path, fakes: Path) -> None:
    (fakes / "ensurepip.py").write_text("raise ModuleNotFoundError('ensurepip')")
    put_python(fakes, "python3", f'PYTHONPATH="{fakes}" exec {sys.executable} "$@"')
    done = make(clone, "run", fakes, f"PORT={free_port()}")
    assert len(sentences(done)) == 1
    assert "apt install python3-venv" in sentences(done)[0]
    assert exit_code_named_by_make(done) == "1"
    assert not (clone / ".venv").exists()


def test_a_taken_port_gives_one_sentence_before_anything_is_installed(clone: Path, fakes: Path) -> None:
    put_python(fakes, "python3", f'exec {sys.executable} "$@"')
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = make(clone, "run", fakes, f"PORT={port}")
    assert len(sentences(done)) == 1
    assert f"Port {port} is taken" in sentences(done)[0]
    assert exit_code_named_by_make(done) == "1"
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "８０００"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(launch.Stop, match="no port number"):
        launch.chosen_port(tmp_path, {"PORT": text})


@pytest.mark.parametrize(
    ("process", "file", "expected"),
    [({}, "", 8000), ({}, "#PORT=1\nPORT='8111'\n", 8111), ({"PORT": "8222"}, "PORT=8111\n", 8222)],
)
def test_the_port_comes_from_the_process_then_env_file(
    tmp_path: Path, process: dict[str, str], file: str, expected: int
) -> None:
    (tmp_path / ".env").write_text(file)
    assert launch.chosen_port(tmp_path, process) == expected


def test_a_shim_that_does_not_run_is_passed_over(clone: Path, fakes: Path) -> None:
    put_python(fakes, "python3.13", "exit 127")
    put_python(fakes, "python3", f'exec {sys.executable} "$@"')
    done = make(clone, "run", fakes, "PORT=none")
    assert "PORT=none is no port number" in sentences(done)[0]


def test_env_is_written_with_a_fresh_key_and_for_its_owner_only(clone: Path) -> None:
    launch.ensure_env(clone)
    text = (clone / ".env").read_text(encoding="utf-8")
    assert re.search(r"(?m)^DJANGO_SECRET_KEY=[\w-]{64}$", text)
    assert (clone / ".env").stat().st_mode & 0o777 == 0o600
    assert text.count("\n") == (clone / ".env.example").read_text(encoding="utf-8").count("\n")


def test_an_env_that_exists_is_never_touched(clone: Path) -> None:
    (clone / ".env").write_text("DATABASE_URL=postgres://db/mine\n")
    launch.ensure_env(clone)
    assert (clone / ".env").read_text() == "DATABASE_URL=postgres://db/mine\n"


def test_a_half_made_venv_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    launch.ensure_venv(tmp_path)
    done = subprocess.run([launch.venv_python(tmp_path), "-m", "pip", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert str(tmp_path) in done.stdout


def test_a_lock_is_installed_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(launch, "_quietly", lambda *command: ran.append(command))
    (tmp_path / ".venv").mkdir()
    lock = tmp_path / "requirements.txt"
    for text in ("one", "one", "two"):
        lock.write_text(text)
        launch.ensure_lock(tmp_path, lock.name)
    assert len(ran) == 2
    assert "--require-hashes" in ran[0]


def test_a_failed_installation_leaves_no_stamp_and_shows_what_pip_said(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    put_python(tmp_path / ".venv" / "bin", "python", "echo 'no matching distribution'; exit 1")
    (tmp_path / "requirements.txt").write_text("one")
    with pytest.raises(launch.Stop, match="no matching distribution"):
        launch.ensure_lock(tmp_path, "requirements.txt")
    assert list((tmp_path / ".venv").iterdir()) == [tmp_path / ".venv" / "bin"]


SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
DIES = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def group() -> Iterator[launch.Group]:
    group = launch.Group()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield group
    group.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_when_one_process_dies_the_other_is_stopped_and_the_death_is_named(group: launch.Group) -> None:
    group.start("web", SLEEPS, ROOT)
    group.start("worker", DIES, ROOT)
    with pytest.raises(launch.Stop, match="worker ended with 3"):
        group.watch(lambda: True, lambda: None)
    assert group.members["web"].poll() == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_both_and_is_no_failure(group: launch.Group, number: signal.Signals) -> None:
    group.heed_signals()
    group.start("web", SLEEPS, ROOT)
    group.start("worker", SLEEPS, ROOT)
    announced = threading.Event()

    def announce() -> None:
        announced.set()
        os.kill(os.getpid(), number)

    assert group.watch(lambda: True, announce) == 0
    assert announced.is_set()
    assert [process.poll() for process in group.members.values()] == [-signal.SIGTERM] * 2


def test_a_ctrl_c_of_the_terminal_reaches_the_launcher_alone(group: launch.Group) -> None:
    group.start("web", SLEEPS, ROOT)
    assert os.getpgid(group.members["web"].pid) not in (os.getpgid(0), os.getpid())


def test_every_variable_that_settings_read_is_named_in_env_example_and_no_other() -> None:
    source = (ROOT / "wecomsite" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"""env\.\w+\(\s*["']([A-Z_]+)["']""", source))
    read |= {f"WECOM_{name}" for name in re.findall(r"""\bread\(["']([A-Z_]+)["']\)""", source)}
    named = set(re.findall(r"(?m)^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8")))
    assert read == named


def test_env_example_names_every_variable_of_the_design() -> None:
    design = """
        DJANGO_SECRET_KEY DJANGO_DEBUG DJANGO_ALLOWED_HOSTS DJANGO_CSRF_TRUSTED_ORIGINS DATABASE_URL CACHE_URL
        WECOM_CORP_ID WECOM_AGENT_ID WECOM_SECRET WECOM_CALLBACK_TOKEN WECOM_ENCODING_AES_KEY WECOM_API_BASE_URL
        WECOM_SANDBOX WECOM_INSTANT_FEEDBACK WECOM_RUNNER RESPONSE_CODE_TTL_HOURS RESPONSE_CODE_HARD_TTL_HOURS
        UPDATE_AFTER_REPLY_MS WECOM_PREVIOUS_CALLBACK_TOKEN WECOM_PREVIOUS_ENCODING_AES_KEY WECOM_APPS
    """
    named = set(re.findall(r"(?m)^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8")))
    assert set(design.split()) <= named
