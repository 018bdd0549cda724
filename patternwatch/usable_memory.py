"""How much memory the processes of this machine, or of this container, may take."""

import os
from pathlib import Path

MIB = 1024 * 1024
_GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Of control groups, version 2 and 1: what a container may use."""


def usable_bytes(limits: tuple[Path, ...] = _GROUP_LIMITS) -> int:
    """The memory of the machine, or of the container where that has less.

    limits  files that hold the container's, where there is one
    """
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in limits:
        try:
            limit = path.read_text().strip()
        except OSError:
            continue
        if limit.isdigit():  # `max` says that there is none
            found = min(found, int(limit))
    return found


def watch_memory_bytes(mib: int | None) -> int:
    """What all watches of a worker may take; None: half of what there is, since analyses need some too."""
    return usable_bytes() // 2 if mib is None else mib * MIB
