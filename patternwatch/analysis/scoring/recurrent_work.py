"""Work that comes again alike, with rest between: a job, at whichever of its runs an onset is put.

A run that lies in the baseline makes the next one usual. Where an onset is put at the first run of a window,
nothing before it is like it, and the job would be told as what went wrong hours before the alert. It is no
news if it comes again, no longer than before, and if the rest before its first run is hardly longer than the
way from one of its runs to the next: nothing then tells that it is new. What first came two hours after the
window began, and again a few minutes later, is new. Trouble by its meaning is no work (`recurrent_trouble`).
"""

from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.compiled import Flags as CompiledFlags
from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Flags, Matrix

_WORK = frozenset(("cpu", "memory", "traffic", "network", "disk", "saturation", "other"))
"""Categories of what a job does, takes, and has before it."""
_OUT = 0.5
"""Part of the farthest distance from the median from which a row belongs to a run, as an onset has it."""
_AT_REST = 0.25
"""Part of it that the rows between runs lie off in the mean at most; judgement."""
_MIN_REST = 10
"""Rows of rest that part two runs; judgement."""
_FIRST = 10
"""First rows of the window; a series without a sample in them shows too few of its runs."""
_UNEVEN = 1.5
"""How much longer a last run may be than any before it, and the rest before all of them than the way from one
run to the next; judgement."""


def comes_again(values: Matrix, row: int, moved: DeviationStats, categories: Sequence[str]) -> Flags:
    """Which of N series rose since a row as a job does that runs again and again, shape (N,).

    values      shape (N, T); NaN is a gap
    row         since when
    moved       how far each moved since then
    categories  what each measures

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> def at(*rows: int) -> np.ndarray:
    ...     return sum(np.where((np.arange(300) >= r) & (np.arange(300) < r + 20), 9.0, 0.0) for r in rows)
    >>> [comes_again(at(*rows)[None], rows[0], deviation_stats(at(*rows)[None], rows[0]), ["cpu"]).tolist()
    ...  for rows in ((62, 162, 262), (240, 275), (262,))]
    [[True], [False], [False]]
    """
    found = np.zeros(len(values), dtype=np.bool_)
    is_work = np.array([category in _WORK for category in categories], dtype=bool)
    is_old = np.isfinite(values[:, :_FIRST]).any(axis=1)
    rows = np.flatnonzero(is_work & is_old & (moved.peak > moved.median))
    _find(values, row, moved.median, moved.distance, rows, found)
    return found


@kernel
def _last_out(values: Floats, median: float, out: float) -> int:
    """The last row that belongs to a run, -1 where there is none."""
    for c in range(len(values) - 1, -1, -1):
        if values[c] - median >= out:  # never of a gap
            return c
    return -1


@kernel
def _find(
    values: Floats, row: int, median: Floats, distance: Floats, rows: Integers, found: CompiledFlags
) -> None:
    columns = values.shape[1]
    for i in rows:
        out = _OUT * distance[i]
        before = _last_out(values[i, :row], median[i], out)
        runs, begins, last, longest, apart = 0, -1, -1, 0, 0
        first = -1
        off, at_rest = 0.0, 0
        off_since, rest_since = 0.0, 0
        for c in range(row, columns):
            if values[i, c] != values[i, c]:
                continue
            away = values[i, c] - median[i]
            if away < out:
                off_since += abs(away)
                rest_since += 1
                continue
            if last < 0 or c - last > _MIN_REST:
                if last >= 0:
                    longest = max(longest, last - begins + 1)
                    apart = max(apart, c - begins)
                    off += off_since
                    at_rest += rest_since
                else:
                    first = c
                runs += 1
                begins = c
            last, off_since, rest_since = c, 0.0, 0
        if runs < 2:
            continue
        is_no_longer = last - begins + 1 <= _UNEVEN * longest
        is_no_news = first - before <= _UNEVEN * apart
        found[i] = is_no_longer and is_no_news and off <= _AT_REST * distance[i] * at_rest
