"""Which series can be judged: those with enough of a baseline in their own interval, and points after it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from patternwatch.analysis.metrics.bookkeeping import is_bookkeeping
from patternwatch.analysis.metrics.high_water import is_high_water
from patternwatch.analysis.metrics.roles import tells_a_role
from patternwatch.analysis.series.own_interval import own_intervals
from patternwatch.analysis.verdict import duration
from patternwatch.contracts.series import CURRENT_ROWS, Flags, Labels, Matrix, Vector
from patternwatch.contracts.skipped import (
    BOOKKEEPING,
    CONSTANT,
    HIGH_WATER,
    ROLE,
    Skipped,
    merged,
    skipped_for,
)
from patternwatch.detectors.base import MIN_BASELINE

_MIN_PRESENT = 0.2
"""Share of the baseline, at a series' interval from its first point on, that must hold points; judgement."""
LATE_ROWS = CURRENT_ROWS // 2
"""Rows from the window's end back in which a series has a point that is late rather than ended.

A quarter of an hour of the usual step: remote writes lag by minutes, exporters of clouds by ten."""
TOO_SPARSE = "too sparse"
"""Why a series is not judged whose interval is so long that a baseline holds too few points of it."""


@dataclass(frozen=True, slots=True)
class Usable:
    """What can be judged of N series.

    flags    which can be, shape (N,)
    skipped  those that cannot, by the first reason that holds
    notes    sentences that say what to do about them
    """

    flags: Flags
    skipped: Skipped
    notes: Sequence[str]


def usable_series(values: Matrix, split: int, labels: Sequence[Labels], step_ms: int) -> Usable:
    """Which series can be judged, and why the others cannot.

    values   shape (N, T); NaN is a gap
    split    first row of the current part, 0 < split < T
    labels   N label sets
    step_ms  distance of rows

    >>> values = np.full((2, 300), np.nan)
    >>> values[0], values[1, ::30] = np.arange(300.0), np.arange(10.0)
    >>> usable = usable_series(values, 240, [{"__name__": "up"}, {"__name__": "disk_health"}], 30_000)
    >>> usable.flags.tolist(), usable.skipped
    ([True, False], {'too sparse': {'disk_health': 1}})
    >>> usable.notes[0][:56]
    'Series scraped every 15 min have fewer than 20 points be'
    """
    present = ~np.isnan(values)
    before = present[:, :split].sum(axis=1)
    after = present[:, split:].sum(axis=1)
    flat = np.fmax.reduce(values, axis=1) <= np.fmin.reduce(values, axis=1)
    rows = np.maximum(split - present.argmax(axis=1), 1)  # since the first point: a young system has no gaps
    few = before < _MIN_PRESENT * rows
    interval = np.ones(len(values))
    interval[few] = own_intervals(values[few], split)
    whole = rows / np.nan_to_num(interval, nan=1.0)  # how many points a baseline without gaps has
    sparse = (interval > 1.0) & (whole < MIN_BASELINE) & (before < MIN_BASELINE)
    names = [own.get("__name__", "") for own in labels]
    reasons = {
        "no points": before + after == 0,
        CONSTANT: flat,
        BOOKKEEPING: np.array([is_bookkeeping(name) for name in names], dtype=bool),
        ROLE: np.array([tells_a_role(name) for name in names], dtype=bool),
        HIGH_WATER: np.array([is_high_water(name) for name in names], dtype=bool),
        TOO_SPARSE: sparse,
        "too short": before < MIN_BASELINE,
        "mostly gaps": before < _MIN_PRESENT * whole,
        "ended before the current part": ~present[:, min(split, values.shape[1] - LATE_ROWS) :].any(axis=1),
    }
    usable = np.ones(len(values), dtype=bool)
    skipped: list[Skipped] = []
    for reason, holds in reasons.items():
        left_out = np.flatnonzero(holds & usable)
        skipped.append(skipped_for(reason, (names[i] for i in left_out.tolist())))
        usable &= ~holds
    return Usable(usable, merged(*skipped), _notes(interval[sparse & ~flat], split, step_ms))


def _notes(intervals: Vector, split: int, step_ms: int) -> list[str]:
    if not len(intervals):
        return []
    own = duration(int(np.median(intervals) * step_ms))
    few = f"Series scraped every {own} have fewer than {MIN_BASELINE} points before the split"
    return [f"{few} at a step of {duration(step_ms)} and are not judged: ask again with a step of {own}."]
