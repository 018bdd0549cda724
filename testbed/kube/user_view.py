"""Did visitors feel it? The user-facing indicator before and during a window, in bins of five seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BIN_S = 5
MIN_BAD_BINS = 3
ERROR_STEP = 0.04
"""Share of failed steps, above the worst of the baseline, that visitors feel."""
SLOWER = 1.5
"""Times the baseline's 95th percentile of the bins' mean duration."""
SLOWER_S = 0.03
"""And by at least so much: nobody feels a few milliseconds."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """Counters of one action, sampled each second: steps, failed steps, seconds waited."""

    taken: Floats
    failed: Floats
    seconds: Floats


def bins(counter: Floats) -> Floats:
    """Increase of a counter over each bin; the rest that fills no bin is left out.

    >>> bins(np.arange(11.0))
    array([5., 5.])
    """
    return np.diff(counter[::BIN_S])


def bad_bins(before: Steps, after: Steps) -> int:
    """Bins of the window in which more failed, or took longer, than the baseline's bins did."""
    old, new = bins(before.taken), bins(after.taken)
    if not len(old) or not old.sum():
        return 0
    errors = bins(before.failed) / np.maximum(old, 1)
    now_failed = bins(after.failed) / np.maximum(new, 1)
    took = bins(before.seconds)[old > 0] / old[old > 0]
    now_took = np.divide(bins(after.seconds), new, out=np.zeros(len(new)), where=new > 0)
    usual = float(np.quantile(took, 0.95))
    slow = (now_took > SLOWER * usual) & (now_took > usual + SLOWER_S)
    failing = now_failed > float(np.quantile(errors, 0.95)) + ERROR_STEP
    return int((slow | failing).sum())


def moved_actions(before: Mapping[str, Steps], after: Mapping[str, Steps]) -> dict[str, int]:
    """Bad bins of each action that visitors felt."""
    found = {name: bad_bins(steps, after[name]) for name, steps in before.items() if name in after}
    return {name: count for name, count in found.items() if count >= MIN_BAD_BINS}


def steps_of(rows: Sequence[Mapping[str, object]], times: Sequence[int]) -> Floats:
    """A counter summed over the matrix of a range query, on the given seconds; absent is what was last."""
    total = np.zeros(len(times))
    for row in rows:
        samples = {round(float(t)): float(v) for t, v in row["values"]}  # type: ignore[attr-defined]
        last = 0.0
        for place, second in enumerate(times):
            last = samples.get(second, last)
            total[place] += last
    return total
