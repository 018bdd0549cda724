"""Each conformance check fails for a detector that breaks what it checks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from patternwatch.detectors.base import Detection, Matrix, checked
from patternwatch.testing import check_detector


@dataclass
class Rise:
    """Rise of the mean in units of the baseline's range; `spoil` makes it break a promise."""

    spoil: Callable[[Matrix, np.ndarray], np.ndarray] = lambda _, score: score
    checks: bool = True
    name: str = "rise"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        if self.checks:
            values = checked(values, split)
        score = np.zeros(len(values))
        for i, row in enumerate(np.atleast_2d(values)):
            before, after = (part[~np.isnan(part)] for part in (row[:split], row[split:]))
            if len(before) >= 20 and len(after) and np.ptp(before) > 0:
                score[i] = max(after.mean() - before.max(), 0.0) / np.ptp(before)
        score = self.spoil(values, score)
        return Detection(score, score >= self.threshold)

    def describe(self, detection: Detection, row: int) -> str:
        return f"rises by {detection.score[row]:.2f}"


def test_a_sound_detector_passes() -> None:
    check_detector(Rise())


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda _, score: score[:-1], "shape"),
        (lambda _, score: np.where(score > 0, np.inf, score), "not finite"),
        (lambda _, score: score - 1.0, "below 0"),
        (lambda _, score: score + np.arange(len(score)), "order of the series"),
        (lambda _, score: score + len(score), "alone"),
        (lambda values, score: score + np.nan_to_num(np.abs(values)).max(axis=1), "unit"),
        (lambda _, score: score + 1.0, "constants"),
    ],
    ids=["shape", "infinite", "negative", "order", "others", "unit", "constant"],
)
def test_a_broken_promise_is_named(spoil: Callable[[Matrix, np.ndarray], np.ndarray], problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        check_detector(Rise(spoil))


def test_a_detector_that_takes_anything_is_named() -> None:
    with pytest.raises(AssertionError, match="without a ValueError"):
        check_detector(Rise(checks=False))
