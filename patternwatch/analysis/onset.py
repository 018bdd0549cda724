"""When did it begin? Every series votes for the rows where it moved as it rarely does.

An alert is late: it fires minutes after the fault, and a split at its time puts the first minutes of
the fault into the baseline. So the onset may lie before the nominal split, never after it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import LEAST_BASELINE_ROWS, Matrix
from patternwatch.detectors import innovations

Votes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_RARE = 0.98
_MOST_VOTE = 2.0
_LEAST_HEIGHT = 3.0
_AGREEING_HEIGHT = 2.0
_NEARBY_ROWS = 2


@dataclass(frozen=True, slots=True)
class Onset:
    """First row of the trouble, and whether the votes found it (else it is the nominal split)."""

    row: int
    found: bool


def votes_of(values: Matrix, split: int) -> Votes:
    """Votes by row in thousandths, summed over the batch, shape (T,): whole numbers, exact in any order.

    A series' vote for a row is the log of its AR(1) innovation over its own 98 % quantile, 0 to 2.
    """
    if not len(values):
        return np.zeros(values.shape[1], dtype=np.int64)
    moved = np.abs(innovations(values, split))
    moved[np.isnan(moved)] = 0.0
    rank = int(_RARE * (values.shape[1] - 1))
    rare = np.partition(moved, rank, axis=1)[:, rank : rank + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        vote = np.log(moved / rare)
    vote = np.clip(np.nan_to_num(vote, nan=0.0, posinf=_MOST_VOTE, neginf=0.0), 0.0, _MOST_VOTE)
    return np.asarray(np.rint(1000.0 * vote).astype(np.int64).sum(axis=0))


def earliest_row(rows: int, split: int) -> int:
    """First row at which an onset is looked for: enough rows before it to know what is normal."""
    return min(split, max(LEAST_BASELINE_ROWS, rows // 5))


def find_onset(votes: Votes, values: Matrix, split: int) -> Onset:
    """The row where the trouble began, at or before the nominal split.

    votes   summed over all series of the request, shape (T,)
    values  the series that changed most, shape (M, T)
    """
    earliest = earliest_row(len(votes), split)
    heights = _heights(votes)
    peak = earliest + int(np.argmax(heights[earliest:]))
    if heights[peak] >= _LEAST_HEIGHT:
        return Onset(min(peak, split), True)
    steepest = steepest_split(values, earliest, split)
    near = heights[max(steepest - _NEARBY_ROWS, 0) : steepest + _NEARBY_ROWS + 1]
    if steepest < split and near.max(initial=0.0) >= _AGREEING_HEIGHT:
        return Onset(steepest, True)
    return Onset(split, False)


def _heights(votes: Votes) -> npt.NDArray[np.float64]:
    """Votes of each row and the next, in robust deviations above the median row."""
    both = votes.astype(np.float64)
    both[:-1] += votes[1:]
    both[-1] += votes[-1]
    over = both - np.median(both)
    spread = np.median(np.abs(over))
    # where most rows hold the same count, any lone vote would tower
    return np.asarray(over / max(float(spread), 1000.0))


def steepest_split(values: Matrix, earliest: int, split: int) -> int:
    """The split that explains most: the mean of -ln(1 - R2) of a shift of the mean, over the top quarter.

    Sums before a split come from one cumulative sum, so all splits cost little more than one. Ties go
    to the later split.
    """
    if not len(values) or earliest >= split:
        return split
    present = ~np.isnan(values)
    count = present.cumsum(axis=1).astype(np.float64)
    n = count[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        centred = np.where(present, values - np.nanmean(values, axis=1, keepdims=True), 0.0)
        total = (centred * centred).sum(axis=1, keepdims=True)
        before = centred.cumsum(axis=1)
        # between-groups sum of squares of a split after each row, for values of mean zero
        between = before**2 * n / (count * (n - count))
        gain = -np.log(np.maximum(1.0 - between / total, 1e-6))
    gain = np.nan_to_num(gain[:, earliest - 1 : split], nan=0.0, posinf=0.0)
    top = max(1, len(values) // 4)
    strongest = np.argsort(-gain.max(axis=1), kind="stable")[:top]
    mean = gain[strongest].mean(axis=0)
    return split - int(np.argmax(mean[::-1]))
