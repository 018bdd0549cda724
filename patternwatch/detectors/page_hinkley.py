"""The Page-Hinkley test of the library River, compiled: the same sums in the same order, so the same drifts.

Sources: E. Page, "Continuous inspection schemes" (1954); `river.drift.PageHinkley`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from patternwatch.detectors.banks.page_hinkley import PageHinkleyBank
from patternwatch.detectors.base import Vector
from patternwatch.detectors.drift import RiverDrift


@dataclass(frozen=True, slots=True)
class CompiledPageHinkley(RiverDrift):
    """How many drifts River's Page-Hinkley test, both ways, reports in the current part.

    settings  all of `min_instances`, `delta`, `threshold` and `alpha`, which River's class takes too

    >>> values = np.random.default_rng(0).normal(size=(2, 300))
    >>> values[1, 240:] += 20.0
    >>> CompiledPageHinkley()(values, split=240).score
    array([0., 1.])
    """

    name: str = "PageHinkley"
    settings: Mapping[str, Any] = field(
        default_factory=lambda: {"min_instances": 30, "delta": 0.005, "threshold": 50.0, "alpha": 1 - 0.0001}
    )

    def _drifts(self, before: Vector, after: Vector) -> list[int]:
        fed = self._fed(before)
        alarms = PageHinkleyBank(1, **self.settings).update(np.concatenate([fed, after])[None, :])
        return [int(point) + 1 for point in np.flatnonzero(alarms[0, len(fed) :])]
