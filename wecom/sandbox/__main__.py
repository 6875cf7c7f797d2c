"""Door: `python -m wecom.sandbox`, a WeCom on this machine for any SDK in any language."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from . import standalone, world

CREDENTIALS = {  # option → name in the settings, what it is called in the console
    "--corp-id": ("CORP_ID", "CorpID"),
    "--agent-id": ("AGENT_ID", "AgentId"),
    "--secret": ("SECRET", "Secret"),
    "--token": ("CALLBACK_TOKEN", "Token"),
    "--aes-key": ("ENCODING_AES_KEY", "EncodingAESKey"),
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m wecom.sandbox",
        description="A WeCom (企业微信) on this machine: API, callbacks, phones. Nothing leaves the machine.",
    )
    made.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    made.add_argument("--port", type=int, default=8800, help="port to listen at, 0 for any free one (default: 8800)")
    made.add_argument(
        "--callback-url",
        default="http://127.0.0.1:8000/wecom/callback/",
        help="where callbacks go; empty: the application has none (default: %(default)s)",
    )
    made.add_argument("--database", type=Path, help="SQLite file to keep everything in (default: forgotten at the end)")
    made.add_argument("--world", type=Path, help="YAML file of a scripted world to begin with, see docs/worlds")
    for option, (name, console) in CREDENTIALS.items():
        made.add_argument(option, dest=name, default=world.CREDENTIALS[name], help=f"{console} of the application")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's `&` has it born deaf to the first
        signal.signal(number, _stop)
    try:
        with tempfile.TemporaryDirectory(prefix="wecom-sandbox-") as home:
            return _serve(options, options.database or Path(home) / "sandbox.sqlite3")
    except KeyboardInterrupt:
        _say("\n已停止  Stopped")
        return 0


def _serve(options: argparse.Namespace, database: Path) -> int:
    credentials = {name: str(getattr(options, name)) for name, _console in CREDENTIALS.values()}
    try:
        script = options.world.read_text("utf-8") if options.world else ""
    except (OSError, UnicodeDecodeError) as exc:
        return _sorry(f"{options.world} 读不了  cannot be read ({getattr(exc, 'strerror', '') or exc})")
    try:
        server_port = _free_port(options.host, options.port)
    except OSError as exc:
        where, why = f"{_shown(options.host)}:{options.port}", exc.strerror or str(exc)
        return _sorry(f"{where} 用不了，换一个 --port  cannot listen there, choose another --port ({why})")
    site = f"http://{_shown(options.host)}:{server_port}"
    standalone.configure(
        database=database,
        site_url=site,
        callback_url=options.callback_url,
        credentials=credentials,
        hosts=["*"] if options.host in ("0.0.0.0", "::") else [options.host, "localhost", "127.0.0.1"],  # noqa: S104
    )
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import run

    from . import delivery, worlds
    from .script_yaml import WorldError

    try:
        if script:
            worlds.load(script)
    except WorldError as exc:
        return _sorry(f"{options.world}: {exc}")

    def announce(port: object) -> None:
        delivery.resume()
        _say(_announcement(site))

    handler = StaticFilesHandler(WSGIHandler())
    run(options.host, server_port, handler, ipv6=":" in options.host, threading=True, on_bind=announce)
    return 0


def _announcement(site: str) -> str:
    """Where everything is, and what one types into an SDK: of every application, should a script have brought more."""
    from . import applications, people

    rows = [
        ("接口", "API", f"{site}/cgi-bin/"),
        ("手机", "Phones", f"{site}/"),
        ("遥控", "Control", f"{site}/control/ledger/"),
        ("群机器人", "Robot", f"{site}/cgi-bin/webhook/send?key={world.ROBOT_KEY}"),
        ("成员", "Members", " ".join(member.userid for member in people.everybody())),
    ]
    for app in applications.every():
        rows += [
            ("应用", "App", app.name),
            ("CorpID", "", app.corp_id),
            ("AgentId", "", app.agent_id),
            ("Secret", "", app.secret),
            ("Token", "", app.callback_token),
            ("EncodingAESKey", "", app.encoding_aes_key),
            ("回调", "Callbacks", app.callback_url or "—"),
        ]
    lines = [f"  {_column(' '.join(filter(None, (here, there))))}{value}" for here, there, value in rows]
    return "\n".join(["", "企业微信沙箱  WeCom sandbox", *lines, "", "  Ctrl-C 停止  Ctrl-C stops", ""])


def _column(words: str, width: int = 18) -> str:
    """Padded for a terminal, where a Chinese character is two columns wide."""
    return words + " " * (width - sum(2 if ord(letter) > 0x2E7F else 1 for letter in words))


def _free_port(host: str, port: int) -> int:
    """The port, once it is known to be free; any free one for 0."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _shown(host: str) -> str:
    """The host as one types it into a browser on this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _sorry(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
