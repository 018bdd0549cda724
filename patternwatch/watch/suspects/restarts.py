"""Parts that were restarted in place: a sample is missing, and their memory begins anew.

A container that is killed and comes back under the same name misses one scrape, as a slow target does now and
then. What tells it apart is what its process holds: caches and heaps begin empty. What users feel of its
first minutes is its warm-up, and no new trouble; one that goes on dying is told by its absence
(`presence.py`).
"""

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

LEAST_FALL = 5.0
"""Score from which on a fall of memory is one that its own history hardly ever had."""
_MEMORY = METRIC_CATEGORIES.index("memory")


def restarted_parts(suspects: Suspects, members: Members, back: Integers) -> Integers:
    """The parts, of those that are back after a missing sample, whose memory fell as it never does.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "process_resident_memory_bytes", "service": name} for name in ("cart", "web")]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> fell = Suspects(slots, np.array([False, False]), np.float32([9.0, 9.0]), np.float32([1e8, 1e8]))
    >>> restarted_parts(fell, members, members.pod[slots[:1]]).tolist() == members.pod[slots[:1]].tolist()
    True
    """
    memory = members.category[suspects.slots] == _MEMORY
    fell = memory & ~suspects.up & (suspects.score >= LEAST_FALL)
    return np.intersect1d(members.pod[suspects.slots[fell]], back).astype(np.int64)
