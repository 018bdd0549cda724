"""A window's series together with the same window one day or one week earlier."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.messages import AnalysisRequest, Compare
from patternwatch.contracts.series import Matrix, SeriesBatch
from patternwatch.cortex.source import SeriesSource

_DAY_MS = 24 * 60 * 60 * 1000
PERIODS_MS: Mapping[Compare, int] = {"day": _DAY_MS, "week": 7 * _DAY_MS}
"""How much earlier the window lies that a request compares with."""


async def fetch_compared(source: SeriesSource, request: AnalysisRequest, matchers: Matchers) -> SeriesBatch:
    """The series of a request's window and, where it compares, their values in the earlier one.

    Raises what the source raises, for either window.
    """
    batch = await source.fetch(request.tenant, matchers, request.window)
    period_ms = PERIODS_MS.get(request.compare)
    if period_ms is None:
        return batch
    earlier = await source.fetch(request.tenant, matchers, request.window.earlier(period_ms))
    return replace(batch, seasonal_reference=matched(batch, earlier))


def matched(batch: SeriesBatch, earlier: SeriesBatch) -> Matrix:
    """The earlier window's values in the order of `batch`, shape (N, T); NaN where a series is not known.

    Series are the same if all labels and the derivation are. Raises ValueError where both windows differ
    in length.
    """
    if len(batch.times) != len(earlier.times):
        raise ValueError(f"windows of {len(batch.times)} and {len(earlier.times)} rows cannot be compared")
    place = {key: i for i, key in enumerate(_keys(earlier))}
    at = np.array([place.get(key, -1) for key in _keys(batch)], dtype=np.intp)
    values = np.full(batch.values.shape, np.nan)
    values[at >= 0] = earlier.values[at[at >= 0]]
    values[np.isinf(values)] = np.nan
    return values


def _keys(batch: SeriesBatch) -> list[tuple[frozenset[tuple[str, str]], str]]:
    return [
        (frozenset(labels.items()), derivation)
        for labels, derivation in zip(batch.labels, batch.derivation, strict=True)
    ]
