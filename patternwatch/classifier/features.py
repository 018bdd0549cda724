"""What the network sees of a window: three small arrays, computed for a whole batch at once.

All of it is invariant to the unit and the offset of the series. Gaps are filled with the last value
seen (the baseline's median before the first one) and marked in a channel of their own.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import BASELINE_ROWS, CURRENT_ROWS, WINDOW_ROWS

Array: TypeAlias = npt.NDArray[np.float64]
Inputs32: TypeAlias = npt.NDArray[np.float32]

POINTS = 120
"""How many points at the end of the window the network sees one by one."""
GROUP = 4
"""The baseline is seen in groups of so many points."""
LEAST_FINITE = 8
"""With fewer baseline values than this the whole window is its own reference."""

CHANNELS = ("robust_z", "over_window", "over_current", "split", "gap")
BASELINE_CHANNELS = ("min", "max", "mean")
SCALES = (
    "baseline_max",
    "baseline_min",
    "current_max",
    "current_min",
    "current_median",
    "last_points",
    "beyond_trend",
    "roughness",
    "spread_ratio",
    "roughness_ratio",
    "held_baseline",
    "held_current",
    "gaps",
    "autocorrelation",
    "current_rows",
    "baseline_as_high",
    "baseline_as_low",
)

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

    def as_feed(self) -> dict[str, Inputs32]:
        """By input name, as ONNX Runtime takes them."""
        return {"series": self.series, "baseline": self.baseline, "scales": self.scales}


@dataclass(frozen=True, slots=True)
class _Window:
    """N windows of 300 rows in units of the baseline's own scale: 0 is its median."""

    z: Array  # gaps filled
    gap: npt.NDArray[np.bool_]
    before: npt.NDArray[np.bool_]  # rows of the baseline
    split: npt.NDArray[np.intp]  # (N,)


def features(values: npt.NDArray[Any], split: int | npt.NDArray[np.integer[Any]]) -> Inputs:
    """Features of windows `values` (N, T), NaN for a gap, whose current part begins at row `split`.

    `split` is one row for all or one per window. Of a longer window the last 300 rows count; a
    shorter one is filled up with gaps at its front. Any T of at least 1 will do.
    """
    window = _normalised(*_last_rows(values, split))
    return Inputs(_series(window), _baseline(window), _scales(window))


def _last_rows(
    values: npt.NDArray[Any], split: int | npt.NDArray[np.integer[Any]]
) -> tuple[Array, npt.NDArray[np.intp]]:
    n, rows = values.shape
    x = np.full((n, WINDOW_ROWS), np.nan)
    kept = min(rows, WINDOW_ROWS)
    x[:, WINDOW_ROWS - kept :] = values[:, rows - kept :]
    at = np.broadcast_to(np.asarray(split, dtype=np.intp) + (WINDOW_ROWS - rows), (n,))
    return x, np.clip(at, 1, WINDOW_ROWS - 1)


def _normalised(x: Array, split: npt.NDArray[np.intp]) -> _Window:
    n = len(x)
    rows = np.arange(WINDOW_ROWS)
    gap = ~np.isfinite(x)
    x[gap] = np.nan
    before = rows < split[:, None]
    reference = np.where(before, x, np.nan)
    thin = np.count_nonzero(~np.isnan(reference), axis=1) < LEAST_FINITE
    reference[thin] = x[thin]
    reference.sort(axis=1)  # NaN last
    finite = np.count_nonzero(~np.isnan(reference), axis=1)
    low, q05, q25, median, q75, q95, high = _quantiles(
        reference, finite, (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
    )
    whole = np.ptp(np.where(gap, median[:, None], x), axis=1)
    # The interquartile range alone is 0 for held, sparse and counted series: each wider range has a say.
    scale = np.maximum.reduce([(q75 - q25) / 1.349, (q95 - q05) / 6, (high - low) / 30, whole / 1000])
    rounding = 1e-9 * np.abs(median)
    scale = np.where(scale > rounding, scale, np.maximum(whole, 1.0) + rounding * 1e9)
    z = (x - median[:, None]) / scale[:, None]
    last_seen = np.maximum.accumulate(np.where(gap, -1, rows), axis=1)
    filled = z[np.arange(n)[:, None], np.maximum(last_seen, 0)]
    filled[last_seen < 0] = 0.0
    return _Window(filled, gap, before, split)


def _quantiles(ordered: Array, finite: npt.NDArray[np.intp], at: tuple[float, ...]) -> list[Array]:
    """Linear quantiles of rows sorted with NaN last; 0 for a row without any value."""
    row = np.arange(len(ordered))
    found = []
    for q in at:
        position = np.maximum(finite - 1, 0) * q
        below = position.astype(np.intp)
        above = np.minimum(below + 1, np.maximum(finite - 1, 0))
        lower = ordered[row, below]
        value = lower + (ordered[row, above] - lower) * (position - below)
        found.append(np.where(finite > 0, value, 0.0))
    return found


def _min_max(z: Array, over: Array) -> Array:
    low = over.min(axis=1, keepdims=True)
    width = over.max(axis=1, keepdims=True) - low
    return np.where(width > 0, (z - low) / np.where(width > 0, width, 1.0), 0.5)


def _series(w: _Window) -> Inputs32:
    shown = w.z[:, -POINTS:]
    out = np.empty((len(shown), len(CHANNELS), POINTS), dtype=np.float32)
    out[:, 0] = np.arcsinh(shown)
    out[:, 1] = _min_max(shown, w.z)
    out[:, 2] = np.clip(_min_max(shown, shown[:, -CURRENT_ROWS:]), -0.5, 1.5)
    out[:, 3] = ~w.before[:, -POINTS:]
    out[:, 4] = w.gap[:, -POINTS:]
    return out


def _baseline(w: _Window) -> Inputs32:
    """The 240 points before the split in groups of four; 0 where the window does not reach back."""
    at = w.split[:, None] - BASELINE_ROWS + np.arange(BASELINE_ROWS)
    points = np.take_along_axis(w.z, np.maximum(at, 0), axis=1)
    points[at < 0] = 0.0
    groups = np.arcsinh(points, dtype=np.float32, casting="same_kind").reshape(
        len(points), BASELINE_ROWS // GROUP, GROUP
    )
    return np.stack([groups.min(axis=2), groups.max(axis=2), groups.mean(axis=2)], axis=1)


def _scales(w: _Window) -> Inputs32:
    z, before, after = w.z, w.before, ~w.before
    rows_before = w.split.astype(np.float64)
    rows_after = WINDOW_ROWS - rows_before
    step = np.diff(z, axis=1)
    moved = np.abs(step)
    inside, outside = before[:, 1:], after[:, 1:]  # steps by the row that they lead to
    mean_before = (z * before).sum(axis=1) / rows_before
    mean_after = (z * after).sum(axis=1) / rows_after
    away_before = (z - mean_before[:, None]) * before
    away_after = (z - mean_after[:, None]) * after
    spread_before = np.sqrt((away_before**2).sum(axis=1) / rows_before)
    spread_after = np.sqrt((away_after**2).sum(axis=1) / rows_after)
    rough_before = (moved * inside).sum(axis=1) / np.maximum(rows_before - 1, 1)
    rough_after = (moved * outside).sum(axis=1) / rows_after
    current_max = np.where(after, z, -np.inf).max(axis=1)
    current_min = np.where(after, z, np.inf).min(axis=1)
    power = (away_before**2).sum(axis=1)
    lagged = (away_before[:, 1:] * away_before[:, :-1]).sum(axis=1)
    columns = {
        "baseline_max": np.arcsinh(np.where(before, z, -np.inf).max(axis=1)),
        "baseline_min": np.arcsinh(np.where(before, z, np.inf).min(axis=1)),
        "current_max": np.arcsinh(current_max),
        "current_min": np.arcsinh(current_min),
        "current_median": np.arcsinh(_current_median(z, w.split)),
        "last_points": np.arcsinh(z[:, -3:].mean(axis=1)),
        "beyond_trend": _beyond_trend(z, away_before, mean_before, rows_before),
        "roughness": np.log(rough_before + 1e-3),
        "spread_ratio": np.log((spread_after + 1e-2) / (spread_before + 1e-2)),
        "roughness_ratio": np.log((rough_after + 1e-2) / (rough_before + 1e-2)),
        "held_baseline": ((moved < 1e-9) & inside).sum(axis=1) / np.maximum(rows_before - 1, 1),
        "held_current": ((moved < 1e-9) & outside).sum(axis=1) / rows_after,
        "gaps": w.gap.mean(axis=1),
        "autocorrelation": np.where(power > 0, lagged / np.where(power > 0, power, 1.0), 0.0),
        "current_rows": rows_after / CURRENT_ROWS,
        "baseline_as_high": _log_count((z >= 0.7 * np.maximum(current_max, 1.0)[:, None]) & before),
        "baseline_as_low": _log_count((z <= 0.7 * np.minimum(current_min, -1.0)[:, None]) & before),
    }
    return np.stack([columns[name] for name in SCALES], axis=1).astype(np.float32)


def _current_median(z: Array, split: npt.NDArray[np.intp]) -> Array:
    """Lower median of the rows from the split on."""
    earliest = int(split.min()) if len(split) else 0
    tail = np.where(np.arange(earliest, WINDOW_ROWS) >= split[:, None], z[:, earliest:], np.inf)
    tail.sort(axis=1)
    return np.take_along_axis(tail, ((WINDOW_ROWS - split - 1) // 2)[:, None], axis=1)[:, 0]


def _beyond_trend(z: Array, away: Array, mean: Array, rows: Array) -> Array:
    """How far the last five points lie from the baseline's straight line, drawn on (asinh)."""
    time = np.arange(WINDOW_ROWS)
    centre = (rows - 1) / 2
    spread = rows * (rows**2 - 1) / 12  # sum of (t - centre)^2 over the baseline
    slope = (away * time).sum(axis=1) / np.maximum(spread, 1.0)
    expected = mean + slope * (WINDOW_ROWS - 3 - centre)
    return np.asarray(np.arcsinh(z[:, -5:].mean(axis=1) - expected))


def _log_count(hit: npt.NDArray[np.bool_]) -> Array:
    return np.asarray(np.log1p(hit.sum(axis=1)))
