"""Fresh databases, with the durability that production has."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


@contextmanager
def sqlite(home: Path) -> Iterator[str]:
    """The address of a database in a file on the disk where `home` lies."""
    yield f"sqlite:///{home / 'bench.sqlite3'}"


@contextmanager
def postgresql(server: str) -> Iterator[str]:
    """The address of a new database on that server, which is dropped at the end."""
    name = f"bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True, connect_timeout=3) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def analyze() -> None:
    """Let PostgreSQL look at what was just written, as it does by itself within a minute or so: without, it may look
    for one card by walking through all of its app. SQLite, as a site has it, never looks.
    """
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def described() -> str:
    """What holds the data, and how durably; asked of the database itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
            cursor.execute("PRAGMA synchronous")
            level = {2: "FULL", 1: "NORMAL", 0: "OFF"}.get(cursor.fetchone()[0], "?")
            return f"SQLite {sqlite3.sqlite_version}, journal_mode {mode.upper()}, synchronous {level}"
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('synchronous_commit'), current_setting('fsync')"
        )
        version, commit, fsync = cursor.fetchone()
        return f"PostgreSQL {version.split()[0]}, synchronous_commit {commit}, fsync {fsync}"
