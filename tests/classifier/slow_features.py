"""The features once more, one window and one plain loop at a time: what the fast ones must agree with."""

import math
from collections.abc import Callable
from itertools import groupby, pairwise

import numpy as np

from patternwatch.classifier.features import BASELINE_CHANNELS, CHANNELS, SCALES


def quantile(ordered: list[float], q: float) -> float:
    if not ordered:
        return 0.0
    position = (len(ordered) - 1) * q
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def normalised(row: np.ndarray, split: int) -> tuple[list[float], list[bool], int]:
    """The last 300 points in units of the baseline's scale, gaps filled; the gaps; the split among them."""
    split += 300 - len(row)
    split = min(max(split, 1), 299)
    x = [math.nan] * max(0, 300 - len(row)) + [float(v) for v in row[-300:]]
    gap = [not math.isfinite(v) for v in x]
    baseline = sorted(x[t] for t in range(split) if not gap[t])
    if len(baseline) < 8:
        baseline = sorted(v for v, missing in zip(x, gap, strict=True) if not missing)
    median = quantile(baseline, 0.5)
    seen = [median if missing else v for v, missing in zip(x, gap, strict=True)]
    whole = max(seen) - min(seen)
    scale = max(
        (quantile(baseline, 0.75) - quantile(baseline, 0.25)) / 1.349,
        (quantile(baseline, 0.95) - quantile(baseline, 0.05)) / 6,
        (quantile(baseline, 1) - quantile(baseline, 0)) / 30,
        whole / 1000,
    )
    if scale <= 1e-9 * abs(median):
        scale = max(whole, 1.0) + abs(median)
    z, last = [], 0.0
    for t in range(300):
        if not gap[t]:
            last = (x[t] - median) / scale
        z.append(last)
    return z, gap, split


def between(value: float, over: list[float]) -> float:
    low, high = min(over), max(over)
    return (value - low) / (high - low) if high > low else 0.5


def slow_features(row: np.ndarray, split: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`series` (5, 120), `baseline` (3, 60) and `scales` (24,) of one window."""
    z, gap, split = normalised(row, split)
    series = np.zeros((len(CHANNELS), 120))
    for column, t in enumerate(range(180, 300)):
        series[:, column] = (
            math.asinh(z[t]),
            between(z[t], z),
            min(max(between(z[t], z[-60:]), -0.5), 1.5),
            float(t >= split),
            float(gap[t]),
        )
    baseline = np.zeros((len(BASELINE_CHANNELS), 60))
    for column in range(60):
        rows = [split - 240 + column * 4 + k for k in range(4)]
        four = [math.asinh(z[t]) if t >= 0 else 0.0 for t in rows]
        baseline[:, column] = min(four), max(four), sum(four) / 4
    return series, baseline, np.array([slow_scale(name, z, gap, split) for name in SCALES])


def slow_scale(name: str, z: list[float], gap: list[bool], split: int) -> float:
    before, after = z[:split], z[split:]
    steps_before = [abs(b - a) for a, b in pairwise(before)]
    steps_after = [abs(z[t] - z[t - 1]) for t in range(split, 300)]
    rough = sum(steps_before) / max(split - 1, 1)
    slow: dict[str, Callable[[], float]] = {
        "baseline_max": lambda: math.asinh(max(before)),
        "baseline_min": lambda: math.asinh(min(before)),
        "current_max": lambda: math.asinh(max(after)),
        "current_min": lambda: math.asinh(min(after)),
        "current_median": lambda: math.asinh(sorted(after)[(len(after) - 1) // 2]),
        "last_points": lambda: math.asinh(sum(z[-3:]) / 3),
        "beyond_trend": lambda: beyond_trend(z, before),
        "roughness": lambda: math.log(rough + 1e-3),
        "spread_ratio": lambda: math.log((np.std(after) + 1e-2) / (np.std(before) + 1e-2)),
        "roughness_ratio": lambda: math.log((np.mean(steps_after) + 1e-2) / (rough + 1e-2)),
        "held_baseline": lambda: sum(s < 1e-9 for s in steps_before) / max(split - 1, 1),
        "held_current": lambda: sum(s < 1e-9 for s in steps_after) / len(after),
        "gaps": lambda: sum(gap) / 300,
        "autocorrelation": lambda: autocorrelation(before),
        "current_rows": lambda: len(after) / 60,
        "baseline_as_high": lambda: math.log1p(sum(v >= 0.7 * max(*after, 1.0) for v in before)),
        "baseline_as_low": lambda: math.log1p(sum(v <= 0.7 * min(*after, -1.0) for v in before)),
        "step_ratio": lambda: math.log((median(steps_after) + 1e-2) / (median(steps_before) + 1e-2)),
        "runs_high": lambda: math.log1p(len(excursions(after))),
        "longest_high": lambda: math.log1p(max(excursions(after), default=0)),
        "last_high": lambda: math.log1p(last_excursion(after)),
        "runs_low": lambda: math.log1p(len(excursions([-v for v in after]))),
        "longest_low": lambda: math.log1p(max(excursions([-v for v in after]), default=0)),
        "last_low": lambda: math.log1p(last_excursion([-v for v in after])),
    }
    return slow[name]()


def median(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2] if values else 0.0


def excursions(after: list[float]) -> list[int]:
    """How many points in a row are above half of the peak, for each time."""
    half = max(max(after) / 2, 1.0)
    return [len(list(points)) for above, points in groupby(v > half for v in after) if above]


def last_excursion(after: list[float]) -> int:
    return excursions(after)[-1] if after[-1] > max(max(after) / 2, 1.0) else 0


def beyond_trend(z: list[float], before: list[float]) -> float:
    slope, level = np.polyfit(range(len(before)), before, 1) if len(before) > 1 else (0.0, before[0])
    return math.asinh(sum(z[-5:]) / 5 - (level + slope * 297))


def autocorrelation(before: list[float]) -> float:
    mean = sum(before) / len(before)
    away = [v - mean for v in before]
    power = sum(v * v for v in away)
    return sum(a * b for a, b in pairwise(away)) / power if power > 0 else 0.0
