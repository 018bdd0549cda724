"""Quantiles of classic histograms, by the rule of PromQL's histogram_quantile."""

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.contracts.series import Matrix, Vector


def bucket_quantiles(bounds: Vector, cumulative: Matrix, quantile: float) -> Vector:
    """One quantile per column.

    bounds      upper bounds ascending, shape (B,); the last is +Inf
    cumulative  observations at or below each bound, shape (B, T)
    Linear within the bucket that holds the quantile (from 0 for a first bucket of positive bound); the
    highest finite bound where that is the +Inf bucket; NaN where nothing was observed or the last
    bound is finite.
    """
    found = np.empty(cumulative.shape[1])
    _fill(bounds, cumulative, quantile, found)
    return found


@kernel
def _fill(bounds: Floats, cumulative: Floats, quantile: float, found: Floats) -> None:
    last = len(bounds) - 1
    counts = np.empty(len(bounds))
    for column in range(cumulative.shape[1]):
        highest = 0.0  # buckets that were scraped apart may be skewed
        for b in range(len(bounds)):
            highest = max(highest, cumulative[b, column])  # a gap is no more than what lies below it
            counts[b] = highest
        if counts[last] <= 0.0 or not np.isinf(bounds[last]):
            found[column] = np.nan
            continue
        wanted, bucket = quantile * counts[last], 0
        while bucket < last and counts[bucket] < wanted:
            bucket += 1
        if bucket == 0 and bounds[0] <= 0.0:
            found[column] = bounds[0]
        elif np.isinf(bounds[bucket]):
            found[column] = bounds[last - 1]
        else:
            lower = bounds[bucket - 1] if bucket > 0 else 0.0
            below = counts[bucket - 1] if bucket > 0 else 0.0
            inside = counts[bucket] - below
            part = (wanted - below) / inside if inside > 0.0 else 1.0
            found[column] = lower + (bounds[bucket] - lower) * part
