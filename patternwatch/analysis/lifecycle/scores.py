"""How much an ended or begun series counts, and that what ended as a whole goes before those that miss it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from patternwatch.analysis.entities.entities import Ranked
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.scoring.scores import LATE_COST, ScoreBreakdown
from patternwatch.contracts.series import Vector

SIZE = math.log1p(100.0)
"""Size of an end: that of a share that falls from a flat 1 to a flat 0, as `up` does (see `log_size`)."""
_BEFORE_ROWS = 3
"""Rows before an onset that an end may lie and still have begun there."""
_WITH_ROWS = 10
"""Rows after an onset until which what ended as a whole is its cause: callers notice soon; judgement."""


def with_events(breakdown: ScoreBreakdown, events: EventSeries, row: int, rows: int) -> ScoreBreakdown:
    """The breakdown with its last entries, those of the events, set to what ends and beginnings count.

    row, rows  the onset, and the number of rows of the window

    >>> one = np.ones(1)
    >>> moved = ScoreBreakdown(one, one, one, one, one, one, one)
    >>> with_events(moved, EventSeries.none(300), 240, 300) is moved
    True
    """
    n = len(events.rows)
    if not n:
        return breakdown
    late = np.clip(events.rows - row, 0.0, None) / max(rows - row, 1)
    counts = np.where(events.rows >= row - _BEFORE_ROWS, 1.0, 0.0)

    def last(values: Vector, own: Vector) -> Vector:
        return np.concatenate([values[: len(values) - n], own])

    ones = np.ones(n)
    return replace(
        breakdown,
        size=last(breakdown.size, np.full(n, SIZE)),
        early=last(breakdown.early, 1.0 - LATE_COST * late),
        category=last(breakdown.category, ones),
        normal=last(breakdown.normal, counts),
        traffic=last(breakdown.traffic, ones),
        chance=last(breakdown.chance, ones),
        life=last(np.ones(len(breakdown.size)), events.weights),
    )


def whole_first(ranked: Sequence[Ranked], whole: Mapping[str, int], row: int) -> list[Ranked]:
    """The entities, those that ended as a whole at the onset lifted by the highest score of the others.

    whole  when each entity ended that ended as a whole
    row    the onset

    Callers of a service that is gone fail loudly, while it does not tell of itself any more: their trouble is
    evidence of it.

    >>> from patternwatch.analysis.entities.entities import Entity
    >>> ranked = [Ranked(Entity(name, "service"), score, ()) for name, score in (("web", 9.0), ("cart", 4.6))]
    >>> [(r.entity.name, r.score) for r in whole_first(ranked, {"cart": 240}, 240)]
    [('cart', 13.6), ('web', 9.0)]
    """
    ended = {name for name, at in whole.items() if row - _BEFORE_ROWS <= at <= row + _WITH_ROWS}
    others = [r for r in ranked if r.entity.name not in ended]
    best = max((r.score for r in others), default=0.0)
    lifted = [replace(r, score=r.score + best) for r in ranked if r.entity.name in ended]
    return [*sorted(lifted, key=lambda r: -r.score), *others]
