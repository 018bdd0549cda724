"""Flags of what runs again and again (`batch_running`): for how long the last state has lasted.

A job that runs for five minutes in every fifteen moves its flag all the time; that it runs for an hour, or
starts no more, is no move at all. As with times (`timestamps`) the time in a state is given only where it
goes beyond what is usual, and before that as the longest usual one; else the flag stays as it is. What flags
tell of health (`up`) is trouble whenever they fall, and is not looked at.
"""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Vector
from patternwatch.cortex.align import Grid
from patternwatch.cortex.timestamps import MIN_MOVES, beyond_usual

_RUNS = re.compile(r"(^|_)(running|in_?progress|building|executing|status_active)(_|$)")
"""Names of flags of what runs: by hand of batches; Jenkins, `building`; kube-state-metrics of CronJobs."""


def tells_of_runs(name: str) -> bool:
    """Whether a metric tells by 1 and 0 whether something runs that runs again and again.

    >>> [tells_of_runs(name) for name in ("batch_running", "jenkinsJobBuilding", "jobs_total")]
    [True, True, False]
    """
    return _RUNS.search(in_snake_case(name)) is not None


def late_states(grid: Grid, flags: Iterable[int]) -> Mapping[int, Vector]:
    """The times in a state, in seconds, of those of these series that are in one for longer than ever.

    flags  positions of gauges whose names tell of runs
    """
    states = ((i, _beyond(grid, i)) for i in flags)
    return {i: ages for i, ages in states if ages is not None}


def _beyond(grid: Grid, i: int) -> Vector | None:
    """The times in a state of one flag, shape (T,); None where the last one lasts no longer than usual."""
    at = np.flatnonzero(~np.isnan(grid.values[i]))
    now, state = grid.stamps[i][at] / 1000.0, grid.values[i][at]
    turns = np.flatnonzero(state[1:] != state[:-1]) + 1
    if len(turns) < 2 * MIN_MOVES or len(np.unique(state)) > 2:
        return None
    begun, past = np.concatenate([[0], turns]), at <= grid.window.split_row
    is_same = (state[turns[:-1]] == state[-1]) & past[turns[1:]]  # what began before the window is no measure
    lasted = np.diff(now[turns])[is_same]
    if len(lasted) < MIN_MOVES:
        return None
    since = now - now[begun[np.searchsorted(turns, np.arange(len(at)), side="right")]]
    told = beyond_usual(np.where(state == state[-1], since, 0.0), lasted, past)
    if told[-1] == lasted.max():
        return None
    ages = np.full(grid.window.rows + 1, np.nan)
    ages[at] = told
    return ages[1:]
