"""Resident memory of a process, as Linux tells it (proc(5): status, clear_refs)."""

import threading
from pathlib import Path
from typing import Self


def status_bytes(pid: int | str, field: str) -> int:
    """One of the sizes in /proc/PID/status, such as VmRSS or VmHWM; exits where there is none."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"this system does not tell {field}")


class Highest:
    """The largest that a size of another process was while this is open, looked at every 20 ms."""

    def __init__(self, pid: int, field: str) -> None:
        self._pid, self._field = pid, field
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(0.02):
            self.bytes = max(self.bytes, status_bytes(self._pid, self._field))


def forget_highest(pid: int | str) -> None:
    """Let VmHWM begin anew at what is held now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
