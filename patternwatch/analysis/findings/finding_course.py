"""The course of one series as a finding tells it: times, values, and which way it went."""

import math
from dataclasses import dataclass

from patternwatch.analysis.findings.course import Courses
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.findings import Direction
from patternwatch.contracts.series import Window

_BOTH_DIRECTIONS = 0.5
"""Part of the largest distance that the other direction reaches where a series moved in both; judgement."""
_OTHER_SIDE = 0.25
"""Part of it by which a series that is not back lies on the other side now: it moved in both. Judgement."""


@dataclass(frozen=True, slots=True)
class FindingCourse:
    """Times in ms since 1970, values in the series' own unit; as the fields of `Finding`.

    >>> FindingCourse(
    ...     onset_ms=0, direction="up", baseline=1.0, peak=9.0, lowest=1.0, highest=9.0, now=9.0,
    ...     recovered_ms=None,
    ... ).direction
    'up'
    """

    onset_ms: int
    direction: Direction
    baseline: float
    peak: float
    lowest: float | None
    highest: float | None
    now: float | None
    recovered_ms: int | None


def finding_course(gone: Courses, moved: DeviationStats, i: int, window: Window) -> FindingCourse:
    """The course of candidate `i`.

    gone   since the own onset of each candidate
    moved  since the report's onset

    >>> import numpy as np
    >>> from patternwatch.analysis.findings.course import courses
    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> times = np.arange(300)
    >>> values = np.where((times >= 250) & (times < 255), 9.0, 1.0)[None] + 0.1 * (times % 2)
    >>> moved = deviation_stats(values, 240)
    >>> found = finding_course(courses(values, 240, 60, moved), moved, 0, window)
    >>> found.onset_ms, found.direction, found.recovered_ms
    (250000, 'up', 255000)
    """
    back = int(gone.back[i])
    return FindingCourse(
        onset_ms=window.start_ms + int(gone.onset[i]) * window.step_ms,
        direction=_direction(gone, moved, i),
        baseline=float(moved.median[i]),
        peak=float(moved.peak[i]),
        lowest=_known(gone.lowest[i]),
        highest=_known(gone.highest[i]),
        now=_known(gone.now[i]),
        recovered_ms=window.start_ms + back * window.step_ms if back >= 0 else None,
    )


def _direction(gone: Courses, moved: DeviationStats, i: int) -> Direction:
    up = bool(moved.peak[i] >= moved.median[i])
    over = float(gone.now[i] - moved.median[i]) * (1.0 if up else -1.0)
    on_the_other_side = gone.back[i] < 0 and over <= -_OTHER_SIDE * moved.distance[i]
    if moved.opposite[i] >= _BOTH_DIRECTIONS or on_the_other_side:
        return "both"
    return "up" if up else "down"


def _known(value: float) -> float | None:
    """A value, None where there is none: JSON has no NaN."""
    return float(value) if math.isfinite(value) else None
