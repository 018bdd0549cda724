"""The processes of the lab: a Kafka behind the proxy, workers, the API; all supervised."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.faults.members import Member, Stop
from patternwatch.cli.process_group import inherited_environment
from patternwatch.kafka.dev.commands import DevKafka
from patternwatch.kafka.dev.free_ports import free_port

RESTART_S = 0.5
"""Between the end of a process and the start of the next one, as a supervisor would do it."""
_KILL_AFTER_S = 30.0
"""A process that was told to end and has not by then is killed."""
_LOG_S = 5.0
"""How long the last lines of a log may take."""
_LISTENERS = """\
listeners=PLAINTEXT://127.0.0.1:{{port}},PROXIED://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{{controller}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},PROXIED://127.0.0.1:{proxy}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
"""
"""Whoever comes by the proxy is told the proxy's address for everything that follows."""


class Cluster:
    """A context manager: everything in it is ended, by its id, at the end.

    Logs go through a pipe to `NAME.N.log` (N counts the starts), so that a limit on the size of a process's
    files does not meet its log.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        taken: set[int] = set()
        self.proxy_port, self.behind_proxy, self.api_port = (free_port(0, taken) for _ in range(3))
        self.folder = folder
        self.kafka = DevKafka(
            folder / "kafka",
            free_port(0, taken),
            _LISTENERS.format(behind=self.behind_proxy, proxy=self.proxy_port),
        )
        common = {
            "KAFKA__BOOTSTRAP": f"127.0.0.1:{self.proxy_port}",
            "LOG__FORMAT": "json",
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'lab.db'}",
            "PORT": str(self.api_port),
            **settings,
        }
        self.members = {"api": Member("api", "api", common)} | {
            name: Member(name, "worker", {**common, "METRICS_PORT": "0"})
            for name in ("worker0", "worker1", "worker2")
        }

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.kafka.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.signal_broker(signal.SIGCONT)
        await asyncio.to_thread(self.kafka.stop)

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def broker_pid(self) -> int | None:
        """Of the broker, where it runs."""
        state = self.kafka.running()
        return state.pid if state is not None else None

    def pids(self) -> dict[str, int]:
        """Of the supervised processes that run, by the name of their log: name and number of the start."""
        return {
            f"{name}.{member.starts}": pid
            for name, member in self.members.items()
            if (pid := member.pid) is not None
        }

    def log(self, name: str) -> Path:
        """Of the last process of this name."""
        return self.folder / f"{name}.{self.members[name].starts}.log"

    def compile(self) -> None:
        """Compile what is not compiled yet, so that no worker does it again and again while it is killed."""
        subprocess.run(
            [sys.executable, "-m", "patternwatch.cli", "warm"], check=True, stdout=subprocess.DEVNULL
        )

    def start(self, name: str) -> None:
        """Start a process, and start it again whenever it ends."""
        self.members[name].wanted = True
        self._start(self.members[name])

    async def supervise(self) -> None:
        """Start whatever has ended again, for ever."""
        while True:
            await asyncio.sleep(RESTART_S)
            for member in self.members.values():
                if member.wanted and member.pid is None and not member.is_told_to_end:
                    member.note_end()
                    self._start(member)

    async def leave_all(self) -> None:
        """End every supervised process."""
        await asyncio.gather(*(self.leave(name) for name in self.members))

    async def leave(self, name: str) -> None:
        """End a process for good, as a supervisor that scales down does."""
        member = self.members[name]
        member.wanted = False
        await self.end(name)
        if member.sink is not None:
            try:
                await asyncio.to_thread(member.sink.wait, _LOG_S)
            except subprocess.TimeoutExpired:
                member.sink.kill()

    async def end(self, name: str) -> None:
        """Tell a process to end (SIGTERM), and wait for it: how long it took stands in its `stops`.

        Where it is wanted, another one is started afterwards.
        """
        member = self.members[name]
        process = member.process
        if process is None or member.pid is None:
            return
        began, member.is_told_to_end = time.monotonic(), True
        try:
            self.signal(name, signal.SIGCONT)
            self.signal(name, signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, _KILL_AFTER_S)
            except subprocess.TimeoutExpired:
                self.signal(name, signal.SIGKILL)
                await asyncio.to_thread(process.wait)
            member.stops.append(Stop(member.starts, time.monotonic() - began, process.returncode))
        finally:
            member.is_told_to_end = False

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a process of ours, if it runs."""
        member = self.members[name]
        if (pid := member.pid) is not None:
            member.killed |= number == signal.SIGKILL
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def signal_broker(self, number: int) -> None:
        """Send a signal to the broker, if it runs."""
        if (pid := self.broker_pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _start(self, member: Member) -> None:
        member.begin()
        own = {f"PATTERNWATCH_{key}": value for key, value in member.settings.items()}
        with self.log(member.name).open("wb") as sink:
            member.sink = subprocess.Popen(
                ["cat"], stdin=subprocess.PIPE, stdout=sink, start_new_session=True
            )
        member.process = subprocess.Popen(
            [sys.executable, "-m", "patternwatch.cli", member.command],
            stdin=subprocess.DEVNULL,
            stdout=member.sink.stdin,
            stderr=member.sink.stdin,
            env=inherited_environment() | {"TMPDIR": str(self.folder)} | own,
            start_new_session=True,
        )
        assert member.sink.stdin is not None
        member.sink.stdin.close()
