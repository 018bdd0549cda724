"""CPU seconds of other processes and of this machine, as Linux tells them (proc(5): PID/stat, stat)."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def process_seconds(pid: int) -> float:
    """CPU seconds of a process since its start, in user and kernel mode."""
    # The command in parentheses may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def idle_seconds() -> float:
    """CPU seconds in which this machine had nothing to do, of all its cores, since its start."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(fields[4]) + int(fields[5])) / _TICKS
