"""A supervised process of the lab, and how those before it under its name ended."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

STOP_S = 10.0
"""So long a process may take to end after SIGTERM: Docker kills it then."""


class Stop(NamedTuple):
    """How a process ended that was told to.

    start    which one of its name it was, from 1
    seconds  from SIGTERM to its end
    code     its exit code: 0 where it handed all back, 1 where its own deadline ended it
    """

    start: int
    seconds: float
    code: int


@dataclass
class Member:
    """One supervised process: `patternwatch COMMAND`."""

    name: str
    command: str
    settings: Mapping[str, str]
    wanted: bool = False
    process: subprocess.Popen[bytes] | None = None
    sink: subprocess.Popen[bytes] | None = None
    starts: int = 0
    killed: bool = False
    """Whether we have killed the process that is there."""
    is_told_to_end: bool = False
    stops: list[Stop] = field(default_factory=list)
    """Of those that were told to end."""
    ended_by_itself: list[int] = field(default_factory=list)
    """Exit codes of those that nobody killed or told to end."""

    @property
    def pid(self) -> int | None:
        """Of the process that runs."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None

    def begin(self) -> None:
        """Another process is about to be started under this name."""
        self.starts += 1
        self.killed = False

    def note_end(self) -> None:
        """The process has ended: whether by itself."""
        was_told = bool(self.stops) and self.stops[-1].start == self.starts
        if self.process is not None and not self.killed and not was_told:
            self.ended_by_itself.append(self.process.returncode)

    def overdue(self) -> list[Stop]:
        """Those that took longer to end than they may."""
        return [stop for stop in self.stops if stop.seconds > STOP_S]
