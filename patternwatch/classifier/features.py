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
MIN_FINITE = 8
"""With fewer baseline values than this the whole window is its own reference."""
HELD = 1e-9
"""A value that moves by less, in units of the baseline's scale, is held."""

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
    "step_ratio",
    "runs_high",
    "longest_high",
    "last_high",
    "runs_low",
    "longest_low",
    "last_low",
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

    def rows(self, start: int, stop: int) -> "Inputs":
        """The inputs of the windows from `start` to before `stop`."""
        return Inputs(self.series[start:stop], self.baseline[start:stop], self.scales[start:stop])

    def as_feed(self) -> dict[str, Inputs32]:
        """By input name, as ONNX Runtime takes them."""
        return {"series": self.series, "baseline": self.baseline, "scales": self.scales}


@dataclass(frozen=True, slots=True)
class _Window:
    """N windows of 300 rows in units of the baseline's own scale: 0 is its median."""

    z: Inputs32  # gaps filled
    gap: npt.NDArray[np.bool_]
    split: int

    @property
    def before(self) -> Inputs32:
        return self.z[:, : self.split]

    @property
    def after(self) -> Inputs32:
        return self.z[:, self.split :]


def features(values: npt.NDArray[Any], split: int | npt.NDArray[np.integer[Any]]) -> Inputs:
    """Features of windows `values` (N, T), NaN for a gap, whose current part begins at row `split`.

    `split` is one row for all or one per window. Of a longer window the last 300 rows count; a
    shorter one is filled up with gaps at its front. Any T of at least 1 will do.
    """
    n, rows = values.shape
    at = np.clip(np.broadcast_to(split, (n,)) + (WINDOW_ROWS - rows), 1, WINDOW_ROWS - 1)
    found = Inputs(*(np.empty((n, *shape), np.float32) for shape in INPUT_SHAPES.values()))
    x = _last_rows(values)
    for one in np.unique(at):  # windows of one split at a time: their parts are slices
        mine = at == one
        whole = bool(mine.all())
        window = _normalised(x if whole else x[mine], int(one))
        chosen: Any = slice(None) if whole else mine
        found.series[chosen] = _series(window)
        found.baseline[chosen] = _baseline(window)
        found.scales[chosen] = _scales(window)
    return found


def _last_rows(values: npt.NDArray[Any]) -> Array:
    n, rows = values.shape
    kept = min(rows, WINDOW_ROWS)
    x = np.empty((n, WINDOW_ROWS))
    x[:, : WINDOW_ROWS - kept] = np.nan
    x[:, WINDOW_ROWS - kept :] = values[:, rows - kept :]
    return x


def _normalised(x: Array, split: int) -> _Window:
    """Windows in their own scale; `x` is written to."""
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
    return _Window(x.astype(np.float32), gap, split)


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


def _min_max(z: Inputs32, over: Inputs32) -> Inputs32:
    low = over.min(axis=1, keepdims=True)
    width = over.max(axis=1, keepdims=True) - low
    return np.where(width > 0, (z - low) / np.where(width > 0, width, np.float32(1)), np.float32(0.5))


def _series(w: _Window) -> Inputs32:
    shown = w.z[:, -POINTS:]
    out = np.empty((len(shown), len(CHANNELS), POINTS), dtype=np.float32)
    out[:, 0] = np.arcsinh(shown)
    out[:, 1] = _min_max(shown, w.z)
    out[:, 2] = np.clip(_min_max(shown, shown[:, -CURRENT_ROWS:]), -0.5, 1.5)
    out[:, 3] = np.arange(WINDOW_ROWS - POINTS, WINDOW_ROWS) >= w.split
    out[:, 4] = w.gap[:, -POINTS:]
    return out


def _baseline(w: _Window) -> Inputs32:
    """The 240 points before the split in groups of four; 0 where the window does not reach back."""
    points = np.zeros((len(w.z), BASELINE_ROWS), dtype=np.float32)
    kept = min(w.split, BASELINE_ROWS)
    np.arcsinh(w.z[:, w.split - kept : w.split], out=points[:, BASELINE_ROWS - kept :])
    a, b, c, d = (points[:, k::GROUP] for k in range(GROUP))
    low = np.minimum(np.minimum(a, b), np.minimum(c, d))
    high = np.maximum(np.maximum(a, b), np.maximum(c, d))
    return np.stack([low, high, (a + b + c + d) / GROUP], axis=1)


def _scales(w: _Window) -> Inputs32:
    z, before, after = w.z, w.before, w.after
    rows_before, rows_after = w.split, WINDOW_ROWS - w.split
    moved = np.abs(np.diff(z, axis=1))
    inside, outside = moved[:, : w.split - 1], moved[:, w.split - 1 :]  # by the row that they lead to
    steps = max(rows_before - 1, 1)
    mean = before.mean(axis=1)
    away = before - mean[:, None]
    power = _dot(away, away)
    lagged = _dot(away[:, 1:], away[:, :-1])
    rough_before, rough_after = inside.sum(axis=1) / steps, outside.mean(axis=1)
    high, low = after.max(axis=1), after.min(axis=1)
    runs_high, longest_high, last_high = _excursions(after, high)
    runs_low, longest_low, last_low = _excursions(-after, -low)
    columns = {
        "baseline_max": np.arcsinh(before.max(axis=1)),
        "baseline_min": np.arcsinh(before.min(axis=1)),
        "current_max": np.arcsinh(high),
        "current_min": np.arcsinh(low),
        "current_median": np.arcsinh(_median(after)),
        "last_points": np.arcsinh(z[:, -3:].mean(axis=1)),
        "beyond_trend": np.arcsinh(z[:, -5:].mean(axis=1) - _expected(away, mean)),
        "roughness": np.log(rough_before + 1e-3),
        "spread_ratio": np.log((after.std(axis=1) + 1e-2) / (np.sqrt(power / rows_before) + 1e-2)),
        "roughness_ratio": np.log((rough_after + 1e-2) / (rough_before + 1e-2)),
        "held_baseline": np.count_nonzero(inside < HELD, axis=1) / steps,
        "held_current": np.count_nonzero(outside < HELD, axis=1) / rows_after,
        "gaps": w.gap.mean(axis=1),
        "autocorrelation": np.where(power > 0, lagged / np.where(power > 0, power, 1), 0),
        "current_rows": np.full(len(z), rows_after / CURRENT_ROWS),
        "baseline_as_high": np.log1p(_count(before >= 0.7 * np.maximum(high, 1)[:, None])),
        "baseline_as_low": np.log1p(_count(before <= 0.7 * np.minimum(low, -1)[:, None])),
        "step_ratio": np.log((_median(outside) + 1e-2) / (_median(inside) + 1e-2)),
        "runs_high": runs_high,
        "longest_high": longest_high,
        "last_high": last_high,
        "runs_low": runs_low,
        "longest_low": longest_low,
        "last_low": last_low,
    }
    return np.stack([columns[name] for name in SCALES], axis=1).astype(np.float32)


def _median(a: Inputs32) -> Inputs32:
    """Lower median of each row (N,); 0 of no columns."""
    if not a.shape[1]:
        return np.zeros(len(a), dtype=np.float32)
    return np.asarray(np.sort(a, axis=1)[:, (a.shape[1] - 1) // 2])


def _excursions(after: Inputs32, peak: Inputs32) -> tuple[Inputs32, Inputs32, Inputs32]:
    """Excursions above half of the peak: log of their number, of the longest's rows, of those up to the end.

    All are 0 where the current part does not leave the baseline's scale.
    """
    above = after > np.maximum(0.5 * peak, 1)[:, None]
    number = _count(above[:, 1:] & ~above[:, :-1]) + above[:, 0]
    position = np.arange(1, after.shape[1] + 1, dtype=np.int16)
    run = position - np.maximum.accumulate(np.where(above, np.int16(0), position), axis=1)
    return np.log1p(number), np.log1p(run.max(axis=1)), np.log1p(run[:, -1])


def _dot(a: Inputs32, b: Inputs32) -> Inputs32:
    """Scalar product of each row of `a` with that of `b`, (N,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b))


def _count(hit: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    return np.asarray(np.count_nonzero(hit, axis=1))


def _expected(away: Inputs32, mean: Inputs32) -> Inputs32:
    """The baseline's straight line, drawn on to the middle of the last five rows (N,)."""
    rows = away.shape[1]
    time = np.arange(rows, dtype=np.float32) - np.float32((rows - 1) / 2)
    spread = max(rows * (rows**2 - 1) / 12, 1.0)  # sum of time^2
    return np.asarray(mean + away @ time / spread * (WINDOW_ROWS - 3 - (rows - 1) / 2))
