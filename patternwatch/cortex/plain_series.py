"""Counters, gauges, times and ages among series that are no part of a histogram, and how they grew."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.series import STATE_AGE, Matrix, Vector
from patternwatch.cortex.age_gauges import late_ages
from patternwatch.cortex.align import Grid
from patternwatch.cortex.counter_names import counters_among
from patternwatch.cortex.counter_steps import counter_steps
from patternwatch.cortex.name_roles import NameRoles
from patternwatch.cortex.rates import increases
from patternwatch.cortex.raw import Described
from patternwatch.cortex.series_form import forms_of
from patternwatch.cortex.state_ages import late_states
from patternwatch.cortex.timestamps import Timestamps, in_reach, timestamps_among
from patternwatch.cortex.zero_fill import zero_fill_before_first_sample


class PlainSeries(NamedTuple):
    """What only grows, by ascending positions; `increase` and `seconds` as `increases` gives them.

    ages  what those of the gauges are judged by that tell an age
    """

    counters: Integers
    gauges: Integers
    timestamps: Timestamps
    ages: Mapping[int, Vector]
    increase: Matrix
    seconds: Matrix


def plain_series(
    raw: Described, grid: Grid, roles: NameRoles, plain: Sequence[int], in_histograms: Sequence[int]
) -> PlainSeries:
    """The counters among the plain series, their increases, and those of histograms' parts.

    What is declared a gauge, often most of all, is not looked at as if it were a counter.
    """
    left = np.zeros(len(raw), dtype=bool)  # plain series that are nothing else yet
    left[np.array(plain, np.intp)] = True
    parts, times = np.array(in_histograms, np.intp), in_reach(grid, np.flatnonzero(left))
    in_times = np.array([i for _, i in times], np.intp)
    stepping = np.unique(np.concatenate([np.flatnonzero(left & roles.counters), parts, in_times]))
    steps = counter_steps(grid.values, grid.stamps, stepping)
    timestamps = timestamps_among(raw, grid, steps, times)
    left[list(timestamps.found)] = False
    ages = late_ages(grid, np.flatnonzero(left & roles.ages))
    countable = left & roles.counters
    countable[list(ages)] = False
    chosen = np.flatnonzero(countable)
    split = grid.window.split_row + 1
    forms = forms_of(grid.values, grid.stamps, steps, split, chosen, roles.by_form[chosen])
    counters = np.array(sorted(counters_among(raw, chosen.tolist(), forms)), np.intp)
    left[counters] = False
    if states := late_states(grid, np.flatnonzero(left & roles.runs).tolist()):
        timestamps.ages[STATE_AGE] = list(states.items())
        left[list(states)] = False
    counting = np.concatenate([counters, parts])
    increase, seconds = increases(grid.values, grid.stamps, steps, counting)
    zero_fill_before_first_sample(raw, counting.tolist(), increase, seconds)
    return PlainSeries(counters, np.flatnonzero(left), timestamps, ages, increase, seconds)
