"""What others say of a stream point by point: a z-score, and the three drift detectors of the library River.

River's ADWIN is River's own object; KSWIN and Page-Hinkley are compiled here with River's results, sample by
sample (`tests/detectors`), since in Python they would take hours.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.detectors.kswin import CompiledKSWIN
from patternwatch.detectors.page_hinkley import CompiledPageHinkley

Rows = npt.NDArray[np.float64]
Z_ROWS = 240
"""Rows before, whose mean and deviation a z-score is made of."""
ADWIN_DELTAS = (0.002, 1e-5, 1e-10, 1e-30, 1e-100)
PAGE_HINKLEY_THRESHOLDS = (50.0, 200.0, 1000.0, 5000.0, 20_000.0)
KSWIN_ALPHAS = (0.005, 1e-4, 1e-6, 1e-8, 1e-10)
"""From River's defaults on to ever stricter ones."""


def z_score(values: Rows) -> Rows:
    """Distance from the mean of the rows before, in their standard deviations; 0 where none are known.

    >>> rows = np.concatenate([np.tile([1.0, 3.0], 200), [7.0]])
    >>> float(z_score(rows)[-1].round(2))
    5.0
    """
    there = ~np.isnan(values)
    filled = np.where(there, values, 0)
    centre = float(np.median(values[there])) if there.any() else 0.0
    off = np.where(there, filled - centre, 0)
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (there.astype(float), off, off**2)]
    row = np.arange(len(values))
    n, total, squares = (s[row] - s[np.maximum(row - Z_ROWS, 0)] for s in sums)
    enough = n >= Z_ROWS / 4
    mean = total / np.maximum(n, 1)
    deviation = np.sqrt(np.maximum(squares / np.maximum(n, 1) - mean**2, 0))
    usual = np.maximum(deviation, 1e-9 * (np.abs(centre) + np.abs(mean)) + 1e-300)
    return np.where(enough & there & (deviation > 0), np.abs(off - mean) / usual, 0.0)


def standardised(values: Rows, first: int) -> Rows:
    """In standard deviations of the first rows: River's settings suppose a known scale. Gaps stay gaps."""
    known = values[:first][~np.isnan(values[:first])]
    if not len(known):
        return values
    return np.asarray((values - known.mean()) / (known.std() or 1.0))


def _fed(values: Rows, drifts: Callable[[Rows], npt.NDArray[np.int64]]) -> Rows:
    """1.0 in the rows with a drift: River sees no gaps."""
    rows = np.flatnonzero(~np.isnan(values))
    out = np.zeros(len(values))
    out[rows[drifts(values[rows])]] = 1.0
    return out


def adwin(values: Rows, delta: float) -> Rows:
    """Drifts of `river.drift.ADWIN`."""
    from river import drift  # noqa: PLC0415 - seconds to load

    detector: Any = vars(drift)["ADWIN"](delta=delta)
    found = list[int]()
    for row, value in enumerate(values[~np.isnan(values)].tolist()):
        detector.update(value)
        if detector.drift_detected:
            found.append(row)
    return _fed(values, lambda _: np.array(found, dtype=np.int64))


def page_hinkley(values: Rows, threshold: float) -> Rows:
    """Drifts of `river.drift.PageHinkley`."""
    usual = CompiledPageHinkley().settings
    test = CompiledPageHinkley(settings={**usual, "threshold": threshold})
    return _fed(values, lambda rows: np.array(test._drifts(rows[:0], rows), dtype=np.int64) - 1)


def kswin(values: Rows, alpha: float) -> Rows:
    """Drifts of `river.drift.KSWIN`."""
    usual = CompiledKSWIN().settings
    test = CompiledKSWIN(settings={**usual, "alpha": alpha})
    return _fed(values, lambda rows: np.array(test._drifts(rows[:0], rows), dtype=np.int64) - 1)


RIVER: Mapping[str, tuple[Callable[[Rows, float], Rows], tuple[float, ...]]] = {
    "ADWIN": (adwin, ADWIN_DELTAS),
    "PageHinkley": (page_hinkley, PAGE_HINKLEY_THRESHOLDS),
    "KSWIN": (kswin, KSWIN_ALPHAS),
}
"""Each with the settings that are tried."""
