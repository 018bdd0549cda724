"""What counts as changed: by the change ratio, and by what a metric means.

A series that never moved and now moves once is no news by itself: it may do so once a day (see
`detectors.moves`). A target that is down, a request that failed or a share of successes that fell is trouble
whenever it comes: its movement needs no other one beside it. How many of such a family move by chance is told
by the family (see `chance`).
"""

from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.metrics.categories import CATEGORIES
from patternwatch.detectors import CHANGE, Detection

_TROUBLE = frozenset(category for category, own in CATEGORIES.items() if own.is_trouble)


def by_meaning(change: Detection, categories: Sequence[str]) -> Detection:
    """The detection with what is trouble by its meaning judged by size alone, whenever it moved.

    change      the change ratio of N series
    categories  N metric categories

    >>> tick = np.where(np.arange(300) == 260, 3.0, 0.0)[None]
    >>> [by_meaning(CHANGE(tick, 240), [category]).flagged.tolist() for category in ("memory", "error")]
    [[False], [True]]
    """
    trouble = np.array([category in _TROUBLE for category in categories], dtype=bool)
    return CHANGE.by_size(change, trouble)
