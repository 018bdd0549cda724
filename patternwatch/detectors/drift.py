"""Drift detectors of the library River, one adapter for all: ADWIN, Page-Hinkley, KSWIN.

They watch a stream point by point and say when it has drifted; as named evidence they are asked about the
findings that are shown. In Python a series costs a fifth of a millisecond, with KSWIN a hundred times more,
and River takes a second to load: the three are compiled (`adwin`, `page_hinkley`, `kswin`), with River's own
results. Any other class of `river.drift` serves as it is.
Sources: A. Bifet, R. Gavaldà, "Learning from time-changing data with adaptive windowing" (2007); E. Page,
"Continuous inspection schemes" (1954); C. Raab et al., "Reactive soft prototype computing" (2020).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from patternwatch.detectors.base import MIN_BASELINE, Detection, Matrix, Vector, checked

_MAX_PARTS = 64
"""Rows of which the standardised points are kept: those of the findings of a report or two."""


@dataclass(frozen=True, slots=True)
class RiverDrift:
    """How many drifts a detector of River reports in the current part.

    A series is fed in standard deviations of its baseline, since their settings suppose a known scale.

    name      the class in `river.drift`
    settings  its arguments; all others stay River's own
    memory    how many points of the baseline it is fed before the current part; None for all of them

    >>> values = np.random.default_rng(0).normal(size=(2, 300))
    >>> values[1, 240:] += 20.0
    >>> RiverDrift("PageHinkley")(values, split=240).score
    array([0., 1.])
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    memory: int | None = None
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the number of drifts since the split (see `Detector`)."""
        array = checked(values, split)
        drifts, first = np.zeros(len(array)), np.full(len(array), np.nan)
        for i, row in enumerate(array):
            parts = _parts(row.tobytes(), split)
            if parts is not None:
                found = self._drifts(*parts)
                drifts[i] = len(found)
                first[i] = found[0] if found else np.inf
        return Detection(drifts, drifts >= self.threshold, {"drifts": drifts, "first": first})

    def describe(self, detection: Detection, row: int) -> str:
        """How many, and when the first."""
        first = detection.figures["first"][row]
        if math.isnan(first):
            return "too few points for a stream"
        if math.isinf(first):
            return "reports no drift"
        count = int(detection.score[row])
        reported = "a drift" if count == 1 else f"{count} drifts, the first"
        points = "1 point" if int(first) == 1 else f"{int(first)} points"
        return f"reports {reported} {points} after the onset"

    def _fed(self, before: Vector) -> Vector:
        """The points of the baseline that it is fed."""
        return before[-self.memory if self.memory else 0 :]

    def _drifts(self, before: Vector, after: Vector) -> list[int]:
        """Points of `after`, from 1, at which a drift is reported."""
        from river import drift  # noqa: PLC0415 - a second to load, and what is compiled needs none of it

        detector = getattr(drift, self.name)(**self.settings)
        for value in self._fed(before).tolist():
            detector.update(value)
        found = []
        for point, value in enumerate(after.tolist(), start=1):
            detector.update(value)
            if detector.drift_detected:
                found.append(point)
        return found


@lru_cache(maxsize=_MAX_PARTS)
def _parts(row: bytes, split: int) -> tuple[Vector, Vector] | None:
    """The points before and after the split, standardised; None where they are too few.

    row  its float64 values, as bytes: each detector is asked about the same findings, one after the other
    """
    values = np.frombuffer(row)
    before, after = _finite(values[:split]), _finite(values[split:])
    return _standardised(before, after) if len(before) >= MIN_BASELINE and len(after) else None


def _finite(row: Vector) -> Vector:
    return row[~np.isnan(row)]


def _standardised(before: Vector, after: Vector) -> tuple[Vector, Vector]:
    """Both parts in standard deviations from the mean of the first; one that never moves has the second's."""
    unit = max(float(np.abs(before).max()), float(np.abs(after).max())) or 1.0
    before, after = before / unit, after / unit
    centre = before[0] if (before == before[0]).all() else before.mean()
    scale = float((before - centre).std()) or float(np.abs(after - centre).max()) or 1.0
    return (before - centre) / scale, (after - centre) / scale
