"""What each sample of a counter is against those before it: growth, a reset, or a dip that is no reset.

A counter falls when its process began anew; then it goes on from about zero, and stays under its old value
for a while. It also falls where nothing began anew: a float is rounded, samples come out of order, two
replicas take turns, a scrape reads 0 once. Then it is back where it would have been within a few samples,
and the fall and the return would read as the rate of a million.
Source: Prometheus documentation, "rate" and "resets"; of a fall by less than an eighth VictoriaMetrics says
that it is no full reset (`removeCounterResets`).
"""

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix

Steps = npt.NDArray[np.int8]
"""One of the codes below for each sample, shape (N, T)."""

MISSING = 0
"""There is no sample."""
FIRST = 1
"""The first sample of its series."""
RISE = 2
"""Not below the one before it."""
DIP = 3
"""Below the one before it for a moment: to be passed over."""
RESET = 4
"""Fell to at most half, and stays low: the counter began anew."""
STEP_BACK = 5
"""Fell by less, and stays there: part of a sum ended, or it is no counter."""
RETURN = 6
"""Rose to another count: to that of before a fall, as if it had gone on, or to one that it fell from again
to go on from here. Not growth of this one step."""

MAX_DIP = 3
"""Samples that a dip lasts at most; what stays low for longer may have begun anew."""
_HAIR = 1 / 8
"""A fall by a smaller part than this is no restart: see VictoriaMetrics above."""
_MAX_FALLS = 2 / 5
"""Where a larger part of the steps falls, and of those over every second sample, a level wavers: half fall.
Of a counter whose replicas answer in turn no second sample is lower; where two or three answer at random, a
quarter or a third are."""


def counter_steps(
    values: Matrix, stamps: npt.NDArray[np.int64], rows: npt.NDArray[np.intp] | None = None
) -> Steps:
    """The code of every sample, shape (N, T), each series taken for a counter.

    Of a series that falls about as often as it rises, every fall is a `STEP_BACK`: no counter is looked for.

    values  shape (N, T), NaN where there is no sample
    stamps  times of the samples in ms, the same shape
    rows    the series to look at, None for all; of others every sample is `MISSING`

    >>> values = np.array([[70.0, 72.0, 71.0, 74.0, 1.0, 3.0, np.nan, 5.0]])
    >>> counter_steps(values, np.arange(8)[None, :] * 1000).tolist()
    [[1, 2, 3, 2, 4, 2, 0, 2]]
    """
    steps = np.zeros(values.shape, np.int8)
    _classify(values, stamps, np.arange(len(values)) if rows is None else rows, steps)
    return steps


@kernel
def _classify(values: Floats, stamps: Integers, rows: Integers, steps: Steps) -> None:
    columns = values.shape[1]
    at = np.empty(columns, np.int64)
    for i in rows:
        known, falls, second_falls = 0, 0, 0
        for c in range(columns):
            if values[i, c] != values[i, c]:
                steps[i, c] = MISSING
                continue
            steps[i, c] = RISE if known else FIRST
            falls += known > 0 and values[i, c] < values[i, at[known - 1]]
            second_falls += known > 1 and values[i, c] < values[i, at[known - 2]]
            at[known] = c
            known += 1
        if min(falls, second_falls) > _MAX_FALLS * known:
            for k in range(1, known):
                if values[i, at[k]] < values[i, at[k - 1]]:
                    steps[i, at[k]] = STEP_BACK
        elif falls:
            _classify_falls(values[i], stamps[i], at[:known], steps[i])


@kernel
def _classify_falls(row: Floats, stamps: Integers, at: Integers, steps: Steps) -> None:
    """The codes of a series that falls somewhere; `at` holds the columns of its samples."""
    growth = _usual_growth(row, stamps, at)
    last = at[0]
    lost = -1  # the sample before the last fall, until the series is back at its value
    low, high = at[0], at[0]  # the samples around the greatest rise since the last fall
    k = 1
    while k < len(at):
        column = at[k]
        if row[column] >= row[last]:
            if lost >= 0 and row[column] >= row[lost]:
                if _is_back(row, stamps, growth, column, lost, last):
                    steps[column] = RETURN
                lost = -1
            if row[column] - row[last] > row[high] - row[low]:
                low, high = last, column
        else:
            if _ends_a_jump(row, stamps, growth, low, high, last, column):
                steps[high] = RETURN
            low, high = column, column
            end = k + 1
            while end < min(k + 1 + MAX_DIP, len(at)) and row[at[end]] < row[last]:
                end += 1
            if end < min(k + 1 + MAX_DIP, len(at)) and (
                row[last] - row[column] < _HAIR * row[last]
                or _is_back(row, stamps, growth, at[end], last, at[end - 1])
            ):
                steps[at[k:end]] = DIP
                k = end
                continue
            steps[column] = RESET if row[column] <= row[last] / 2 else STEP_BACK
            lost = last
        last = column
        k += 1


@kernel
def _is_back(row: Floats, stamps: Integers, growth: float, now: int, lost: int, before: int) -> bool:
    """Whether the value now fits better to growth since the sample `lost` than to growth since `before`."""
    had_it_gone_on = row[lost] + growth * (stamps[now] - stamps[lost])
    had_it_begun_anew = row[before] + growth * (stamps[now] - stamps[before])
    return bool(abs(row[now] - had_it_gone_on) < abs(row[now] - had_it_begun_anew))


@kernel
def _ends_a_jump(
    row: Floats, stamps: Integers, growth: float, low: int, high: int, last: int, now: int
) -> bool:
    """Whether the fall from `last` to `now` takes back the rise from `low` to `high`, of another count."""
    usual = growth * (stamps[high] - stamps[low])
    jump = row[high] - row[low] - usual
    had_it_gone_on = row[low] + growth * (stamps[now] - stamps[low])
    half = (row[last] - row[now]) / 2
    # A counter that rests does not jump: replicas that tell of its events in turn would hide every one.
    return bool(jump > max(half, 2 * usual) and growth > 0.0 and abs(row[now] - had_it_gone_on) < half)


@kernel
def _usual_growth(row: Floats, stamps: Integers, at: Integers) -> float:
    """Median growth per ms.

    The lesser of two: from sample to sample, and over every second one, since where two replicas take turns
    each rise from one to the other is a return.
    """
    least = np.inf
    rises = np.empty(len(at))
    for lag in (1, 2):
        found = 0
        for k in range(lag, len(at)):
            rise = row[at[k]] - row[at[k - lag]]
            if rise >= 0:
                rises[found] = rise / max(stamps[at[k]] - stamps[at[k - lag]], 1)
                found += 1
        if found:
            least = min(least, np.median(rises[:found]))
    return least if least < np.inf else 0.0
