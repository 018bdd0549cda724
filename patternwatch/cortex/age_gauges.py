"""Gauges that grow with the clock and are set back (`backup_since_last_completion_seconds`): how late.

Such a gauge is the age of something that happens again and again, where others tell the time of it. It is
recognised by its form: between falls it gains a second a second, or as much of another unit. As with times
(`timestamps`) it is given only where it goes beyond what is usual, and before that as the longest usual one.
What never falls, or seldom, stays as it is: a clock, the time that a process is up.
"""

import re
from collections.abc import Mapping

import numpy as np

from patternwatch.compiled import Flags, Floats, Integers, kernel
from patternwatch.contracts.metric_words import tells_uptime
from patternwatch.contracts.series import Vector
from patternwatch.cortex.align import Grid
from patternwatch.cortex.timestamps import MIN_MOVES, beyond_usual

_OTHERS = re.compile(r"alive|running|_total$", re.IGNORECASE)
"""Ages of what runs, as uptimes are, which a restart sets back and which are never too old; counters."""
_UNITS_S = np.array([1e-3, 1.0, 60.0, 3600.0, 86400.0])
_PACE = 0.05
"""How far the gain between falls may be from the clock's, in parts of it."""
_FEW = 20
"""Points after which it may show that a series is no age."""
_SEEN = 5
"""From fall to fall it gains so many times what it is rounded to at least."""
_CLOCK_S = 1.0
"""How far apart an exporter may read the clock, and a scraper."""


def may_tell_age(name: str, kind: str) -> bool:
    """Whether a metric of this name and declared type may tell how old something is.

    What is declared a counter does not, or is called as one.

    >>> [may_tell_age(name, "gauge") for name in ("backup_age_seconds", "sysUpTime", "retries_total")]
    [True, False, False]
    """
    return kind != "counter" and not tells_uptime(name) and not _OTHERS.search(name)


def late_ages(grid: Grid, rows: Integers) -> Mapping[int, Vector]:
    """The ages among these series, by position: each in its own unit, shape (T,), as they are judged.

    rows  positions of series that are no part of a histogram and `may_tell_age`
    """
    gain, falls = _gains(grid.values, grid.stamps, rows)
    units = np.argmin(np.abs(np.log(np.maximum(gain, 1e-300)[:, None] * _UNITS_S)), axis=1)
    is_near = np.abs(gain * _UNITS_S[units] - 1.0) <= _PACE
    near = np.flatnonzero(is_near & (falls >= MIN_MOVES))
    chosen, units_s = rows[near], _UNITS_S[units[near]]
    keep_pace = _keep_pace(grid.values, grid.stamps, chosen, units_s)
    found = {}
    for i, unit_s in zip(chosen[keep_pace].tolist(), units_s[keep_pace].tolist(), strict=True):
        ages = _judged(grid, i, unit_s)
        if ages is not None:
            found[i] = ages
    return found


@kernel
def _gains(values: Floats, stamps: Integers, rows: Integers) -> tuple[Floats, Integers]:
    """How much each of these series gains a second where it does not fall, and how often it falls.

    A series that rests, or falls about as often as it rises, as most do, is soon known to be no age.
    """
    gain, falls = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    for k, i in enumerate(rows):
        rise, elapsed, rises, before = 0.0, 0.0, 0, -1
        for c in range(values.shape[1]):
            if np.isnan(values[i, c]):
                continue
            if before >= 0:
                if values[i, c] < values[i, before]:
                    falls[k] += 1
                else:
                    rise += values[i, c] - values[i, before]
                    elapsed += (stamps[i, c] - stamps[i, before]) / 1000.0
                    rises += 1
                if 2 * falls[k] > rises + _FEW or (rise == 0.0 and rises > _FEW):
                    elapsed = 0.0
                    break
            before = c
        if elapsed > 0.0:
            gain[k] = rise / elapsed
    return gain, falls


@kernel
def _keep_pace(values: Floats, stamps: Integers, rows: Integers, units_s: Floats) -> Flags:
    kept = np.empty(len(rows), np.bool_)
    for k in range(len(rows)):
        kept[k] = _keeps_pace(values[rows[k]], stamps[rows[k]], units_s[k])
    return kept


@kernel
def _keeps_pace(row: Floats, stamps: Integers, unit_s: float) -> bool:
    """Whether a series is never below 0 and goes with the clock from fall to fall: noise is off soon."""
    rounding = max(unit_s, _CLOCK_S)
    base, before = -1, -1
    for c in range(len(row)):
        if np.isnan(row[c]):
            continue
        if row[c] < 0.0:
            return False
        if before < 0 or row[c] < row[before]:
            base = c
        passed = stamps[c] / 1000.0 - stamps[base] / 1000.0
        if abs(row[c] * unit_s - row[base] * unit_s - passed) > rounding + _PACE * passed:
            return False
        before = c
    return True


def _judged(grid: Grid, i: int, unit_s: float) -> Vector | None:
    """The ages of a gauge that keeps pace; None where falls are too few, or what is usual is unknown."""
    at = np.flatnonzero(~np.isnan(grid.values[i]))
    now, age = grid.stamps[i][at] / 1000.0, grid.values[i][at] * unit_s
    fell = np.flatnonzero(age[1:] < age[:-1]) + 1
    base = np.concatenate([[0], fell])[np.searchsorted(fell, np.arange(len(at)), side="right")]
    passed = now - now[base]
    rounding = max(unit_s, _CLOCK_S)
    is_seen = passed[fell[1:] - 1] >= _SEEN * rounding  # else anything would pass for a clock
    reached = (age[fell - 1] + now[fell] - now[fell - 1])[at[fell] <= grid.window.split_row]
    if not is_seen.all() or len(reached) < MIN_MOVES:
        return None
    ages = np.full(grid.window.rows + 1, np.nan)
    ages[at] = beyond_usual(age, reached, at <= grid.window.split_row) / unit_s
    return ages[1:]
