"""Slow, obvious twins of the batched arithmetic: plain loops, straight from the definitions."""

import math

import numpy as np

from patternwatch.detectors.base import Vector


def expected_movement(row: Vector, earlier: Vector, split: int) -> Vector:
    """The running median of the earlier movement at the best lag and gain; 0 where none fits."""
    own = [float(v) for v in row - np.nanmedian(row[:split])]
    then, held = [], 0.0
    for value in earlier - np.nanmedian(earlier[:split]):
        held = held if math.isnan(value) else float(value)
        then.append(held)
    last = len(then) - 1
    smooth = [
        float(np.median([then[min(max(t + d, 0), last)] for d in range(-4, 5)])) for t in range(last + 1)
    ]
    there = [t for t, v in enumerate(own) if not math.isnan(v)]
    best, least = [0.0] * len(own), 0.7 * sum(own[t] ** 2 for t in there)
    for lag in (-1, 0, 1):
        moved = [smooth[min(max(t - lag, 0), last)] for t in range(last + 1)]
        bottom = sum(moved[t] ** 2 for t in there)
        gain = min(max(sum(own[t] * moved[t] for t in there) / bottom, 0.0), 1.0) if bottom else 0.0
        unexplained = sum((own[t] - gain * moved[t]) ** 2 for t in there)
        if unexplained < least:
            best, least = [gain * v for v in moved], unexplained
    return np.array(best)


def shift_gain(row: Vector, split: int) -> float:
    """-ln(1 - R2) of the means before and after a row; 0 where one side has no point."""
    before, after = (part[~np.isnan(part)] for part in (row[:split], row[split:]))
    if not len(before) or not len(after):
        return 0.0
    both = np.concatenate([before, after])
    total = float(((both - both.mean()) ** 2).sum())
    within = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    return -math.log(max(within / total, 1e-6)) if total else 0.0


def likely_onsets(votes: list[int], split: int, step_ms: int, shifted: int | None = None) -> dict[int, float]:
    """Peaks of the votes, the split, and the row whose shift explains most, each with its prior.

    A row's height is its votes and the next row's, in robust deviations above the median row; a peak is
    3 high and highest within 2 rows. Heights count up to 10, a twentieth each, against being late: half for
    an hour, and half for the length of the baseline.
    """
    rows = len(votes)
    earliest = min(split, max(60, rows // 5))
    both = [votes[t] + votes[min(t + 1, rows - 1)] for t in range(rows)]
    begun = next((row for row, own in enumerate(votes) if own > 0), 0)
    over = [v - float(np.median(both[begun:])) for v in both]
    spread = max(float(np.median([abs(v) for v in over[begun:]])), 1000.0)
    heights = [v / spread for v in over]
    found = []
    for row in range(earliest, split):
        near = [heights[t] for t in range(row - 2, row + 3) if earliest <= t <= split]
        if heights[row] >= 3.0 and heights[row] == max(near):
            found.append(row)
    peaks = sorted(found, key=lambda row: (-heights[row], row))[:10]
    priors = {}
    for row in sorted({*peaks, split} | ({shifted} if shifted is not None else set())):
        height = max(heights[t] for t in (row - 1, row, row + 1) if 0 <= t < rows)
        voted = 1.0 + min(max(height, 0.0), 10.0) / 20.0
        late_ms = (split - row) * step_ms
        late = (1.0 + late_ms / 3_600_000) * (1.0 + (split - row) / split)
        priors[row] = 1.1 * voted if row == split else voted / late
    return priors


def correlation(a: Vector, b: Vector) -> float:
    """Pearson's over the points that both have; 0 where one of them does not move there."""
    common = ~np.isnan(a) & ~np.isnan(b)
    x, y = a[common], b[common]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
