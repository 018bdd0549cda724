"""CPU, memory, I/O and scheduling of a process and its children, from /proc (see proc(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Usage:
    """Sums over a process tree; times in seconds, sizes in bytes."""

    cpu_user: float = 0.0
    cpu_system: float = 0.0
    resident: float = 0.0
    processes: int = 0
    threads: int = 0
    open_files: int = 0
    read_bytes: float = 0.0
    write_bytes: float = 0.0
    page_faults: float = 0.0
    states: dict[str, int] = field(default_factory=dict)


def process_tree(root: int) -> list[int]:
    """The process and all its descendants that exist now; empty when it is gone."""
    if not Path(f"/proc/{root}").exists():
        return []
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            continue
        todo.extend(map(int, children.split()))
    return found


def tree_usage(root: int) -> Usage:
    """Sum over the tree of ``root``; times and I/O of reaped children count with their parent."""
    total = Usage()
    for pid in process_tree(root):
        try:
            _add_process(total, Path(f"/proc/{pid}"))
        except OSError:  # it ended between listing and reading
            continue
    return total


def _add_process(total: Usage, folder: Path) -> None:
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    total.states[fields[0]] = total.states.get(fields[0], 0) + 1
    total.page_faults += sum(float(fields[place]) for place in (7, 8, 9, 10))
    total.cpu_user += (int(fields[11]) + int(fields[13])) / TICKS
    total.cpu_system += (int(fields[12]) + int(fields[14])) / TICKS
    total.threads += int(fields[17])
    total.resident += int(fields[21]) * PAGE
    total.processes += 1
    total.open_files += sum(1 for _ in (folder / "fd").iterdir())
    for line in (folder / "io").read_text().splitlines():
        name, _, value = line.partition(": ")
        if name == "read_bytes":
            total.read_bytes += float(value)
        elif name == "write_bytes":
            total.write_bytes += float(value)
