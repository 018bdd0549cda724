"""Machines that are not ready, though nobody took them out of service.

The control plane takes a kubelet that is silent for some forty seconds for not ready. One that was drained
before is cordoned: it is rebooted or removed on purpose.
Source: Kubernetes documentation, "Nodes", heartbeats; "Safely Drain a Node".
"""

import math

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.members.members import Members

LOST_S, LEAST_ROWS = 120.0, 3
"""So long it must be, as told by as many rows, three at least: a kubelet that is restarted is back before."""


def lost_machines(
    bank: SeriesBank, members: Members, ready: Integers, cordoned: Integers, step_s: float
) -> Integers:
    """The series of those of these machines that have not been ready for two minutes.

    ready     slots that say whether a machine is ready
    cordoned  slots that say whether it shall take no pods
    step_s    seconds between two rows

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.arrays.columns import Columns
    >>> members, bank = Members(AnalysisSettings(), 30_000), SeriesBank(30_000)
    >>> names = "kube_node_status_condition", "kube_node_spec_unschedulable"
    >>> labels = [{"__name__": name, "node": node} for name in names for node in ("n1", "n2")]
    >>> slots, begun = members.place(labels, [""] * 4)
    >>> rows = np.zeros((len(members), 60), dtype=np.float32)
    >>> rows[slots[:2], :50], rows[slots[3], -20:] = 1, 1
    >>> _ = bank.update(Columns(30_000 * np.arange(60), rows, begun), members)
    >>> lost_machines(bank, members, slots[:2], slots[2:], 30.0).tolist() == [slots[0]]
    True
    """
    newest = bank.newest(ready, max(LEAST_ROWS, math.ceil(LOST_S / step_s) + 1))
    lost = ready[(newest == 0).all(axis=1) & (bank.level[ready] > 0)]
    if not len(lost):
        return np.asarray(lost)
    planned = {_node(members, slot) for slot in cordoned[bank.newest(cordoned, 1)[:, 0] > 0].tolist()}
    return np.array([slot for slot in lost.tolist() if _node(members, slot) not in planned], dtype=np.int64)


def _node(members: Members, slot: int) -> tuple[int, str]:
    return int(members.entity[slot]), members.labels[slot].get("node", "")
