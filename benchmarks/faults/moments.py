"""The moment of a fault: a process is hit as soon as its log says that it has done something.

A fault at any time hits idle processes mostly. What a kill is there for, records that are done and not
committed yet, is there for less than a second after each of them (`broker_commit_interval`).
"""

import asyncio
import time
from pathlib import Path

from benchmarks.faults.cluster import Cluster
from benchmarks.faults.schedule import WORKERS

WAIT_S = 15.0
"""So long a moment is waited for; then the fault comes anyway, and its marks tell what it reached."""
STARTS_S = 60.0
"""A process needs seconds to start, more on a busy machine."""
WORKS = {"api": "feed.connected", **dict.fromkeys(WORKERS, "partitions.assigned")}
"""What a process logs as soon as it works."""
_LOOK_S = 0.02


async def moment(cluster: Cluster, name: str, event: str, wait_s: float = WAIT_S) -> bool:
    """Wait until a process of this name logs the event once more; whether it did in time.

    A process that ends meanwhile has another one after it, whose log counts likewise.
    """
    return await _logged(cluster, name, event, wait_s, cluster.log(name), _size(cluster.log(name)))


async def has_logged(cluster: Cluster, name: str, event: str, wait_s: float = WAIT_S) -> bool:
    """Wait until the process that is there has logged the event at all; whether it did in time."""
    return await _logged(cluster, name, event, wait_s, cluster.log(name), 0)


async def all_work(cluster: Cluster, wait_s: float = STARTS_S) -> bool:
    """Wait until the API and every worker work, after faults before; whether they did in time.

    A fault of what they ask for meets nobody else.
    """
    works = [has_logged(cluster, name, event, wait_s) for name, event in WORKS.items()]
    return all(await asyncio.gather(*works))


async def _logged(cluster: Cluster, name: str, event: str, wait_s: float, log: Path, read: int) -> bool:
    until, told = time.monotonic() + wait_s, f'"event": "{event}"'.encode()
    while time.monotonic() < until:
        if cluster.log(name) != log:
            log, read = cluster.log(name), 0
        if _size(log) > read:
            with log.open("rb") as file:
                file.seek(read)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            if told in whole and cluster.members[name].pid is not None:
                return True
            read += len(whole)
        await asyncio.sleep(_LOOK_S)
    return False


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0
