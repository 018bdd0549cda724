"""Features of a whole window in one number each: extremes, trend, roughness, excursions, gaps."""

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.normalised_window import Inputs32, NormalisedWindow
from patternwatch.contracts.series import CURRENT_ROWS, WINDOW_ROWS

HELD = 1e-9
"""A value that moves by less, in units of the baseline's scale, is held."""

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


def scalar_features(w: NormalisedWindow) -> Inputs32:
    """The features of N windows in the order of SCALES, shape (N, 24)."""
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
