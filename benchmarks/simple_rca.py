"""SimpleRCA: rules on thresholds, and the service with most alarms goes first.

Our own short implementation of the idea for metrics alone: a latency alarms where the 95th percentile since
the split is three times that of the baseline, anything else where its mean since then lies three standard
deviations of the baseline from the baseline's mean.
Source: A. Fang et al., "An Empirical Study of SOTA RCA Models: From Oversimplified Benchmarks to Realistic
Failures" (2025), section 3.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Matrix
from patternwatch.detectors.quantiles import quantile, sorted_rows

SIGMAS = 3.0
"""Standard deviations of the baseline from which a metric alarms."""
TIMES = 3.0
"""By how many times a latency's 95th percentile has to rise."""


def severities(values: Matrix, split: int, categories: Sequence[str]) -> npt.NDArray[np.float64]:
    """How far each series is beyond its rule's threshold, shape (N,): it alarms from 1 on.

    values      shape (N, T); NaN is a gap
    categories  N metric categories

    A series without any spread before the split alarms where its mean differs at all.

    >>> rows = np.array([[1.0, 1.0, 1.0, 1.0, 4.0, 4.0], [1.0, 3.0, 1.0, 3.0, 2.0, 2.0]])
    >>> severities(rows, 4, ["latency", "cpu"]).round(2).tolist()
    [1.33, 0.0]
    """
    before, after = values[:, :split], values[:, split:]
    with np.errstate(all="ignore"):
        mean, now = _mean(before), _mean(after)
        spread = np.sqrt(_mean((before - mean[:, None]) ** 2))
        by_sigmas = np.abs(now - mean) / (SIGMAS * spread)
        by_times = quantile(*sorted_rows(after), 0.95) / (TIMES * quantile(*sorted_rows(before), 0.95))
    slow = np.array([category == "latency" for category in categories], dtype=bool)
    return np.nan_to_num(np.where(slow, by_times, by_sigmas), nan=0.0, posinf=1e9)


def services_by_alarms(services: Sequence[str], severity: npt.NDArray[np.float64]) -> list[str]:
    """Services by the number of their series that alarm, then by the worst of them.

    >>> services_by_alarms(["a", "b", "b", "c"], np.array([9.0, 1.0, 1.2, 0.5]))
    ['b', 'a', 'c']
    """
    own: dict[str, list[float]] = {}
    for service, value in zip(services, severity.tolist(), strict=True):
        own.setdefault(service, []).append(value)
    return sorted(own, key=lambda s: (-sum(value >= 1.0 for value in own[s]), -max(own[s]), s))


def _mean(values: Matrix) -> npt.NDArray[np.float64]:
    count = (~np.isnan(values)).sum(axis=1)
    return np.asarray(np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan))
