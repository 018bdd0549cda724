"""What rose to its limit, or fell to nothing left, since a row: how says nothing, that it is there does.

Threads that are stuck one after the other fill a pool over half an hour. Steps of that rise lie in the
baseline of whoever fails once it is full, and there it hides itself: that it never was so full does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from patternwatch.analysis.metrics.space_left import left_of, runs_out
from patternwatch.analysis.metrics.used_up import used_up
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.series import Flags, Matrix, Vector

_NEW = 0.05
"""Part of the rows before in which it may have been as full: a batch that takes all there is every hour is in
more of them; judgement."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there may be of what each of N series counts.

    now     at the end of the window, shape (N,); NaN where none is known
    before  until it was lowered, shape (N,); the same where it was not
    """

    now: Vector
    before: Vector

    @classmethod
    def constant(cls, now: Vector) -> Self:
        """Those that were the same all the time.

        >>> Limits.constant(np.array([1024.0, np.nan])).before.tolist()
        [1024.0, nan]
        """
        return cls(now, now)

    @classmethod
    def unknown(cls, n: int) -> Self:
        """Of N series of which no limit is known.

        >>> Limits.unknown(2).now.tolist()
        [nan, nan]
        """
        return cls.constant(np.full(n, np.nan))

    @property
    def lowered(self) -> Vector:
        """The part that each is of what it was, shape (N,): 1 where it was not lowered.

        Times this a use of before is compared: to a limit that comes down to it, it rises.

        >>> Limits(np.array([64.0]), np.array([256.0])).lowered.tolist()
        [0.25]
        """
        return self.now / self.before


def reach_limits(moved: DeviationStats, limits: Limits) -> Flags:
    """Which of N series rose to their limits (`used_up`) in one of five rows since the onset, shape (N,).

    A heap that is full for a moment, until it is collected, is none of them.

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> rows = np.array([[40.0, 41.0, 40.0, 94.0, 95.0], [40.0, 41.0, 40.0, 60.0, 61.0]])
    >>> reach_limits(deviation_stats(rows, 3), Limits.constant(np.array([100.0, 100.0]))).tolist()
    [True, False]
    >>> of_fewer = deviation_stats(np.array([[107.0, 106.0, 107.0, 60.0, 59.0]]), 3)
    >>> [reach_limits(of_fewer, Limits(np.array([60.0]), np.array([was]))).tolist() for was in (200.0, 60.0)]
    [[True], [False]]
    """
    return used_up(moved.median * limits.lowered, _reached(moved), limits.now)


def newly_full(values: Matrix, row: int, moved: DeviationStats, limits: Limits) -> Flags:
    """Which of them were hardly ever as full before the row, shape (N,).

    values  shape (N, T); NaN is a gap

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> times = np.arange(300)
    >>> values = np.where(times >= 240, 95.0, np.where(np.array([times >= 230, times % 9 == 0]), 95.0, 40.0))
    >>> limits = Limits.constant(np.array([100.0, 100.0]))
    >>> newly_full(values, 240, deviation_stats(values, 240), limits).tolist()
    [True, False]
    """
    full = reach_limits(moved, limits)
    before = values[full, :row] * limits.lowered[full, None]
    full[full] = _is_new(before, before >= _reached(moved)[full, None])
    return full


def newly_out(names: Sequence[str], values: Matrix, row: int, moved: DeviationStats) -> Flags:
    """Which of N series tell of a space that runs out (`runs_out`), and of hardly ever as little before.

    A volume that fills for hours falls no faster at the onset than before: that nothing is left is new.

    names   of the metrics
    values  shape (N, T); NaN is a gap

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> left = np.maximum(100.0 - 0.5 * np.arange(240.0), 0.0)[None]
    >>> moved = deviation_stats(left, 200)
    >>> [newly_out([name], left, 200, moved).tolist() for name in ("disk_free_bytes", "queue_length")]
    [[True], [False]]
    """
    out = runs_out(names, moved.median, moved.peak)
    those = [name for name, own in zip(names, out, strict=True) if own]
    before = left_of(those, values[out, :row])
    out[out] = _is_new(before, before <= left_of(those, moved.peak[out])[:, None])
    return out


def _is_new(before: Matrix, as_far: Flags) -> Flags:
    """Which of N series were hardly ever as far before, of the rows that are known, shape (N,)."""
    known = np.isfinite(before)
    return np.asarray((known & as_far).sum(axis=1) <= _NEW * np.maximum(known.sum(axis=1), 1))


def _reached(moved: DeviationStats) -> Vector:
    """What each was at least in one of five rows, where it rose."""
    return np.asarray(np.minimum(moved.peak, moved.median + moved.usual))
