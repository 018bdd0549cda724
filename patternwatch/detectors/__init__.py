"""One algorithm a file, one contract for all: values in, score and flags out. No labels, no I/O."""

import numpy as np

from patternwatch.detectors.base import Detection, Detector
from patternwatch.detectors.change import ChangeRatio
from patternwatch.detectors.drift import RiverDrift
from patternwatch.detectors.innovations import innovations
from patternwatch.detectors.ks import KolmogorovSmirnov
from patternwatch.detectors.presence import Presence
from patternwatch.detectors.self_history import SelfHistoryScore
from patternwatch.detectors.spike import Spike
from patternwatch.detectors.variance import VarianceChange

CHANGE = ChangeRatio(step_bar=2.45, level_bar=4.5)
"""The one that decides which series are abnormal."""
KS = KolmogorovSmirnov(threshold=3.0)
SELF_HISTORY = SelfHistoryScore(CHANGE, usual=0.9, discount=0.5)
RIVER = (
    RiverDrift("ADWIN"),
    RiverDrift("PageHinkley"),
    # it remembers a hundred points, so that those before them are only time lost
    RiverDrift("KSWIN", {"window_size": 100, "seed": 1}, memory=100),
)
"""River's detectors with its own settings: slow, see `drift`."""

DETECTORS: tuple[Detector, ...] = (
    CHANGE,
    KS,
    SELF_HISTORY,
    Spike(bar=2.5),
    VarianceChange(bar=2.0),
    Presence(),
    *RIVER,
)
"""Every detector, each with the settings that it runs with. Add one here and the checks run over it."""


def warm_up() -> None:
    """Load (or compile, the first time on a machine) every kernel, so that no analysis waits for it."""
    values = np.zeros((1, 64))
    values[0, ::2] = 1.0
    for detector in DETECTORS:
        if detector not in RIVER:
            detector(values, 40)
    innovations(values, 40)


__all__ = [
    "CHANGE",
    "DETECTORS",
    "HISTORY",
    "KS",
    "RIVER",
    "Detection",
    "Detector",
    "innovations",
    "warm_up",
]
