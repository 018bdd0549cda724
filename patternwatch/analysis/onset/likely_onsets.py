"""Rows where the trouble may have begun, proposed by votes and by shifts of the mean.

An alert is late: it fires minutes after the fault, and a split at its time puts the first minutes of the
fault into the baseline. So the onset may lie before the nominal split, never after it. Votes and gains only
propose rows; `onset_evaluation` chooses the one from which on an entity stands out most.

The constants were chosen on public fault injections (`python -m benchmarks.ranking DIR`, with alerts on
time, 60 s and 300 s late), on a plateau; see docs/method.md, "Measured".
"""

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import kernel
from patternwatch.contracts.series import MIN_BASELINE_ROWS, Matrix, Vector
from patternwatch.detectors import innovations

Votes = npt.NDArray[np.int64]

_BLOCK = 512
"""Series whose innovations are in memory at a time."""
_RARE = 0.98
"""Quantile of a series' own innovations above which it votes."""
_MAX_VOTE = 2.0
"""Largest vote of one series, a log ratio: about 7 times its own rare innovation."""
_MIN_HEIGHT = 3.0
"""Robust deviations above the median row from which a row's votes are a peak."""
_MAX_HEIGHT = 10.0
"""Robust deviations beyond which more votes make a row no likelier."""
_HEIGHT_WEIGHT = 0.05
"""How much each deviation adds to a row's prior: half again as likely at most."""
_MIN_DISTANCE = 2
"""Rows on either side among which only the highest is a peak."""
_MAX_PEAKS = 10
"""Peaks that are proposed; each costs one evaluation."""
_SPLIT_PRIOR = 1.1
"""The alert's own time is a little likelier than any row before it."""
_HALF_LIFE_MS = 3_600_000
"""An alert that is an hour late is half as likely as one on time."""
_HALF_LIFE_SHARE = 1.0
"""An alert that is late by this share of the baseline is half as likely as one on time."""
_EARLIEST_SHARE = 5
"""No onset lies in the first fifth of the window: too little of a baseline is before it."""
_ALONE = 3
"""Series that moved farthest of which each may propose a row of its own; each costs one evaluation."""
_MIN_UNEXPLAINED = 1e-6
"""Unexplained variance is at least this, so that the log of a perfect fit is finite."""
_LEAST_DURBIN_WATSON = 0.4
"""Durbin-Watson statistic of what a rise leaves, from which that is noise (of AR(1) with phi .8 at most).

A series that wanders has long rises by chance, and wanders about them."""
_EXPLAINED_SERIES = 4
"""Gains are averaged over the best quarter of the series: most others do not move."""


def votes_of(values: Matrix, split: int) -> Votes:
    """Votes by row in thousandths, summed over the batch: int64, shape (T,), the same in any order.

    values  shape (N, T); NaN is a gap and gives no vote
    split   first row of the current part; the AR(1) model is fitted before it

    A series' vote for a row is the log of its AR(1) innovation over its own 98 % quantile, 0 to 2.

    >>> silent_until_200 = np.where(np.arange(300) >= 200, 1.0, 0.0)[None]
    >>> votes = votes_of(silent_until_200, 240)
    >>> int(votes.argmax()), int(votes[200])
    (200, 2000)
    """
    votes = np.zeros(values.shape[1], dtype=np.int64)
    rare = _rare_steps(values.shape[1])
    for first in range(0, len(values), _BLOCK):
        _add_votes(innovations(values[first : first + _BLOCK], split), rare, votes)
    return votes


def votes_by_series(values: Matrix, earliest: int, split: int) -> Matrix:
    """Each series' vote for the rows from `earliest` to `split`, or for the row behind, if that is higher.

    values  shape (N, T); NaN is a gap and gives no vote

    Returns shape (N, split - earliest + 1), 0 to 2, as `votes_of` counts them.

    >>> spike_at_200 = np.where(np.arange(300) == 200, 1.0, 0.0)[None]
    >>> votes_by_series(spike_at_200, 198, 240)[:, :4].round(1).tolist()
    [[0.0, 2.0, 2.0, 0.0]]
    """
    votes = np.zeros(values.shape, dtype=np.int64)
    _add_votes_by_series(innovations(values, split), _rare_steps(values.shape[1]), votes)
    votes[:, :-1] = np.maximum(votes[:, :-1], votes[:, 1:])
    return np.asarray(votes[:, earliest : split + 1] / 1000.0)


def _rare_steps(rows: int) -> int:
    """How many steps of a series lie at its own 98 % quantile or above."""
    return rows - int(_RARE * (rows - 1))


@kernel
def _add_votes(moved: Matrix, rare: int, votes: Votes) -> None:
    """Add the votes of all series, row by row: votes has shape (T,)."""
    for i in range(len(moved)):
        _add_votes_of(moved[i], rare, votes)


@kernel
def _add_votes_by_series(moved: Matrix, rare: int, votes: npt.NDArray[np.int64]) -> None:
    """Add the votes of each series to its own: votes has shape (N, T)."""
    for i in range(len(moved)):
        _add_votes_of(moved[i], rare, votes[i])


@kernel
def _add_votes_of(moved: Vector, rare: int, votes: Votes) -> None:
    """Add one series' votes for the steps over its own `rare`-th largest one; a gap is a step of 0."""
    largest = np.zeros(rare)  # ascending
    row = np.empty(rare, np.int64)
    for t in range(len(moved)):
        step = abs(moved[t])
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
    """The first row at which an onset may lie in a window of `rows` rows: enough baseline lies before it.

    >>> earliest_row(300, 240), earliest_row(1200, 1000)
    (60, 240)
    """
    return min(split, max(MIN_BASELINE_ROWS, rows // _EARLIEST_SHARE))


def likely_onsets(
    votes: Votes, changed: Matrix, moved: Matrix, split: int, step_ms: int, told: Iterable[int] = ()
) -> dict[int, float]:
    """Rows where the trouble may have begun, ascending, with the prior of each (a relative weight).

    votes    summed over all series of the request, shape (T,)
    changed  the series that are least like their past, shape (M, T)
    moved    the series that moved farthest, the first one most, shape (K, T)
    split    the nominal split, always one of the rows
    step_ms  distance of rows: lateness counts by time too
    told     further rows at which something is known to have happened

    The other rows are the peaks of the votes, and the rows whose shift of the mean explains best the series
    that changed, and each of the first few that moved: a slow start has no votes, one series no peak. More
    votes make a row likelier; the farther it lies back, the less likely it is.

    >>> votes = np.zeros(300, dtype=np.int64)
    >>> votes[200] = 50_000
    >>> priors = likely_onsets(votes, np.empty((0, 300)), np.empty((0, 300)), 240, 10_000)
    >>> {row: round(prior, 2) for row, prior in priors.items()}
    {199: 1.15, 200: 1.16, 240: 1.1}
    """
    earliest = earliest_row(len(votes), split)
    heights = _heights(votes)
    rows = _peaks(heights, earliest, split) | {split} | {row for row in told if earliest <= row <= split}
    for series in (changed, *moved[:_ALONE, None]):
        if len(series):
            rows.add(earliest + int(np.argmax(split_gains(series, earliest, split))))
    return {row: _prior(heights, row, split, step_ms) for row in sorted(rows)}


def onset_prior(votes: Votes, row: int, split: int, step_ms: int) -> float:
    """The prior that `likely_onsets` gives to a row, for one that something else proposes.

    >>> round(onset_prior(np.zeros(300, dtype=np.int64), 200, 240, 10_000), 2)
    0.77
    """
    return _prior(_heights(votes), row, split, step_ms)


def _peaks(heights: Vector, earliest: int, split: int) -> set[int]:
    """Rows from `earliest` to before `split` that are highest among their neighbours; the ten highest."""
    found = [
        row
        for row in range(earliest, split)
        if heights[row] >= _MIN_HEIGHT
        and heights[row]
        >= heights[max(row - _MIN_DISTANCE, earliest) : min(row + _MIN_DISTANCE, split) + 1].max()
    ]
    return set(sorted(found, key=lambda row: -heights[row])[:_MAX_PEAKS])


def _prior(heights: Vector, row: int, split: int, step_ms: int) -> float:
    height = heights[max(row - 1, 0) : row + 2].max()
    voted = 1.0 + _HEIGHT_WEIGHT * min(max(float(height), 0.0), _MAX_HEIGHT)
    return _SPLIT_PRIOR * voted if row == split else voted / lateness(row, split, step_ms)


def lateness(row: int, split: int, step_ms: int) -> float:
    """How many times less likely an alert is that is so late than one on time, at least 1.

    >>> lateness(240, 240, 10_000), round(lateness(200, 240, 10_000), 2)
    (1.0, 1.3)
    """
    late = 1.0 + (split - row) * step_ms / _HALF_LIFE_MS
    far = 1.0 + (split - row) / (split * _HALF_LIFE_SHARE)
    return late * far


def _heights(votes: Votes) -> Vector:
    """Votes of each row and the next, in robust deviations above the median row.

    Rows before the first vote are not counted: the window begins before its series do.
    """
    both = votes.astype(np.float64)
    both[:-1] += votes[1:]
    both[-1] += votes[-1]
    begun = int(np.argmax(votes > 0))
    over = both - np.median(both[begun:])
    spread = np.median(np.abs(over[begun:]))
    # where most rows hold the same count, any lone vote would tower
    return np.asarray(over / max(float(spread), 1000.0))


def split_gains(values: Matrix, earliest: int, split: int) -> Vector:
    """How much a shift of the mean explains at each row from `earliest` to `split`, that row included.

    values  shape (M, T); NaN is a gap

    Returns shape (split - earliest + 1,).

    The mean of -ln(1 - R2) over the quarter of the series that such a shift explains best. One cumulative
    sum serves all rows.

    >>> shifted = np.where(np.arange(300) >= 150, 1.0, 0.0)[None]
    >>> 60 + int(split_gains(shifted, 60, 240).argmax())
    150
    """
    if not len(values):
        return np.zeros(split - earliest + 1)
    explained = explained_by_shift(values, earliest, split)
    gain = -np.log(np.maximum(1.0 - explained, _MIN_UNEXPLAINED))
    strongest = np.argsort(-gain.max(axis=1), kind="stable")[: max(1, len(values) // _EXPLAINED_SERIES)]
    return np.asarray(gain[strongest].mean(axis=0))


def starts_of_rises(moved: Matrix, split: int) -> set[int]:
    """Rows from which on an even rise, or fall, explains one of the first few series.

    moved  the series that moved farthest, the first one most, shape (K, T)

    >>> starts_of_rises(np.maximum(np.arange(300.0) - 150.0, 0.0)[None], 240)
    {150}
    """
    earliest = earliest_row(moved.shape[1], split)
    starts = (_start_of_rise(one, earliest, split) for one in moved[:_ALONE])
    return {row for row in starts if row is not None}


def _start_of_rise(values: Vector, earliest: int, split: int) -> int | None:
    """The row from which on a rise explains a series best; None where a shift explains more, or a walk.

    values  shape (T,); NaN is a gap
    """
    at = np.flatnonzero(~np.isnan(values))
    x = values[at] - values[at].mean() if len(at) else values[at]
    total = float((x**2).sum())
    if total <= 0.0:
        return None
    rises = np.maximum(at - np.arange(earliest, split + 1)[:, None], 0.0)
    rises -= rises.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.nan_to_num((rises @ x) ** 2 / ((rises**2).sum(axis=1) * total))
    best = int(explained.argmax())
    if explained[best] <= explained_by_shift(values[None], earliest, split).max():
        return None
    rest = x - rises[best] * (rises[best] @ x) / (rises[best] @ rises[best])
    is_noise = np.square(np.diff(rest)).sum() >= _LEAST_DURBIN_WATSON * np.square(rest).sum()
    return earliest + best if is_noise else None


def explained_by_shift(values: Matrix, earliest: int, split: int) -> Matrix:
    """The part of each series' variance that a shift of its mean explains, by row from `earliest` to `split`.

    values  shape (M, T); NaN is a gap

    Returns shape (M, split - earliest + 1): R2, 0 to 1; 0 where a series is constant or one side is empty.

    >>> shifted = np.where(np.arange(300) >= 150, 1.0, 0.0)[None]
    >>> explained_by_shift(shifted, 149, 151).round(2).tolist()
    [[0.99, 1.0, 0.99]]
    """
    present = ~np.isnan(values)
    count = present.cumsum(axis=1).astype(np.float64)
    n = count[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1, keepdims=True) / n
        centred = np.where(present, values - mean, 0.0)
        # between-groups sum of squares over the total one, for values of mean zero
        explained = centred.cumsum(axis=1) ** 2 * n / (count * (n - count))
        explained /= (centred**2).sum(axis=1, keepdims=True)
    return np.nan_to_num(explained[:, earliest - 1 : split], nan=0.0, posinf=0.0)
