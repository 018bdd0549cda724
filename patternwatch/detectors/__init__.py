"""One algorithm a file, one contract for all: values in, score and flags out. No labels, no I/O."""

import numpy as np

from patternwatch.detectors.base import Detection, Detector
from patternwatch.detectors.change import ChangeRatio
from patternwatch.detectors.innovations import innovations
from patternwatch.detectors.ks import KolmogorovSmirnov

CHANGE = ChangeRatio()
"""The one that decides which series are abnormal."""
KS = KolmogorovSmirnov()

DETECTORS: tuple[Detector, ...] = (CHANGE, KS)
"""Every detector, each with the settings that it runs with. Add one here and the checks run over it."""


def warm_up() -> None:
    """Load (or compile, the first time on a machine) every kernel, so that no analysis waits for it."""
    values = np.zeros((1, 64))
    values[0, ::2] = 1.0
    for detector in DETECTORS:
        detector(values, 40)
    innovations(values, 40)


__all__ = ["CHANGE", "DETECTORS", "KS", "Detection", "Detector", "innovations", "warm_up"]
