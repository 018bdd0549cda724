"""Presence: a series that ends before its window does, or that only appears in the current part.

A missing stretch at an edge counts where it is longer than every gap between two points of the series
(one that is scraped every fourth step has gaps of three rows all along) and than two rows.
"""

from dataclasses import dataclass

import numpy as np

from patternwatch.detectors.base import Detection, Matrix, checked

_MIN_EDGE = 2
"""Missing rows at an edge that say nothing: a scrape that is late or under way."""


@dataclass(frozen=True, slots=True)
class Presence:
    """How long a series is missing at the edge that tells, in its longest gap elsewhere."""

    name: str = "presence"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: missing rows at the edge over the least number that would be news (see `Detector`)."""
        known = ~np.isnan(checked(values, split))
        column = np.arange(known.shape[1])
        there = known.any(axis=1)
        first = np.where(there, known.argmax(axis=1), 0)
        vanished = np.where(there, known[:, ::-1].argmax(axis=1), 0)
        appeared = np.where(first >= split, first, 0)
        latest = np.maximum.accumulate(np.where(known, column, -1), axis=1)[:, :-1]
        gaps = np.where(known[:, 1:] & (latest >= 0), column[1:] - latest - 1, 0)
        usual = np.maximum(gaps.max(axis=1, initial=0), _MIN_EDGE)
        score = np.maximum(appeared, vanished) / (usual + 1.0)
        figures = {"appeared": 1.0 * appeared, "vanished": 1.0 * vanished}
        return Detection(score, score >= self.threshold, figures)

    def describe(self, detection: Detection, row: int) -> str:
        """What is missing, in rows."""
        if not detection.flagged[row]:
            return "there before and after the split"
        vanished = int(detection.figures["vanished"][row])
        if vanished:
            return f"has no point in the last {vanished} rows"
        return f"has no point in the first {int(detection.figures['appeared'][row])} rows"
