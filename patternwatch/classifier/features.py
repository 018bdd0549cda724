"""What the network sees of a window: three small arrays, computed for a whole batch at once.

All of it is invariant to the unit and the offset of the series. Gaps are filled with the last value
seen (the baseline's median before the first one) and marked in a channel of their own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.normalised_window import Inputs32, NormalisedWindow, last_rows, normalised
from patternwatch.classifier.scalar_features import SCALES, scalar_features
from patternwatch.contracts.series import BASELINE_ROWS, CURRENT_ROWS, WINDOW_ROWS

__all__ = ["BASELINE_CHANNELS", "CHANNELS", "INPUT_SHAPES", "SCALES", "Inputs", "features"]

POINTS = 120
"""How many points at the end of the window the network sees one by one."""
GROUP = 4
"""The baseline is seen in groups of so many points."""
CHANNELS = ("robust_z", "over_window", "over_current", "split", "gap")
BASELINE_CHANNELS = ("min", "max", "mean")
INPUT_SHAPES = {
    "series": (len(CHANNELS), POINTS),
    "baseline": (len(BASELINE_CHANNELS), BASELINE_ROWS // GROUP),
    "scales": (len(SCALES),),
}
"""Names and shapes (without the batch) of the network's inputs."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The network's inputs for N windows, float32; shapes as in INPUT_SHAPES, N in front."""

    series: Inputs32
    baseline: Inputs32
    scales: Inputs32

    def __len__(self) -> int:
        return len(self.series)

    def rows(self, start: int, stop: int) -> "Inputs":
        """The inputs of the windows from `start` to before `stop`."""
        return Inputs(self.series[start:stop], self.baseline[start:stop], self.scales[start:stop])

    def as_feed(self) -> dict[str, Inputs32]:
        """By input name, as ONNX Runtime takes them."""
        return {"series": self.series, "baseline": self.baseline, "scales": self.scales}


def features(values: npt.NDArray[Any], split: int | npt.NDArray[np.integer[Any]]) -> Inputs:
    """Features of windows `values` (N, T), NaN for a gap, whose current part begins at row `split`.

    `split` is one row for all or one per window. Of a longer window the last 300 rows count; a
    shorter one is filled up with gaps at its front. Any T of at least 1 will do.
    """
    n, rows = values.shape
    at = np.clip(np.broadcast_to(split, (n,)) + (WINDOW_ROWS - rows), 1, WINDOW_ROWS - 1)
    found = Inputs(*(np.empty((n, *shape), np.float32) for shape in INPUT_SHAPES.values()))
    x = last_rows(values)
    for one in np.unique(at):  # windows of one split at a time: their parts are slices
        mine = at == one
        whole = bool(mine.all())
        window = normalised(x if whole else x[mine], int(one))
        chosen: Any = slice(None) if whole else mine
        found.series[chosen] = _series(window)
        found.baseline[chosen] = _baseline(window)
        found.scales[chosen] = scalar_features(window)
    return found


def _min_max(z: Inputs32, over: Inputs32) -> Inputs32:
    low = over.min(axis=1, keepdims=True)
    width = over.max(axis=1, keepdims=True) - low
    return np.where(width > 0, (z - low) / np.where(width > 0, width, np.float32(1)), np.float32(0.5))


def _series(w: NormalisedWindow) -> Inputs32:
    shown = w.z[:, -POINTS:]
    out = np.empty((len(shown), len(CHANNELS), POINTS), dtype=np.float32)
    out[:, 0] = np.arcsinh(shown)
    out[:, 1] = _min_max(shown, w.z)
    out[:, 2] = np.clip(_min_max(shown, shown[:, -CURRENT_ROWS:]), -0.5, 1.5)
    out[:, 3] = np.arange(WINDOW_ROWS - POINTS, WINDOW_ROWS) >= w.split
    out[:, 4] = w.gap[:, -POINTS:]
    return out


def _baseline(w: NormalisedWindow) -> Inputs32:
    """The 240 points before the split in groups of four; 0 where the window does not reach back."""
    points = np.zeros((len(w.z), BASELINE_ROWS), dtype=np.float32)
    kept = min(w.split, BASELINE_ROWS)
    np.arcsinh(w.z[:, w.split - kept : w.split], out=points[:, BASELINE_ROWS - kept :])
    a, b, c, d = (points[:, k::GROUP] for k in range(GROUP))
    low = np.minimum(np.minimum(a, b), np.minimum(c, d))
    high = np.maximum(np.maximum(a, b), np.maximum(c, d))
    return np.stack([low, high, (a + b + c + d) / GROUP], axis=1)
