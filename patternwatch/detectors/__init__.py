"""One algorithm a file, one contract for all: values in, score and flags out. No labels, no I/O.

Settings are the defaults of each detector's own class, with their origin.
"""

import numpy as np

from patternwatch.detectors.adwin import CompiledAdwin
from patternwatch.detectors.base import Detection, Detector
from patternwatch.detectors.change import ChangeRatio
from patternwatch.detectors.innovations import innovations
from patternwatch.detectors.ks import KolmogorovSmirnov
from patternwatch.detectors.kswin import CompiledKSWIN
from patternwatch.detectors.page_hinkley import CompiledPageHinkley
from patternwatch.detectors.presence import Presence
from patternwatch.detectors.self_history import SelfHistoryScore
from patternwatch.detectors.spike import Spike
from patternwatch.detectors.variance import VarianceChange

CHANGE = ChangeRatio()
"""The detector that decides which series are abnormal."""
KS = KolmogorovSmirnov()
SELF_HISTORY = SelfHistoryScore(CHANGE)
RIVER = (CompiledAdwin(), CompiledPageHinkley(), CompiledKSWIN())
"""River's detectors with its own settings, see `drift`."""

DETECTORS: tuple[Detector, ...] = (
    CHANGE,
    KS,
    SELF_HISTORY,
    Spike(),
    VarianceChange(),
    Presence(),
    *RIVER,
)
"""Every detector. Add one here, and the conformance checks run over it."""


def warm_up() -> None:
    """Load every kernel, or compile it the first time on a machine, so that no analysis waits for that."""
    values = np.zeros((1, 64))
    values[0, ::2] = 1.0
    for detector in DETECTORS:
        detector(values, 40)
    innovations(values, 40)


__all__ = [
    "CHANGE",
    "DETECTORS",
    "KS",
    "RIVER",
    "SELF_HISTORY",
    "Detection",
    "Detector",
    "innovations",
    "warm_up",
]
