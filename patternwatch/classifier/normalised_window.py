"""Windows in their own unit: 0 is the baseline's median, 1 its robust spread; gaps are filled and marked."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import WINDOW_ROWS

Array: TypeAlias = npt.NDArray[np.float64]
Inputs32: TypeAlias = npt.NDArray[np.float32]

MIN_FINITE = 8
"""With fewer baseline values than this the whole window is its own reference."""


@dataclass(frozen=True, slots=True)
class NormalisedWindow:
    """N windows of 300 rows in units of the baseline's own scale: 0 is its median."""

    z: Inputs32  # gaps filled
    gap: npt.NDArray[np.bool_]
    split: int

    @property
    def before(self) -> Inputs32:
        """The baseline."""
        return self.z[:, : self.split]

    @property
    def after(self) -> Inputs32:
        """The current part."""
        return self.z[:, self.split :]


def last_rows(values: npt.NDArray[Any]) -> Array:
    """The last 300 rows of windows (N, T), with gaps in front where there are fewer."""
    n, rows = values.shape
    kept = min(rows, WINDOW_ROWS)
    x = np.empty((n, WINDOW_ROWS))
    x[:, : WINDOW_ROWS - kept] = np.nan
    x[:, WINDOW_ROWS - kept :] = values[:, rows - kept :]
    return x


def normalised(x: Array, split: int) -> NormalisedWindow:
    """Windows (N, 300) in their own unit; `x` is overwritten."""
    gap = ~np.isfinite(x)
    holed = gap.any(axis=1)
    x[gap] = np.nan
    reference = np.full_like(x, np.nan)
    reference[:, :split] = x[:, :split]
    thin = split - np.count_nonzero(gap[:, :split], axis=1) < MIN_FINITE
    reference[thin] = x[thin]
    finite = np.count_nonzero(~np.isnan(reference), axis=1)
    reference.sort(axis=1)  # NaN last
    low, q05, q25, median, q75, q95, high = _quantiles(
        reference, finite, (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
    )
    x[holed] = _filled(x[holed], gap[holed], median[holed])
    whole = x.max(axis=1) - x.min(axis=1)
    # The interquartile range alone is 0 for held, sparse and counted series: each wider range has a say.
    scale = np.maximum.reduce([(q75 - q25) / 1.349, (q95 - q05) / 6, (high - low) / 30, whole / 1000])
    rounding = 1e-9 * np.abs(median)
    scale = np.where(scale > rounding, scale, np.maximum(whole, 1.0) + rounding * 1e9)
    x -= median[:, None]
    x /= scale[:, None]
    return NormalisedWindow(x.astype(np.float32), gap, split)


def _filled(x: Array, gap: npt.NDArray[np.bool_], median: Array) -> Array:
    """Gaps hold the last value seen; those before the first one, the median."""
    last_seen = np.maximum.accumulate(np.where(gap, -1, np.arange(WINDOW_ROWS)), axis=1)
    filled = np.take_along_axis(x, np.maximum(last_seen, 0), axis=1)
    return np.where(last_seen < 0, median[:, None], filled)


def _quantiles(ordered: Array, finite: npt.NDArray[np.intp], at: tuple[float, ...]) -> list[Array]:
    """Linear quantiles of rows sorted with NaN last; 0 for a row without any value."""
    row = np.arange(len(ordered))
    last = np.maximum(finite - 1, 0)
    found = []
    for q in at:
        position = last * q
        below = position.astype(np.intp)
        lower, upper = ordered[row, below], ordered[row, np.minimum(below + 1, last)]
        value = lower + (upper - lower) * (position - below)
        found.append(np.where(finite > 0, value, 0.0))
    return found
