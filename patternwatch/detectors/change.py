"""Change ratio: does the current part move as the baseline never did?

Real metrics are autocorrelated, so a test of two samples calls almost every window abnormal. Here a
series is its own yardstick: the largest (averaged) step since the split is held against the largest such
step of the baseline, and so is the averaged distance from the median, which sees slow drifts. Steps are
taken in two views, the AR(1) innovations of the values and the differences of their square roots, since
noise grows with the level in some metrics and not in others; the ratios of both are
averaged geometrically. A baseline that rarely moved is no yardstick for sizes: there it counts too how
the moves crowd behind the split (see `moves`). See docs/method.md.
Source of the roots: M. Bartlett, "The square root transformation in analysis of variance" (1936).
"""

import math
from dataclasses import dataclass

import numpy as np

from patternwatch.contracts.series import BASELINE_ROWS
from patternwatch.detectors.base import (
    MIN_BASELINE,
    Detection,
    Flags,
    Matrix,
    Vector,
    checked,
    times,
    without_gaps,
)
from patternwatch.detectors.change_ratios import LEVEL_WIDTH, MANY_POINTS, STEP_WIDTHS, change_ratios
from patternwatch.detectors.few_points import allowance
from patternwatch.detectors.quantiles import SortedRows, quantile, sorted_rows

CHANCE = 0.02
"""Moves that crowd behind the split by chance no more often than this count in full: as often as the bars let
normal windows pass."""


@dataclass(frozen=True, slots=True)
class ChangeRatio:
    """The change ratio as a detector: score 1 at the ratios that normal windows rarely reach.

    step_bar   ratio of steps (the geometric mean of both views) that counts as 1
    level_bar  ratio of distances from the median that counts as 1

    Both bars are what about 2 % of normal windows reach: `normal_above_*` of `python -m benchmarks.filter`.

    >>> rng = np.random.default_rng(0)
    >>> values = rng.normal(10.0, 1.0, size=(2, 300))
    >>> values[1, 240:] += 20.0
    >>> found = ChangeRatio()(values, split=240)
    >>> found.flagged
    array([False,  True])
    >>> ChangeRatio().describe(found, 1)
    'steps 9.47 x and level 27.7 x the largest of the baseline'
    """

    step_bar: float = 2.5
    level_bar: float = 4.5
    name: str = "change ratio"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the larger of both log ratios, each over the log of its bar (see `Detector`)."""
        return self.over_splits(values, split, split)[0]

    def over_splits(
        self, values: Matrix, split: int, earliest: int, baseline: SortedRows | None = None
    ) -> tuple[Detection, Vector]:
        """The detection at `split`, and the best score at any split from `earliest` to it, shape (N,).

        baseline  `sorted_rows` of the rows before `split`, where they are at hand

        The model stays the one fitted before `split`. An earlier split has less before it and more behind
        it, so the best of all is the better of both ends. It is by size alone: when a series moved speaks of
        one split only. A series without a point from `split` on, which is late, has one all the same.
        Raises ValueError as a detector does, and for an `earliest` outside 1 .. split.
        """
        if not 0 < earliest <= split:
            raise ValueError(f"the earliest split lies between the rows 1 and {split}, not at {earliest}")
        array = checked(values, split)
        ordered, counts = sorted_rows(array[:, :split]) if baseline is None else baseline
        ratios = np.empty((12, len(array)))
        least = np.ascontiguousarray(ordered[:, 0])  # one layout: each is compiled for by itself
        change_ratios(array, quantile(ordered, counts, 0.5), least, split, earliest, ratios)
        steps = np.sqrt(ratios[:2] * ratios[2:4])
        by_size, best = (self._score(steps[i], ratios[4 + i], ratios[6 + i], ratios[10 + i]) for i in (0, 1))
        moves, crowded = ratios[8], without_gaps(ratios[9]) / -math.log(CHANCE)
        by_moves = by_size * _weight_of_moves(moves, ratios[6])
        score = np.minimum(by_size, np.maximum(by_moves, crowded))
        figures = {"step ratio": steps[0], "level ratio": ratios[4], "moves": moves, "by size": by_size}
        figures["points"] = ratios[6]
        return Detection(score, score >= self.threshold, figures), np.maximum(by_size, best)

    def by_size(self, detection: Detection, rows: Flags) -> Detection:
        """The detection with these rows, shape (N,), judged by their ratios alone, whenever they moved.

        For what says by itself that something is wrong, such as a target that is down.
        """
        score = np.where(rows, detection.figures["by size"], detection.score)
        return Detection(score, score >= self.threshold, detection.figures)

    def describe(self, detection: Detection, row: int) -> str:
        """Both ratios in words, and how rarely the baseline moved where that counts."""
        step, level = detection.figures["step ratio"][row], detection.figures["level ratio"][row]
        if math.isnan(step):
            return "too few points for a change ratio"
        text = f"steps {times(step)} and level {times(level)} the largest of the baseline"
        moves = int(detection.figures["moves"][row])
        if (points := int(detection.figures["points"][row])) < MANY_POINTS:
            text = f"{text} of {points} points"
        if moves + 1 >= MANY_POINTS:
            return text
        return f"{text}, which moved {moves} times" if moves else f"{text}, which never moved"

    def _score(self, step: Vector, level: Vector, before: Vector, after: Vector) -> Vector:
        """The score of ratios over a baseline of so many points, with so many since the split."""
        steps, levels = np.log(step), np.log(level)
        few = np.flatnonzero(before < BASELINE_ROWS)
        steps[few] -= allowance(before[few], after[few], STEP_WIDTHS[-1])
        levels[few] -= allowance(before[few], after[few], LEVEL_WIDTH)
        score = np.maximum(steps / math.log(self.step_bar), levels / math.log(self.level_bar))
        return without_gaps(np.maximum(score, 0.0))


def _weight_of_moves(moves: Vector, points: Vector) -> Vector:
    """How much a score counts over so many points of which so many moved, 0 to 1."""
    many = np.log(np.fmin(np.fmax(points, MIN_BASELINE), MANY_POINTS))
    return np.asarray(np.minimum(np.log(without_gaps(moves) + 1.0) / many, 1.0))
