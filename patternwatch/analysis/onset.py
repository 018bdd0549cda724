"""When did it begin? Every series votes for the rows where it moved as it rarely does.

An alert is late: it fires minutes after the fault, and a split at its time puts the first minutes of
the fault into the baseline. So the onset may lie before the nominal split, never after it.
"""

import math

import numba
import numpy as np
import numpy.typing as npt

from patternwatch.analysis.scoring import log_size, movement
from patternwatch.contracts.series import LEAST_BASELINE_ROWS, Matrix
from patternwatch.detectors import CHANGE, innovations

Votes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BLOCK = 512
_RARE = 0.98
_MOST_VOTE = 2.0
_LEAST_HEIGHT = 3.0
_MOST_HEIGHT = 10.0
_VOTE_WEIGHT = 0.3
_LEAST_GAIN = 1.3
_LEAST_UNEXPLAINED = 1e-6
_FAR_OUT = 2.0
_LATER_WEIGHT = 2.0
_SYMPTOM_ROWS = 4
_MOST_CHANGE = 3.0


def votes_of(values: Matrix, split: int) -> Votes:
    """Votes by row in thousandths, summed over the batch, shape (T,): whole numbers, exact in any order.

    A series' vote for a row is the log of its AR(1) innovation over its own 98 % quantile, 0 to 2.
    """
    votes = np.zeros(values.shape[1], dtype=np.int64)
    rare = values.shape[1] - int(_RARE * (values.shape[1] - 1))
    for first in range(0, len(values), _BLOCK):
        _add_votes(innovations(values[first : first + _BLOCK], split), rare, votes)
    return votes


@numba.njit(cache=True, nogil=True)
def _add_votes(moved, rare, votes):  # type: ignore[no-untyped-def]
    """Add each series' votes for the steps over its own `rare`-th largest one; a gap is a step of 0."""
    largest = np.empty(rare)  # ascending
    row = np.empty(rare, np.int64)
    for i in range(len(moved)):
        largest[:] = 0.0
        for t in range(moved.shape[1]):
            step = abs(moved[i, t])
            if step > largest[0]:
                place = 0
                while place + 1 < rare and largest[place + 1] < step:
                    largest[place], row[place] = largest[place + 1], row[place + 1]
                    place += 1
                largest[place], row[place] = step, t
        for place in range(1, rare):
            if largest[place] > largest[0]:
                over = largest[place] / largest[0] if largest[0] > 0.0 else np.inf
                votes[row[place]] += np.int64(np.rint(1000.0 * min(math.log(over), _MOST_VOTE)))


def earliest_row(rows: int, split: int) -> int:
    """First row at which an onset is looked for: enough rows before it to know what is normal."""
    return min(split, max(LEAST_BASELINE_ROWS, rows // 5))


def find_onset(votes: Votes, values: Matrix, split: int) -> int:
    """The row where the trouble began, at or before the nominal split.

    votes   summed over all series of the request, shape (T,)
    values  the series that changed most, shape (M, T)

    Among many unrelated series the votes alone are led astray by whatever moved most at once, and the
    best split of the changed series alone by slow drifts. So both must speak for a row: the votes tower
    there, and a shift explains the changed series at least as well as at the nominal split.
    """
    earliest = earliest_row(len(votes), split)
    heights = _heights(votes)
    peak = earliest + int(np.argmax(heights[earliest:]))
    if peak == split:
        return split
    gain = split_gains(values, earliest, split)
    support = gain * (1.0 + _VOTE_WEIGHT * np.clip(heights[earliest : split + 1], 0.0, _MOST_HEIGHT))
    best = earliest + int(np.argmax(np.where(gain >= gain[-1], support, 0.0)))
    near = heights[max(best - 1, earliest) : min(best + 1, split) + 1]
    if support[best - earliest] > _LEAST_GAIN * support[-1] and near.max() >= _LEAST_HEIGHT:
        row = best
    elif heights[peak] >= _LEAST_HEIGHT and (peak > split or gain[peak - earliest] >= gain[-1]):
        row = min(peak, split)
    else:
        return split
    if row < split - 1 and not _stands_out(heights, row) and _begins_later(values, row, split):
        return split
    return row


def _stands_out(heights: npt.NDArray[np.float64], row: int) -> bool:
    """Whether the votes tower there even among the busiest twentieth of the rows."""
    near = heights[max(row - 1, 0) : row + 2].max()
    return bool(near >= _FAR_OUT * np.quantile(heights, 0.95))


def _begins_later(values: Matrix, row: int, split: int) -> bool:
    """Whether much more of what is abnormal since `row` begins at the nominal split than at `row`."""
    if not len(values):
        return False
    change = CHANGE(values, row)
    moved = movement(values, row)
    strength = log_size(moved, np.maximum(moved.spread, 0.01 * np.abs(moved.peak)))
    strength *= np.where(change.flagged, np.minimum(change.score, _MOST_CHANGE), 0.0)
    there = (moved.onset >= row - 1) & (moved.onset <= min(row + _SYMPTOM_ROWS, split - 2))
    return bool(strength[moved.onset >= split - 1].sum() > _LATER_WEIGHT * strength[there].sum())


def _heights(votes: Votes) -> npt.NDArray[np.float64]:
    """Votes of each row and the next, in robust deviations above the median row."""
    both = votes.astype(np.float64)
    both[:-1] += votes[1:]
    both[-1] += votes[-1]
    over = both - np.median(both)
    spread = np.median(np.abs(over))
    # where most rows hold the same count, any lone vote would tower
    return np.asarray(over / max(float(spread), 1000.0))


def split_gains(values: Matrix, earliest: int, split: int) -> npt.NDArray[np.float64]:
    """How much a shift of the mean explains at each split from `earliest` to `split`.

    The mean of -ln(1 - R2) over the quarter of the series that such a shift explains best. What lies
    before a split comes from one cumulative sum, so all splits cost little more than one.
    """
    if not len(values):
        return np.zeros(split - earliest + 1)
    present = ~np.isnan(values)
    count = present.cumsum(axis=1).astype(np.float64)
    n = count[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1, keepdims=True) / n
        centred = np.where(present, values - mean, 0.0)
        # between-groups sum of squares over the total one, for values of mean zero
        explained = centred.cumsum(axis=1) ** 2 * n / (count * (n - count))
        explained /= (centred**2).sum(axis=1, keepdims=True)
        gain = -np.log(np.maximum(1.0 - explained, _LEAST_UNEXPLAINED))
    gain = np.nan_to_num(gain[:, earliest - 1 : split], nan=0.0, posinf=0.0)
    strongest = np.argsort(-gain.max(axis=1), kind="stable")[: max(1, len(values) // 4)]
    return np.asarray(gain[strongest].mean(axis=0))
