"""Rows where the trouble may have begun, proposed by votes and by shifts of the mean.

An alert is late: it fires minutes after the fault, and a split at its time puts the first minutes of the
fault into the baseline. So the onset may lie before the nominal split, never after it. Votes and gains only
propose rows; `ranking/best_onset` chooses the one from which on an entity stands out most.

The constants were chosen on public fault injections (`python -m benchmarks.ranking DIR`, with alerts on
time, 60 s and 300 s late), on a plateau; see docs/method.md, "Measured".
"""

from collections.abc import Iterable

import numpy as np

from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.onset.shifts import ALONE, split_gains
from patternwatch.analysis.onset.votes import Votes
from patternwatch.contracts.series import Matrix, Vector

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
    for series in (changed, *moved[:ALONE, None]):
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
