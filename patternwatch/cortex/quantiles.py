"""Quantiles of classic histograms, by the rule of PromQL's histogram_quantile."""

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Matrix


def bucket_quantiles(
    bounds: npt.NDArray[np.float64], cumulative: Matrix, quantile: float
) -> npt.NDArray[np.float64]:
    """One quantile per column.

    bounds      upper bounds ascending, shape (B,); the last is +Inf
    cumulative  observations at or below each bound, shape (B, T)
    Linear within the bucket that holds the quantile (from 0 for a first bucket of positive bound); the
    highest finite bound where that is the +Inf bucket; NaN where nothing was observed or the last
    bound is finite.
    """
    with np.errstate(invalid="ignore"):
        counts = np.maximum.accumulate(np.nan_to_num(cumulative), axis=0)  # tolerate skew between buckets
        total = counts[-1]
        usable = (total > 0) & np.isinf(bounds[-1])
        wanted = quantile * total
        bucket = np.minimum((counts < wanted).sum(axis=0), len(bounds) - 1)
    columns = np.arange(counts.shape[1])
    upper = bounds[bucket]
    lower = np.where(bucket > 0, bounds[np.maximum(bucket - 1, 0)], np.minimum(0.0, bounds[0]))
    below = np.where(bucket > 0, counts[np.maximum(bucket - 1, 0), columns], 0.0)
    inside = counts[bucket, columns] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        linear = lower + (upper - lower) * np.where(inside > 0, (wanted - below) / inside, 1.0)
    result = np.where(np.isinf(upper), bounds[-2], linear)
    if bounds[0] <= 0:
        result = np.where(bucket == 0, bounds[0], result)
    return np.asarray(np.where(usable, result, np.nan))
