"""The Page-Hinkley test of the library River, compiled: the same sums in the same order, so the same drifts.

Sources: E. Page, "Continuous inspection schemes" (1954); `river.drift.PageHinkley`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patternwatch.detectors.banks.base import alarm_points
from patternwatch.detectors.banks.page_hinkley import PageHinkleyBank
from patternwatch.detectors.base import Vector
from patternwatch.detectors.drift import RiverDrift


@dataclass(frozen=True, slots=True)
class CompiledPageHinkley(RiverDrift):
    """How many drifts River's Page-Hinkley test, both ways, reports in the current part.

    settings  all of `min_instances`, `delta`, `threshold` and `alpha`, which River's class takes too

    >>> import numpy as np
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
        return alarm_points(PageHinkleyBank(1, **self.settings), self._fed(before), after)
