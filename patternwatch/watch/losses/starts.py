"""Workloads of which a part just began: what fails while it warms up is no trouble, if it fades.

Connections are opened, caches filled and code compiled in the first minutes, and some requests fail
meanwhile. A bad release fails in its first minutes as well, and goes on.
"""

import numpy as np

from patternwatch.compiled import Flags, Integers, Ints32
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.bank.beginnings import BLANK_SYMPTOM_ROWS
from patternwatch.watch.losses.loss_memory import FAILING_ROWS, NEW_ROWS
from patternwatch.watch.losses.request_windows import failing_share
from patternwatch.watch.members.members import Members

FADES = 0.7
"""What is less than this part of what it was four rows before is fading."""


class Starts:
    """How long each workload is starting yet.

    left  rows, by entity: as many as a new part's series of what users feel are not judged

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, starts = Members(AnalysisSettings(), 30_000), Starts()
    >>> for pod in ("cart-7d9f8c6b5-fnmft", "cart-7d9f8c6b5-x2k9p"):
    ...     labels = [{"__name__": "http_requests_total", "service": "cart", "pod": pod}]
    ...     _, begun = members.place(labels, ["rate"])
    >>> starts.fit(1)
    >>> starts.note(begun, 2, members)
    >>> asked, lasted = np.full((1, 6), 100, np.float32), np.array([True])
    >>> fades, stays = np.float32([[40, 30, 20, 15, 10, 5]]), np.float32([[40, 30, 40, 30, 40, 30]])
    >>> [starts.are_all_that_fails(asked, failed, lasted).tolist() for failed in (fades, stays)]
    [[True], [False]]
    """

    def __init__(self) -> None:
        self.left: Ints32 = np.empty(0, dtype=np.int32)

    def fit(self, entities: int) -> None:
        """Make room for so many entities."""
        self.left = grown(self.left, entities, 0)

    def note(self, begun: Integers, rows: int, members: Members) -> None:
        """So many rows passed, in which the series of these slots began.

        A part begins that has twins; what has none is new altogether, and has no history.
        """
        self.left = np.maximum(self.left - rows, 0)
        self.left[members.entity[begun[members.twin[begun] >= 0]]] = BLANK_SYMPTOM_ROWS

    def are_all_that_fails(self, asked: Floats32, failed: Floats32, lasted: Flags) -> Flags:
        """By entity: whether its failures are those of a start: they fade, or did not last.

        asked, failed  in the newest rows, shape (E, FAILING_ROWS or more); NaN where unknown
        lasted         whether they lasted for three ticks; what a part did that was away meanwhile did not
        """
        lasted = lasted & np.isfinite(asked[:, -FAILING_ROWS:]).all(axis=1)
        before, now = (
            failing_share(asked[:, rows], failed[:, rows], NEW_ROWS)[:, -1]
            for rows in (slice(-FAILING_ROWS, NEW_ROWS - FAILING_ROWS), slice(-NEW_ROWS, None))
        )
        return np.asarray((self.left > 0) & ~(lasted & (now >= FADES * before)))
