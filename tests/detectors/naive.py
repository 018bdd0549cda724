"""Slow, obvious twins of the kernels: plain loops over one series, straight from the definitions."""

import math
from itertools import pairwise

import numpy as np

from patternwatch.detectors.base import LEAST_BASELINE
from patternwatch.detectors.change import LEVEL_WIDTH, MOST, OPPOSITE, STEP_WIDTHS
from patternwatch.detectors.innovations import ORDER


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


def high_order_innovations(x, k):
    """AR(5) residuals of x under the Yule-Walker model of x[:k], its equations solved as they stand."""
    centred = [v - sum(x[:k]) / k for v in x]
    r = [sum(centred[t] * centred[t - lag] for t in range(lag, k)) for lag in range(ORDER + 1)]
    table = np.array([[r[abs(i - j)] for j in range(ORDER)] for i in range(ORDER)])
    a = np.linalg.lstsq(table, np.array(r[1:]), rcond=None)[0]
    return [centred[t] - sum(a[j] * centred[t - 1 - j] for j in range(ORDER)) for t in range(ORDER, len(x))]


def change_ratios(row, split):
    """Step and level ratio by their definitions: every window of every width on both sides."""
    x = [v for v in row if not math.isnan(v)]
    k = sum(not math.isnan(v) for v in row[:split])
    if k < LEAST_BASELINE or k == len(x):
        return math.nan, math.nan
    median = float(np.median(x[:k]))
    slack = 1e-3 * abs(median)
    steps = []
    for e in (list(innovations(np.array(x), k)[1:]), high_order_innovations(x, k)):
        split_at = len(e) - (len(x) - k)
        parts = e[:split_at], e[split_at:]
        steps.append(max(_ratio(*parts, width, slack, OPPOSITE) for width in STEP_WIDTHS))
    d = [v - median for v in x]
    return math.sqrt(steps[0] * steps[1]), _ratio(d[:k], d[k:], LEVEL_WIDTH, slack, 1.0)


def _ratio(before, after, width, slack, opposite):
    width = min(width, len(after))
    up, down = _largest(before, width)
    least = opposite * max(up, down)
    ratios = []
    for now, then in zip(_largest(after, width), (max(up, least), max(down, least)), strict=True):
        over, under = now + slack, then + slack
        ratios.append(1.0 if over == 0 else MOST if over >= MOST * under else over / under)
    return max(ratios)


def _largest(values, width):
    """The largest mean of a window, up and down, at least 0 each."""
    means = [sum(values[i : i + width]) / width for i in range(len(values) - width + 1)]
    return max([0.0, *means]), max([0.0, *(-m for m in means)])
