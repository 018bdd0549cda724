"""A real PostgreSQL for tests: one server a process of tests, a database of its own for every test."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.support import free_port, wait_until

_USER = "postgres"


class PostgresServer:
    """A cluster in a folder; PostgreSQL refuses to run as root, so root runs it as another user."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._sockets = folder / "sockets"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for made in (self._data, self._sockets):
            made.mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(made, _USER, _USER)
        options = ["-D", str(self._data), "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run([*self._command("initdb"), *options], check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        """Start it on its port, and wait until it accepts connections."""
        options = ["-D", str(self._data), "-p", str(self._port), "-k", str(self._sockets), "-F"]
        self._process = subprocess.Popen(
            [*self._command("postgres"), *options, "-h", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        wait_until("PostgreSQL", self._accepts)

    def stop(self) -> None:
        """End it at once, connections too (fast shutdown)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
            self._process = None

    def new_database(self, options: str = "") -> str:
        """SQLAlchemy's URL of an empty database; options are those of CREATE DATABASE."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {name} STRATEGY FILE_COPY {options}")
        return f"postgresql+asyncpg://{_USER}@127.0.0.1:{self._port}/{name}"

    def _command(self, program: str) -> list[str]:
        command = [str(self._programs / program)]
        if os.geteuid() != 0:
            return command
        user = pwd.getpwnam(_USER)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]

    def _accepts(self) -> bool:
        try:
            self._run("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def _run(self, statement: str) -> None:
        """Execute it from within a running event loop, too."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(self._execute(statement))).result()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._port, user=_USER, database="postgres", timeout=10
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server; without one installed the test is skipped, or failed under CI=true."""
    # Not below pytest's own folders, which another user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="patternwatch-postgres-"))
    folder.chmod(0o755)
    try:
        server = PostgresServer(_programs(), folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server of this process."""
    with postgres_server() as server:
        yield server


def _programs() -> Path:
    """Where PostgreSQL's programs lie: on PATH, or in Debian's folder of the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders and (os.geteuid() != 0 or shutil.which("setpriv")):
        return folders[-1]
    reason = "PostgreSQL (initdb, and setpriv for root) is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: CI must have it")
    pytest.skip(reason)
