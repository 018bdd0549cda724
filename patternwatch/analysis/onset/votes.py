"""Votes of series for rows: each for those at which it moved as it rarely does."""

import math

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import kernel
from patternwatch.contracts.series import Matrix, Vector
from patternwatch.detectors import innovations

Votes = npt.NDArray[np.int64]
_BLOCK = 512
"""Series whose innovations are in memory at a time."""
_RARE = 0.98
"""Quantile of a series' own innovations above which it votes."""
_MAX_VOTE = 2.0
"""Largest vote of one series, a log ratio: about 7 times its own rare innovation."""


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
