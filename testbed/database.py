"""A PostgreSQL cluster of our own: initdb, the server, the shop's schema."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time

import psycopg

from testbed.config.schema import DATABASE, SCHEMA
from testbed.config.servers import postgres_conf
from testbed.errors import StartError
from testbed.layout import Layout
from testbed.programs import find_program
from testbed.supervisor import START_DEADLINE_S, ProcessSpec

USER = "postgres"
"""The system's user that runs the server where we are root, as PostgreSQL refuses to run as root."""


def _as_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(USER)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [find_program("setpriv"), *ids]


def create_cluster(layout: Layout) -> None:
    """Run initdb in the work folder and write the server's configuration.

    Raises:
        StartError: The folder holds a cluster already, or initdb failed.
    """
    data, sockets = layout.work / "postgres", layout.work / "sockets"
    try:
        data.mkdir(mode=0o700)
        sockets.mkdir()
    except FileExistsError as error:
        raise StartError(f"{layout.work} was used before; give a new --work folder") from error
    if os.geteuid() == 0:
        for folder in (data, sockets):
            shutil.chown(folder, USER, USER)
    argv = [*_as_user(), find_program("initdb"), "-D", str(data), "-U", USER, "-A", "trust"]
    made = subprocess.run(
        [*argv, "--no-sync", "-E", "UTF8", "--locale=C"],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if made.returncode != 0:
        raise StartError(f"initdb failed: {made.stderr.strip()}")
    (data / "postgresql.conf").write_text(postgres_conf(layout.ports["postgres"], sockets))


def server(layout: Layout) -> ProcessSpec:
    """The server on that cluster; SIGINT is its fast shutdown."""
    argv = [*_as_user(), find_program("postgres"), "-D", str(layout.work / "postgres")]
    return ProcessSpec("postgres", argv, layout.ports["postgres"], "postgres", signal.SIGINT)


def create_schema(layout: Layout) -> None:
    """Make the shop's database with its first rows."""
    with connect_when_up(layout.database_url("postgres")) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}".encode())
    with psycopg.connect(layout.postgres_url) as connection:
        connection.execute(SCHEMA.encode())


def connect_when_up(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect as soon as PostgreSQL, whose port is open already, has finished its start."""
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL accepts no connections: {error}") from error
            time.sleep(0.1)
