"""When did it begin? Every series votes for the rows where it moved as it rarely does.

An alert is late: it fires minutes after the fault, and a split at its time puts the first minutes of
the fault into the baseline. So the onset may lie before the nominal split, never after it. Votes and
gains only propose rows; which of them it was is decided by what stands out from there on (`judging`).
"""

import math

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import kernel
from patternwatch.contracts.series import MIN_BASELINE_ROWS, Matrix
from patternwatch.detectors import innovations

Votes = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float64]

_BLOCK = 512
_RARE = 0.98
_MAX_VOTE = 2.0
_MIN_HEIGHT = 3.0
_MAX_HEIGHT = 10.0
_HEIGHT_WEIGHT = 0.05
_APART = 2
_MAX_PEAKS = 10
_AT_SPLIT = 1.1
"""The alert's own time is a little likelier than any row before it."""
_HALF_LIFE_MS = 3_600_000
"""An alert that is an hour late is half as likely as one on time."""
_HALF_LIFE_SHARE = 1.0
"""The same for one that is late by the whole baseline: no window tells what began before it."""
_MIN_UNEXPLAINED = 1e-6


def votes_of(values: Matrix, split: int) -> Votes:
    """Votes by row in thousandths, summed over the batch, shape (T,): whole numbers, exact in any order.

    A series' vote for a row is the log of its AR(1) innovation over its own 98 % quantile, 0 to 2.
    """
    votes = np.zeros(values.shape[1], dtype=np.int64)
    rare = values.shape[1] - int(_RARE * (values.shape[1] - 1))
    for first in range(0, len(values), _BLOCK):
        _add_votes(innovations(values[first : first + _BLOCK], split), rare, votes)
    return votes


@kernel
def _add_votes(moved: Matrix, rare: int, votes: Votes) -> None:
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
                votes[row[place]] += np.int64(np.rint(1000.0 * min(math.log(over), _MAX_VOTE)))


def earliest_row(rows: int, split: int) -> int:
    """First row at which an onset is looked for: enough rows before it to know what is normal."""
    return min(split, max(MIN_BASELINE_ROWS, rows // 5))


def likely_onsets(votes: Votes, values: Matrix, split: int, step_ms: int) -> dict[int, float]:
    """Rows where the trouble may have begun, ascending, and how likely each is before a look at its series.

    votes   summed over all series of the request, shape (T,)
    values  the series that changed most, shape (M, T)

    The nominal split is always one of them. The others are the rows where the votes tower, and the row
    whose shift of the mean explains the changed series best: a slow start has no votes. More votes make a
    row likelier, and the farther it lies back the less likely it is.
    """
    earliest = earliest_row(len(votes), split)
    heights = _heights(votes)
    rows = _peaks(heights, earliest, split) | {split}
    if len(values):
        rows.add(earliest + int(np.argmax(split_gains(values, earliest, split))))
    return {row: _prior(heights, row, split, step_ms) for row in sorted(rows)}


def _peaks(heights: Vector, earliest: int, split: int) -> set[int]:
    """The highest rows among their neighbours, the ten highest of them."""
    found = [
        row
        for row in range(earliest, split)
        if heights[row] >= _MIN_HEIGHT
        and heights[row] >= heights[max(row - _APART, earliest) : min(row + _APART, split) + 1].max()
    ]
    return set(sorted(found, key=lambda row: -heights[row])[:_MAX_PEAKS])


def _prior(heights: Vector, row: int, split: int, step_ms: int) -> float:
    height = heights[max(row - 1, 0) : row + 2].max()
    voted = 1.0 + _HEIGHT_WEIGHT * min(max(float(height), 0.0), _MAX_HEIGHT)
    if row == split:
        return _AT_SPLIT * voted
    late = 1.0 + (split - row) * step_ms / _HALF_LIFE_MS
    far = 1.0 + (split - row) / (split * _HALF_LIFE_SHARE)
    return voted / (late * far)


def _heights(votes: Votes) -> Vector:
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
        gain = -np.log(np.maximum(1.0 - explained, _MIN_UNEXPLAINED))
    gain = np.nan_to_num(gain[:, earliest - 1 : split], nan=0.0, posinf=0.0)
    strongest = np.argsort(-gain.max(axis=1), kind="stable")[: max(1, len(values) // 4)]
    return np.asarray(gain[strongest].mean(axis=0))
