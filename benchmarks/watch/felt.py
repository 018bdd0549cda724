"""From when on users feel a fault: by what it does to its service, not by what anybody measures."""

import numpy as np

from benchmarks.watch.faults import KINDS, Effects, Fault
from benchmarks.watch.topology import Topology

FELT_TIMES, FELT_RATE = 2.0, 0.5
"""It is felt once failures or latency are so many times the usual, or requests so many times fewer, on a
service of so many requests a second."""


def felt_after(fault: Fault, topology: Topology) -> int | None:
    """Rows from the fault's first one until it is felt; None where it never is.

    >>> from benchmarks.watch.topology import drawn
    >>> cluster = drawn(500, 1)
    >>> busy, kinds = int(cluster.rate.argmax()), ("latency", "queue", "memory leak")
    >>> [felt_after(Fault(0, busy, kind, 3.0, 40), cluster) for kind in kinds]
    [0, 13, None]
    """
    if topology.rate[fault.service] < FELT_RATE:
        return None
    on = Effects().whole(1, fault.rows)
    KINDS[fault.kind](on, 0, slice(0, fault.rows), fault.size, fault.ramp)
    failing = on.errors >= (FELT_TIMES - 1) * topology.error_share[fault.service]
    lost = (on.down > 0) | (on.traffic <= 1 / FELT_TIMES)
    felt = np.flatnonzero((failing | lost | (on.latency >= FELT_TIMES))[0])
    return int(felt[0]) if len(felt) else None
