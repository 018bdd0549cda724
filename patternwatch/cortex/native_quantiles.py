"""Quantiles of native histograms: what was observed between two samples of one, by PromQL's rule.

Source: Prometheus documentation, "Native Histograms" (buckets, interpolation within them, resets).
"""

import math

import numpy as np

from patternwatch.compiled import Floats, Integer, kernel

QUANTILES = (0.5, 0.99)
CUSTOM = -53
"""The schema of buckets with bounds of their own."""


@kernel
def quantiles_of_increase(
    before: Floats,
    n_before: Integer,
    now: Floats,
    n_now: Integer,
    schema: Integer,
    edges: Floats,
    out: Floats,
) -> None:
    """Fill `out` with the QUANTILES of what was observed since the sample before.

    before, now  buckets ascending, shape (3, K): lower bounds, upper bounds, counts; only the first
                 `n_before` and `n_now` hold any: of a counter that was reset, none before
    schema       of the buckets; within those of an exponential one values are taken to lie exponentially
    edges        scratch, shape (2, 2 * n_before + 2 * n_now) at least

    A bucket that shrank tells that the counter was reset.
    """
    m = _increase(before, n_before, now, n_now, edges)
    if m < 0:
        m = _increase(before, 0, now, n_now, edges)
    for k in range(len(QUANTILES)):
        out[k] = _quantile(edges, m, QUANTILES[k], schema != CUSTOM)


@kernel
def _increase(before: Floats, n_before: Integer, now: Floats, n_now: Integer, edges: Floats) -> Integer:
    """Fill edges[0] with bounds, edges[1] with the increase at or below each; how many, -1 where it falls.

    A bound inside a bucket of either sample is left out, so that samples of two resolutions meet in the
    coarser one.
    """
    bound, i, j, m = -np.inf, 0, 0, 0
    old, new = 0.0, 0.0
    while i < n_before or j < n_now:
        following = np.inf
        if i < n_before:
            following = before[0, i] if before[0, i] > bound else before[1, i]
        if j < n_now:
            following = min(following, now[0, j] if now[0, j] > bound else now[1, j])
        bound = following
        while i < n_before and before[1, i] <= bound:
            old += before[2, i]
            i += 1
        while j < n_now and now[1, j] <= bound:
            new += now[2, j]
            j += 1
        if (i < n_before and before[0, i] < bound) or (j < n_now and now[0, j] < bound):
            continue
        edges[0, m], edges[1, m] = bound, new - old
        if new - old < (edges[1, m - 1] if m > 0 else 0.0) - 1e-9 * new:
            return -1
        m += 1
    return m


@kernel
def _quantile(edges: Floats, m: Integer, quantile: float, is_exponential: bool) -> float:
    """The quantile of a cumulative distribution; NaN where nothing was observed."""
    bounds, cumulative = edges[0], edges[1]
    if m == 0 or cumulative[m - 1] <= 0.0:
        return np.nan
    wanted = quantile * cumulative[m - 1]
    k = 0
    while k < m - 1 and cumulative[k] < wanted:
        k += 1
    upper = bounds[k]
    if k == 0:  # a first bucket without a lower bound: from 0, as a classic histogram's
        return float(upper * wanted / cumulative[0] if upper > 0.0 else upper)
    lower = bounds[k - 1]
    if np.isinf(upper):
        return float(lower)
    part = (wanted - cumulative[k - 1]) / (cumulative[k] - cumulative[k - 1])
    if is_exponential and lower * upper > 0.0:
        return float(lower * (upper / lower) ** part)
    return float(lower + (upper - lower) * part)


@kernel
def bucket_bound(schema: Integer, index: Integer) -> float:
    """The upper bound of bucket `index` of an exponential schema: 2 to the power of index * 2^-schema."""
    return math.pow(2.0, index * math.pow(2.0, -schema))
