"""Own-history excess: is the change larger than what the series did now and then in the past?

The change ratio sees one baseline; a job that runs twice a day is news to it each time. Where more of the
past is at hand, the same score is taken of every stretch of it, each against the rows before it, and what
the series usually reaches there (its 90 % quantile) takes its part off the present score.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from patternwatch.detectors.base import MIN_BASELINE, Detection, Matrix, checked
from patternwatch.detectors.change import ChangeRatio

BASELINE = 240
"""Rows before a stretch that it is held against; what lies before the split's own is history."""
STRETCH = 60
"""Rows of a stretch, and the distance from one to the next."""
MIN_STRETCHES = 5
"""Stretches under which the past tells nothing of what is usual."""


@dataclass(frozen=True, slots=True)
class SelfHistoryScore:
    """The change ratio, less where the series' own history changed as much.

    change    the detector that scores the present and each stretch
    usual     the quantile of the past scores that counts as usual
    discount  how much a usual score of 1 takes off: the present one is divided by 1 + discount

    Both are chosen by hand; `python -m benchmarks.filter` measures what they give (`ours_history`).

    >>> values = np.random.default_rng(2).normal(size=(1, 1740))
    >>> values[0, 1700:1720] += 12.0
    >>> for at in range(310, 1400, 300):
    ...     values[0, at : at + 20] += 12.0
    >>> found = SelfHistoryScore()(values, split=1680)
    >>> bool(found.score[0] < 0.7 * found.figures["present"][0])
    True
    """

    change: ChangeRatio = field(default_factory=ChangeRatio)
    usual: float = 0.9
    discount: float = 0.5
    name: str = "self-history score"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the change score over 1 + discount x the usual one (see `Detector`).

        values  shape (N, T); history is what lies more than `BASELINE` rows before the split. Without
                enough of it the score is the change ratio's.
        """
        array = checked(values, split)
        present = self.change(array[:, max(split - BASELINE, 0) :], min(split, BASELINE)).score
        past = np.full((max((split - BASELINE) // STRETCH, 0), len(array)), np.nan)
        for number, scores in enumerate(past):
            at = split - STRETCH * (number + 1)
            stretch = array[:, at - BASELINE : at + STRETCH]
            known = ~np.isnan(stretch)
            judged = (known[:, :BASELINE].sum(axis=1) >= MIN_BASELINE) & known[:, BASELINE:].any(axis=1)
            scores[judged] = self.change(stretch, BASELINE).score[judged]
        count = (~np.isnan(past)).sum(axis=0)
        usual = np.full(len(array), np.nan)
        enough = count >= MIN_STRETCHES
        usual[enough] = np.nanquantile(past[:, enough], self.usual, axis=0)
        score = present / (1.0 + self.discount * np.nan_to_num(usual, nan=0.0))
        figures = {"present": present, "usual": usual, "stretches": count.astype(np.float64)}
        return Detection(score, score >= self.threshold, figures)

    def describe(self, detection: Detection, row: int) -> str:
        """Present and usual score."""
        present, usual = detection.figures["present"][row], detection.figures["usual"][row]
        if math.isnan(usual):
            return f"change score {present:.2f}; no earlier history to compare with"
        stretches = int(detection.figures["stretches"][row])
        return f"change score {present:.2f}; one in ten of {stretches} earlier stretches reached {usual:.2f}"
