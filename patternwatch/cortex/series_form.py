"""Whether one series has the form of a counter or of a gauge, by its samples alone.

A counter grows from the window's beginning on, in many steps, unevenly as events come, and falls only where
its process began anew, which is rare. Whole numbers may rest; sums of fractions (seconds) move with nearly
every sample. A gauge falls. What merely rose is neither: a level that rose once or in few steps, a queue
that was empty and then filled, an even ramp or a smooth curve (progress, a disk that fills), a clock.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Floats, Integers, kernel
from patternwatch.contracts.series import Matrix
from patternwatch.cortex.counter_steps import DIP, MISSING, RISE, Steps
from patternwatch.cortex.step_counts import tallies_of

Codes = npt.NDArray[np.int8]

UNDECIDED, COUNTER, GAUGE = 0, 1, 2

MIN_GROWTH_STEPS = 22
"""Fewer steps upwards in the baseline say nothing: gauges rise by accident too."""
_PARTS = 8
_GROWING_PARTS = 6
"""A counter grows in each of the first six eighths of the baseline; later a fault may have stopped it."""
_MAX_EVENNESS = 1e-4
"""A ramp is even where it keeps so near to a straight line, as a part of its growth; or by rounding."""
_MIN_ROUGHNESS = 0.02
"""Von Neumann's ratio over two of a series' growth: 1 for independent counts, .007 for a smooth curve."""
_CLOCKS = (1e9, 1e6, 1e3, 1.0, 1 / 60, 1 / 3600, 1 / 86400)
"""Units of time in a second: what grows by one of these is a clock or an uptime."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of N series, shape (N,) each.

    forms       UNDECIDED, COUNTER or GAUGE
    refuted     whether it cannot be a counter, even if it is declared one
    moves       whether it has more than one value
    only_reset  column of its one reset; -1 where it has none or several, or falls otherwise
    """

    forms: Codes
    refuted: Flags
    moves: Flags
    only_reset: Integers


def forms_of(
    values: Matrix,
    stamps: Integers,
    steps: Steps,
    split: int,
    rows: Integers | None = None,
    asked: Flags | bool = True,
) -> Forms:
    """The form of each series.

    values  shape (M, T), NaN where there is no sample
    stamps  times of the samples in ms, the same shape
    steps   what each sample is, the same shape, as `counter_steps` gives it
    split   columns of the baseline
    rows    the N series to look at, None for all
    asked   of which of these it matters whether they are counters, shape (N,); others are GAUGE or UNDECIDED

    >>> from patternwatch.cortex.counter_steps import counter_steps
    >>> rng, stamps = np.random.default_rng(1), np.tile(np.arange(301) * 30_000, (2, 1))
    >>> values = np.array([np.cumsum(rng.poisson(5, 301)), rng.poisson(5, 301)], float)
    >>> forms_of(values, stamps, counter_steps(values, stamps), 241).forms.tolist()
    [1, 2]
    """
    rows = np.arange(len(values)) if rows is None else rows
    n, whole = tallies_of(values, steps, rows, split)
    # By the baseline alone: in a fault a process may begin anew in each scrape.
    falls_often = (n.falls >= 3) & (20 * n.falls >= n.grown) | (n.resets >= 3) & (10 * n.resets >= n.grown)
    is_noise = (n.dips >= 3) & (50 * n.dips > n.grown) & (50 * n.uneven_dips > n.dips)
    refuted = (whole.negative > 0) | (n.falls >= 3) & (10 * n.falls >= n.grown)
    refuted |= (n.dips >= 3) & (10 * n.dips > n.grown) & (10 * n.uneven_dips > n.dips)
    refuted |= (n.dips >= 3) & (10 * n.grown <= n.dips) | (n.resets >= 3) & (2 * n.resets >= n.grown)
    is_gauge = refuted | falls_often | is_noise
    forms = np.where(is_gauge, GAUGE, UNDECIDED).astype(np.int8)
    rises = asked & ~is_gauge & (50 * n.falls <= n.grown) & (40 * n.resets <= n.grown)
    _judge_baselines(values, stamps, steps, split, whole.fractions == 0, rows, np.flatnonzero(rises), forms)
    return Forms(
        forms,
        refuted,
        moves=whole.grown + whole.resets + whole.falls + whole.dips > 0,
        only_reset=np.where(
            (whole.resets == 1) & (whole.falls == 0) & (whole.dips == 0), whole.last_reset, -1
        ),
    )


@kernel
def _judge_baselines(
    values: Floats,
    stamps: Integers,
    steps: Steps,
    split: int,
    whole: Flags,
    rows: Integers,
    chosen: Integers,
    forms: Codes,
) -> None:
    for k in chosen:
        i = rows[k]
        forms[k] = _form_of_baseline(values[i], stamps[i], steps[i], split, whole[k])


@kernel
def _form_of_baseline(row: Floats, stamps: Integers, steps: Steps, split: int, whole: bool) -> int:
    """COUNTER, GAUGE for a clock, or UNDECIDED, by growth before the split; the series does not fall."""
    growth, seconds = np.empty(split), np.empty(split)
    kept, last = 0, -1
    for c in range(split):
        if steps[c] == RISE:
            growth[kept] = row[c] - row[last]
            seconds[kept] = max((stamps[c] - stamps[last]) / 1000.0, 1e-3)
            kept += 1
        if steps[c] not in (MISSING, DIP):
            last = c
    growth, seconds = growth[:kept], seconds[:kept]
    grown = int(np.count_nonzero(growth))
    if grown < MIN_GROWTH_STEPS or not (whole or 10 * grown >= 9 * kept):
        return UNDECIDED
    if _is_clock(growth, seconds):
        return GAUGE
    rough = 0
    for part in range(_PARTS):
        own = slice(part * kept // _PARTS, (part + 1) * kept // _PARTS)
        if part < _GROWING_PARTS and not growth[own].any():
            return UNDECIDED
        rough += not _is_even(growth[own], seconds[own], whole) and _is_rough(growth[own] / seconds[own])
    return COUNTER if 2 * rough >= _GROWING_PARTS else UNDECIDED


@kernel
def _is_clock(growth: Floats, seconds: Floats) -> bool:
    """Whether the series grows by a unit of time, and is never off by more than a sample's distance."""
    slope = growth.sum() / seconds.sum()
    for clock in _CLOCKS:
        if abs(slope / clock - 1.0) < 0.01:
            return bool(_off_line(growth, seconds) <= slope * np.median(seconds))
    return False


@kernel
def _is_even(growth: Floats, seconds: Floats, whole: bool) -> bool:
    """Whether the series keeps to a straight line but for rounding."""
    return bool(_off_line(growth, seconds) <= max(_MAX_EVENNESS * growth.sum(), 1.0 if whole else 0.0))


@kernel
def _off_line(growth: Floats, seconds: Floats) -> float:
    """The farthest distance from the straight line between the ends."""
    slope = growth.sum() / seconds.sum()
    return float(np.abs(np.cumsum(growth) - np.cumsum(seconds) * slope).max())


@kernel
def _is_rough(rate: Floats) -> bool:
    """Whether growth is uneven from sample to sample, and not only over many: J. von Neumann, 1941."""
    spread = np.var(rate)
    if len(rate) < 2 or spread == 0.0:
        return False
    return bool(np.mean((rate[1:] - rate[:-1]) ** 2) / 2.0 >= _MIN_ROUGHNESS * spread)
