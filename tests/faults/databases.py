"""The two databases a world can stand on, each with what can be done to it."""

import contextlib
import os
import pwd
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from tests.support import free_port


class Database(Protocol):
    name: str
    url: str

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def away(self) -> contextlib.AbstractContextManager[None]:
        """Inside the block nobody gets an answer from it."""

    def restart(self, how: str = "immediate") -> None:
        """Stop it, "fast" or as suddenly as "immediate", and start it."""

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Inside the block nobody else can write the callbacks."""

    def is_free(self) -> bool:
        """Whether a process that has frozen leaves the others something to write to."""


class SQLite:
    name = "sqlite"

    def __init__(self, home: Path) -> None:
        self.path = home / "site.sqlite3"
        self.url = f"sqlite:///{self.path}"

    def start(self) -> None:
        """A file needs no server."""

    def stop(self) -> None:
        """Nor an end."""

    def restart(self, how: str = "immediate") -> None:
        """There is nothing to restart."""

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        own = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            own.execute("BEGIN EXCLUSIVE")
            yield
            own.execute("ROLLBACK")
        finally:
            own.close()

    def is_free(self) -> bool:
        """Whether somebody else may write now, or within a second."""
        own = sqlite3.connect(self.path, timeout=1, isolation_level=None)
        try:
            own.execute("BEGIN IMMEDIATE")
            own.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        finally:
            own.close()
        return True

    away = locked  # a file goes away in no other way that a process could survive


class Postgres:
    """A cluster of our own below `home`, run by an unprivileged user."""

    name = "postgresql"

    def __init__(self, home: Path) -> None:
        self.home = home / "pg"
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._made = False

    def start(self) -> None:
        if not self._made:
            self._make()
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories= -c max_connections=200"
        self._run("pg_ctl", "-D", str(self.home / "data"), "-l", str(self.home / "log"), "-w", "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.home / "data"), "-m", how, "-w", "stop")

    def restart(self, how: str = "immediate") -> None:
        """`immediate` is as sudden as a power cut of the server's process."""
        self.stop(how)
        self.start()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        self.stop("immediate")
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        import psycopg

        with psycopg.connect(self.url) as own:
            own.execute("LOCK TABLE wecom_callback IN ACCESS EXCLUSIVE MODE")
            yield
            own.rollback()

    def is_free(self) -> bool:
        """A transaction locks rows, and nobody out."""
        return True

    def _make(self) -> None:
        self.home.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        self._run("initdb", "-D", str(self.home / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self._made = True

    def _run(self, program: str, *arguments: str) -> None:
        who: dict[str, Any] = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam("postgres")
            who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        command = [str(binaries() / program), *arguments]
        with (self.home / "said").open("ab") as said:
            subprocess.run(command, check=True, cwd="/", stdout=said, stderr=said, timeout=60, **who)


def binaries() -> Path:
    """Where the programs of the newest PostgreSQL on this machine lie."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    own = shutil.which("initdb")
    if own is None:
        raise SystemExit("no PostgreSQL on this machine: install it, or run with --database sqlite")
    return Path(own).parent


KINDS: dict[str, type[SQLite] | type[Postgres]] = {"sqlite": SQLite, "postgresql": Postgres}
