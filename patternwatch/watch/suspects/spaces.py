"""Whose space runs out: a filesystem, a volume, its inodes, of which hardly anything is left.

What a disk takes is a resource, and how fast it fills says little. That less than a tenth of what was left is
left is felt at once or within minutes: writes fail, pods are evicted (`analysis/metrics/space_left.py`).
"""

import numpy as np

from patternwatch.analysis.metrics.space_left import runs_out
from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects


def out_of_space(suspects: Suspects, members: Members, level: Floats32) -> Integers:
    """Numbers of the entities of which a space runs out, as their own history does not have it.

    level  by slot: the usual value of the series; NaN where unknown

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> name = "kubelet_volume_stats_available_bytes"
    >>> labels = [{"__name__": name, "persistentvolumeclaim": claim} for claim in ("data-cart", "data-web")]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> level = np.full(len(members), 1e9, dtype=np.float32)
    >>> fell = Suspects(slots, np.array([False, False]), np.float32([6.0, 6.0]), np.float32([0.95e9, 0.5e9]))
    >>> [members.names[entity] for entity in out_of_space(fell, members, level)]
    ['data-cart']
    """
    change = np.where(suspects.up, suspects.size, -suspects.size)
    before = level[suspects.slots].astype(np.float64)
    names = [members.families[family][0] for family in members.family[suspects.slots].tolist()]
    spent = runs_out(names, before, np.maximum(before + change, 0.0))
    return np.unique(members.entity[suspects.slots[spent]]).astype(np.int64)
