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


@dataclass(frozen=True)
class Usual:
    """What is beyond the usual of one action: from this share of failed steps on, and this mean duration."""

    failing: float
    slow: float

    def exceeded(self, taken: Floats, failed: Floats, seconds: Floats) -> npt.NDArray[np.bool_]:
        """In which of some times more failed or took longer, by what was counted in each."""
        mean = np.divide(seconds, taken, out=np.zeros(len(taken)), where=taken > 0)
        return np.asarray((mean > self.slow) | (failed / np.maximum(taken, 1) > self.failing))


def usual_of(before: Steps) -> Usual | None:
    """The usual of the baseline's bins; None where it had no steps."""
    taken = bins(before.taken)
    if not len(taken) or not taken.sum():
        return None
    errors = bins(before.failed) / np.maximum(taken, 1)
    usual = float(np.quantile(bins(before.seconds)[taken > 0] / taken[taken > 0], 0.95))
    return Usual(float(np.quantile(errors, 0.95)) + ERROR_STEP, max(SLOWER * usual, usual + SLOWER_S))


def bad_bins(before: Steps, after: Steps) -> int:
    """Bins of the window in which more failed, or took longer, than the baseline's bins did."""
    usual = usual_of(before)
    if usual is None:
        return 0
    return int(usual.exceeded(bins(after.taken), bins(after.failed), bins(after.seconds)).sum())


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
