"""Values that are times (`job_last_success_timestamp_seconds`): how late each is.

Such a value is recognised by its form: whenever it moves, it moves to about now. What it tells is its age,
which rises and falls all the time; what an operator wants to know is when it is older than it ever gets. So
the age is given only where it goes beyond what is usual, and before that the longest usual age. An alert
about it comes when it is long late: how late it was before then is not given, since it was not usual either.
Source: Prometheus documentation, "Alerting rules" and "Pushgateway": `time() - x > bound`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.metric_words import tells_start
from patternwatch.contracts.series import AGE_UNITS, Flags, Vector
from patternwatch.contracts.skipped import CREATION
from patternwatch.cortex.align import Grid
from patternwatch.cortex.counter_steps import DIP, RESET, STEP_BACK, Steps
from patternwatch.cortex.raw import Described

CREATED = "_created"
"""OpenMetrics: when each counter and histogram began, one for every series of it."""
_MAX_AGE_S = 10 * 365 * 86400.0
_FIRST_S = 1e9
"""Times before September 2001 are none: small numbers are counts."""
_MAX_SKEW_S = 300.0
"""How far the clock of who writes the time may be ahead."""
MIN_MOVES = 3
"""Intervals that must have passed in the baseline to know which are usual."""
_PATIENCE = {True: 2.0, False: 3.0}
"""How many times the longest interval may pass: where all of them are alike (to a factor of two), and else.

After n intervals of random events one longer than three times the longest comes by chance in
6 / ((n + 1)(n + 2)(n + 3)) of the cases: 5 % for three, .3 % for ten."""

NO_INTERVAL = "timestamp that moved too rarely to be late"


InReach: TypeAlias = tuple[str, int]
"""The unit of a time, and the position of the series that may hold it."""


@dataclass(slots=True)
class Timestamps:
    """The timestamps among N series, by their positions.

    ages     by derivation, positions and the ages in seconds, each of shape (T,)
    skipped  by reason, those that are not judged
    """

    ages: dict[str, list[tuple[int, Vector]]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def found(self) -> set[int]:
        """All of their positions."""
        judged = {i for own in self.ages.values() for i, _ in own}
        return judged.union(*self.skipped.values())


def timestamps_among(raw: Described, grid: Grid, steps: Steps, in_reach: Iterable[InReach]) -> Timestamps:
    """Find the series whose values are times, and their ages.

    in_reach  as `in_reach` gives them
    """
    found = Timestamps()
    for unit, i in in_reach:
        name = raw.labels[i].get("__name__", "")
        if name.endswith(CREATED):
            found.skipped[CREATION].append(i)
        elif not tells_start(name):  # each move of such a one is an event, a restart, and none is ever late
            known = np.where((steps[i] == DIP) | (grid.values[i] == 0), np.nan, grid.values[i])
            falls = int(np.isin(steps[i], (RESET, STEP_BACK)).sum())
            _add(found, unit, i, known / AGE_UNITS[unit], grid, falls)
    return found


def in_reach(grid: Grid, candidates: Iterable[int]) -> list[InReach]:
    """The candidates that move, and whose highest value is a time of the last ten years, with its unit.

    candidates  positions of series that are no part of a histogram
    """
    candidates = np.fromiter(candidates, np.intp)
    lowest, highest = _extremes(grid.values, candidates)
    end_s = grid.window.end_ms / 1000.0
    found = []
    for unit, parts in AGE_UNITS.items():
        age = end_s - highest / parts
        near = (age > -_MAX_SKEW_S) & (age < _MAX_AGE_S) & (highest / parts > _FIRST_S) & (highest > lowest)
        found += [(unit, int(i)) for i in candidates[near]]
    return found


@kernel
def _extremes(values: Floats, rows: Integers) -> tuple[Floats, Floats]:
    """The lowest and the highest value of each of these series; infinite where there is none."""
    lowest, highest = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for k, i in enumerate(rows):
        for c in range(values.shape[1]):
            lowest[k] = min(lowest[k], values[i, c])
            highest[k] = max(highest[k], values[i, c])
    return lowest, highest


def _add(found: Timestamps, unit: str, i: int, values: Vector, grid: Grid, falls: int) -> None:
    window = grid.window
    at = np.flatnonzero(~np.isnan(values))
    now = grid.stamps[i][at] / 1000.0
    age, value = now - values[at], values[at]
    moved = np.flatnonzero(value[1:] > value[:-1]) + 1
    span = window.rows * window.step_ms / 1000.0
    is_time = (age > -_MAX_SKEW_S).all() and (age < _MAX_AGE_S).all() and (age[moved] < span).all()
    if not len(moved) or not is_time or 10 * falls > len(moved):
        return
    passed = (now[moved] - value[moved - 1])[at[moved] <= window.split_row]  # the age that each move ended
    if len(passed) < MIN_MOVES:
        found.skipped[NO_INTERVAL].append(i)
        return
    ages = np.full(window.rows + 1, np.nan)
    ages[at] = beyond_usual(age, passed, at <= window.split_row)
    found.ages[unit].append((i, ages[1:]))


def beyond_usual(ages: Vector, reached: Vector, past: Flags) -> Vector:
    """The ages where they go beyond what is usual, and elsewhere the longest usual one, shape (N,).

    reached  the ages that were reached before, at least one
    past     which of the ages lie before the split, shape (N,)

    What has been late since before the split is no part of what is usual: its first points are gaps.

    >>> ages, past = np.array([10.0, 590.0, 1210.0, 1240.0]), np.array([True, True, True, False])
    >>> beyond_usual(ages, np.array([600.0, 590.0]), past)
    array([ 600.,  600.,   nan, 1240.])
    """
    usual = max(float(reached.max()), 0.0)
    late = ages > usual * _PATIENCE[bool(usual <= 2 * reached.min())]
    found = np.where(late, ages, usual)
    in_time = np.flatnonzero(past & ~late)
    found[past & (np.arange(len(ages)) > (in_time[-1] if len(in_time) else -1))] = np.nan
    return found
