"""Presence: a series that ends before its window does, or that only appears in the current part."""

from dataclasses import dataclass

import numpy as np

from patternwatch.detectors.base import Detection, Matrix, checked
from patternwatch.detectors.edges import edges_of


@dataclass(frozen=True, slots=True)
class Presence:
    """How long a series is missing at an edge of the window, measured in its longest gap elsewhere.

    At the front only a series that first appears in the current part counts. See `edges` for the rule.

    >>> rows = np.ones((2, 60))
    >>> rows[1, 50:] = np.nan
    >>> found = Presence()(rows, split=40)
    >>> found.flagged
    array([False,  True])
    >>> Presence().describe(found, 1)
    'has no point in the last 10 rows'
    """

    name: str = "presence"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: missing rows at the edge over the smallest number that would be news (see `Detector`)."""
        edges = edges_of(checked(values, split))
        appeared = np.where(edges.leading >= split, edges.leading, 0)
        score = np.maximum(appeared, edges.trailing) / (edges.usual + 1.0)
        figures = {
            "appeared": appeared.astype(np.float64),
            "vanished": edges.trailing.astype(np.float64),
        }
        return Detection(score, score >= self.threshold, figures)

    def describe(self, detection: Detection, row: int) -> str:
        """How many rows are missing, and at which edge."""
        if not detection.flagged[row]:
            return "there before and after the split"
        vanished = int(detection.figures["vanished"][row])
        if vanished:
            return f"has no point in the last {vanished} rows"
        return f"has no point in the first {int(detection.figures['appeared'][row])} rows"
