"""Slow, obvious twins of the kernels: plain loops over one series, straight from the definitions."""

import math
from itertools import pairwise

import numpy as np

from patternwatch.detectors.base import LEAST_BASELINE
from patternwatch.detectors.change import LEVEL_WIDTH, MOST, STEP_WIDTHS


def ks_statistic(row, split):
    """Largest distance of the two empirical distribution functions, tried at every value."""
    before = [v for v in row[:split] if not math.isnan(v)]
    after = [v for v in row[split:] if not math.isnan(v)]
    if not before or not after:
        return math.nan
    return max(
        abs(sum(b <= x for b in before) / len(before) - sum(a <= x for a in after) / len(after))
        for x in before + after
    )


def innovations(row, split):
    """AR(1) residuals of the finite points under mean and phi of those before the split."""
    out = np.full(len(row), math.nan)
    at = [t for t, v in enumerate(row) if not math.isnan(v)]
    x = [row[t] for t in at]
    base = [v for t, v in zip(at, x, strict=True) if t < split]
    if len(base) < LEAST_BASELINE:
        return out
    mean = sum(v / len(base) for v in base)
    top = sum((a - mean) * (b - mean) for a, b in pairwise(base))
    bottom = sum((a - mean) ** 2 for a in base[:-1])
    phi = min(max(top / bottom, -0.3), 0.99) if bottom > 0 else 0.0
    for j in range(1, len(x)):
        out[at[j]] = (x[j] - mean) - phi * (x[j - 1] - mean)
    return out


def change_ratios(row, split):
    """Step and level ratio by their definitions: every window of every width on both sides."""
    x = [v for v in row if not math.isnan(v)]
    k = sum(not math.isnan(v) for v in row[:split])
    if k < LEAST_BASELINE or k == len(x):
        return math.nan, math.nan
    median = float(np.median(x[:k]))
    e = list(innovations(np.array(x), k)[1:])
    d = [v - median for v in x]
    slack = 1e-3 * abs(median)
    step = max(_ratio(e[: k - 1], e[k - 1 :], width, slack) for width in STEP_WIDTHS)
    return step, _ratio(d[:k], d[k:], LEVEL_WIDTH, slack)


def _ratio(before, after, width, slack):
    width = min(width, len(after))
    over, under = _largest(after, width) + slack, _largest(before, width) + slack
    if over == 0:
        return 1.0
    return MOST if over >= MOST * under else over / under


def _largest(values, width):
    windows = [values[i : i + width] for i in range(len(values) - width + 1)]
    return max((abs(sum(w)) / width for w in windows), default=0.0)
