"""What an operator reads of each detector's figures, word for word."""

import math

import numpy as np
import pytest

from patternwatch.detectors import CHANGE, KS, RIVER, SELF_HISTORY, Detection, Detector
from patternwatch.detectors.base import times
from patternwatch.detectors.presence import Presence
from patternwatch.detectors.spike import Spike
from patternwatch.detectors.variance import VarianceChange

NAN, ADWIN = math.nan, RIVER[0]


@pytest.mark.parametrize(
    ("detector", "score", "figures", "words"),
    [
        (
            CHANGE,
            1.0,
            {"step ratio": 2.5, "level ratio": 1e6, "moves": 47.0, "points": 48.0},
            "steps 2.5 x and level over 1,000,000 x the largest of the baseline",
        ),
        (
            CHANGE,
            0.4,
            {"step ratio": 1e6, "level ratio": 3.0, "moves": 0.0, "points": 240.0},
            "steps over 1,000,000 x and level 3 x the largest of the baseline, which never moved",
        ),
        (
            CHANGE,
            1.0,
            {"step ratio": 2.5, "level ratio": 3.0, "moves": 46.0, "points": 47.0},
            "steps 2.5 x and level 3 x the largest of the baseline of 47 points, which moved 46 times",
        ),
        (CHANGE, 0.0, {"step ratio": NAN, "level ratio": NAN}, "too few points for a change ratio"),
        (KS, 0.0, {"statistic": NAN, "p": NAN}, "too few points for a test of two samples"),
        (
            KS,
            2.0,
            {"statistic": 0.456, "p": 0.01234},
            "two-sample D = 0.46, p = 0.012 (taking points for independent)",
        ),
        (
            KS,
            13.0,
            {"statistic": 1.0, "p": 0.99e-12},
            "two-sample D = 1.00, p < 1e-12 (taking points for independent)",
        ),
        (
            KS,
            12.0,
            {"statistic": 1.0, "p": 1e-12},
            "two-sample D = 1.00, p = 1e-12 (taking points for independent)",
        ),
        (
            SELF_HISTORY,
            1.0,
            {"present": 1.234, "usual": NAN, "stretches": 4},
            "change score 1.23; no earlier history to compare with",
        ),
        (
            SELF_HISTORY,
            1.0,
            {"present": 1.5, "usual": 0.456, "stretches": 24},
            "change score 1.50; one in ten of 24 earlier stretches reached 0.46",
        ),
        (Spike(), 0.0, {"spike ratio": NAN}, "too few points to tell a spike"),
        (Spike(), 1.2, {"spike ratio": 3.0}, "its sharpest spike is 3 x the sharpest of the baseline"),
        (
            VarianceChange(),
            0.0,
            {"more restless": NAN, "less restless": NAN},
            "too few points to compare fluctuations",
        ),
        (
            VarianceChange(),
            1.0,
            {"more restless": 0.25, "less restless": 1.5},
            "the calmest stretch of the baseline fluctuates 1.5 x as much",
        ),
        (
            VarianceChange(),
            1.0,
            {"more restless": 1.5, "less restless": 1.0},
            "fluctuates 1.5 x as much as the most restless stretch of the baseline",
        ),
        (Presence(), 0.9, {"appeared": 0, "vanished": 2}, "there before and after the split"),
        (Presence(), 4.0, {"appeared": 0, "vanished": 12}, "has no point in the last 12 rows"),
        (Presence(), 4.0, {"appeared": 50, "vanished": 1}, "has no point in the last 1 rows"),
        (Presence(), 4.0, {"appeared": 50, "vanished": 0}, "has no point in the first 50 rows"),
        (ADWIN, 0.0, {"first": NAN}, "too few points for a stream"),
        (ADWIN, 0.0, {"first": math.inf}, "reports no drift"),
        (ADWIN, 1.0, {"first": 7}, "reports a drift 7 points after the onset"),
        (ADWIN, 3.0, {"first": 7}, "reports 3 drifts, the first 7 points after the onset"),
    ],
)
def test_in_words(detector: Detector, score: float, figures: dict[str, float], words: str) -> None:
    other = {name: np.array([NAN, figure]) for name, figure in figures.items()}
    scores = np.array([0.0, score])
    assert detector.describe(Detection(scores, scores >= detector.threshold, other), 1) == words


def test_ratios_in_words() -> None:
    assert [times(r) for r in (0.001234, 1.0, 999.5, 999_999.0, 1e6, math.inf)] == [
        "0.00123 x",
        "1 x",
        "1,000 x",
        "1,000,000 x",
        "over 1,000,000 x",
        "over 1,000,000 x",
    ]
