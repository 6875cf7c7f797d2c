"""What `make install`, `make tools` and `make run` do.

Runs before anything is installed, so it needs the standard library alone. Whatever a person can put right ends
in one sentence (Chinese, then English) and exit code 1.
"""

import hashlib
import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 15


class Stop(Exception):
    """We cannot go on; the text tells the person at the keyboard why."""


def say(text: str) -> None:
    print(text, flush=True)


# --- Set-up ---------------------------------------------------------------------------------------------------------


def venv_python(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


def ensure_venv(root: Path) -> None:
    """A `.venv` that runs and has pip; a half-made one, or one whose Python is gone, is made anew."""
    if _runs(venv_python(root)):
        return
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Stop(
            "这个 Python 缺少 venv 模块，请先运行 apt install python3-venv。  "
            "This Python lacks the venv module: run apt install python3-venv first."
        ) from None
    say("创建 .venv …  Making .venv …")
    _quietly(sys.executable, "-m", "venv", "--clear", str(root / ".venv"))


def _runs(python: Path) -> bool:
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def ensure_lock(root: Path, lock: str) -> None:
    """Install one hashed lock into `.venv`, unless this very text of it has been installed there."""
    stamp = root / ".venv" / f"{lock}.sha256"
    digest = hashlib.sha256((root / lock).read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    say(f"安装 {lock}（可能要几分钟）…  Installing {lock}, this may take minutes …")
    _quietly(
        str(venv_python(root)),
        *("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--require-hashes", "-r", str(root / lock)),
    )
    stamp.write_text(digest)


def ensure_env(root: Path) -> None:
    """Write `.env` from `.env.example` with a fresh secret key; one that is there is never touched."""
    target = root / ".env"
    if target.exists():
        return
    say("写入 .env …  Writing .env …")
    example = (root / ".env.example").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^DJANGO_SECRET_KEY=.*$", f"DJANGO_SECRET_KEY={secrets.token_urlsafe(48)}", example)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _quietly(*command: str) -> None:
    """Run one step in silence; show what it said only when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        shown = " ".join(command[1:4])
        raise Stop(f"{done.stdout.strip()}\n这一步没有成功：{shown}  This step failed: {shown}")


# --- Port -----------------------------------------------------------------------------------------------------------


def chosen_port(root: Path, environ: Mapping[str, str]) -> int:
    """`PORT` of the process, else of `.env`, else 8000."""
    text = environ.get("PORT", "")
    if not text and (root / ".env").is_file():
        found = re.findall(r"(?m)^\s*(?:export\s+)?PORT\s*=\s*[\"']?(\w*)", (root / ".env").read_text(encoding="utf-8"))
        text = found[-1] if found else ""
    if not text:
        return 8000
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Stop(f"PORT={text} 不是 1 到 65535 的端口号。  PORT={text} is no port number from 1 to 65535.")
    return int(text)


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Stop(f"没有权限使用端口 {port}。  No permission to use port {port}.") from None
        except OSError:
            raise Stop(
                f"端口 {port} 已被占用，可以换一个：make run PORT={port % 65535 + 1}  "
                f"Port {port} is taken; try another: make run PORT={port % 65535 + 1}"
            ) from None


# --- Web and worker -------------------------------------------------------------------------------------------------


class Group:
    """Processes that live and die together.

    Each leads a process group of its own: a Ctrl-C of the terminal reaches us alone, and each of them is told to stop
    once. gunicorn, told twice, may leave a request unanswered and complain of a worker that had to be killed.
    """

    def __init__(self) -> None:
        self.members: dict[str, subprocess.Popen[bytes]] = {}
        self.asked_to_stop = False

    def start(self, name: str, command: list[str], root: Path) -> None:
        self.members[name] = subprocess.Popen(command, cwd=root, process_group=0)

    def heed_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: setattr(self, "asked_to_stop", True))

    def first_dead(self) -> tuple[str, int] | None:
        for name, process in self.members.items():
            if process.poll() is not None:
                return name, process.returncode
        return None

    def watch(self, is_up: Callable[[], bool], announce: Callable[[], None]) -> int:
        """Until a signal (0) or the death of a member (1); whatever still runs then is stopped."""
        try:
            return self._watch(is_up, announce)
        finally:
            self.stop()

    def _watch(self, is_up: Callable[[], bool], announce: Callable[[], None]) -> int:
        up, give_up_at = False, time.monotonic() + START_SECONDS
        while not self.asked_to_stop:
            if dead := self.first_dead():
                name, code = dead
                raise Stop(f"{name} 已退出（{code}），其余已停止。  {name} ended with {code}; the rest was stopped.")
            if not up and (up := is_up()):
                announce()
            if not up and time.monotonic() > give_up_at:
                raise Stop(f"{START_SECONDS} 秒内没有启动成功。  Not up within {START_SECONDS} s.")
            time.sleep(0.1)
        say("\n正在停止 …  Stopping …")
        return 0

    def stop(self) -> None:
        for process in self.members.values():
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for process in self.members.values():
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(port: int) -> bool:
    """Does the site answer at all, and without failing?"""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def addresses(port: int, *, demo: bool) -> str:
    site = f"http://{HOST}:{port}"
    lines = ["", f"  网站  Site     {site}/"]
    if demo:
        lines.append(f"  手机  Phones   {site}/sandbox/")
    lines.append(f"  管理  Admin    {site}/admin/" + ("     admin / admin" if demo else ""))
    lines.append(f"  接口  API      {site}/api/docs/")
    return "\n".join([*lines, "", "  Ctrl-C 停止  Ctrl-C stops", ""])


# --- Commands -------------------------------------------------------------------------------------------------------


def tools() -> int:
    ensure_venv(ROOT)
    ensure_lock(ROOT, "requirements.txt")
    ensure_lock(ROOT, "requirements-dev.txt")
    return 0


def prepare() -> bool:
    """Everything before the first request; True if the demonstration (the sandbox) is on."""
    ensure_venv(ROOT)
    ensure_lock(ROOT, "requirements.txt")
    ensure_env(ROOT)
    say("准备数据库 …  Preparing the database …")
    done = subprocess.run([venv_python(ROOT), "-m", "wecomsite.prepare"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Stop("没有准备好，原因见上。  Not prepared; the reason stands above.")
    return "demo" in done.stdout.split()


def install() -> int:
    prepare()
    say("准备好了，运行 make run 启动。  Ready: make run starts it.")
    return 0


def run() -> int:
    port = chosen_port(ROOT, os.environ)
    refuse_taken_port(port)
    os.environ["PORT"] = str(port)
    demo = prepare()
    group = Group()
    group.heed_signals()
    python = str(venv_python(ROOT))
    web = f"-m gunicorn wecomsite.wsgi --bind {HOST}:{port} --worker-class gthread --workers 2 --threads 4"
    quiet = "--log-level warning --graceful-timeout 5 --no-control-socket"
    say("启动中 …  Starting …")
    group.start("web", [python, *web.split(), *quiet.split()], ROOT)
    group.start("worker", [python, "manage.py", "run_worker"], ROOT)
    return group.watch(lambda: answers(port), lambda: say(addresses(port, demo=demo)))


def main(name: str) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know Chinese
    try:
        return {"install": install, "tools": tools, "run": run}[name]()
    except (Stop, OSError) as stop:  # OSError: no space, no permission, a file in the way
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
