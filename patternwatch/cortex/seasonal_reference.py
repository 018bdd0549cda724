"""A window's series together with the same window one day or one week earlier, by the clocks of a place."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.requests import AnalysisRequest, Compare
from patternwatch.contracts.series import Matrix, SeriesBatch, Vector
from patternwatch.contracts.time_zone import days_before
from patternwatch.cortex.source import SeriesSource

_DAYS: Mapping[Compare, int] = {"day": 1, "week": 7}
"""How many days earlier the window lies that a request compares with."""
PERIODS_MS: Mapping[Compare, int] = {name: days * 86_400_000 for name, days in _DAYS.items()}
"""The same in ms, where no clocks were changed between."""


async def fetch_compared(source: SeriesSource, request: AnalysisRequest, matchers: Matchers) -> SeriesBatch:
    """The series of a request's window and, where it compares, their values in the earlier one.

    Raises what the source raises, for any window.
    """
    batch = await source.fetch(request.tenant, matchers, request.window)
    return await with_reference(source, request, matchers, batch)


async def with_reference(
    source: SeriesSource, request: AnalysisRequest, matchers: Matchers, batch: SeriesBatch
) -> SeriesBatch:
    """The series of a request's window with their values in the earlier one, where it compares with one.

    Earlier by the clocks of `request.time_zone`. Where these were changed between, people kept to them and
    machines may not have: each series is compared with the one of both windows that it is more like.
    Raises what the source raises.
    """
    days = _DAYS.get(request.compare)
    if days is None:
        return batch
    by_clock = days_before(request.window.split_ms, days, request.time_zone)
    reference = await _earlier(source, request, matchers, batch, by_clock)
    if by_clock != PERIODS_MS[request.compare]:
        other = await _earlier(source, request, matchers, batch, PERIODS_MS[request.compare])
        reference = closer(batch.values, reference, other, request.window.split_row)
    return replace(batch, seasonal_reference=reference)


async def _earlier(
    source: SeriesSource, request: AnalysisRequest, matchers: Matchers, batch: SeriesBatch, by_ms: int
) -> Matrix:
    return matched(batch, await source.fetch(request.tenant, matchers, request.window.earlier(by_ms)))


def closer(values: Matrix, first: Matrix, second: Matrix, split: int) -> Matrix:
    """For each series the reference whose movement leaves less of its own, the first where they are equal.

    values, first, second  shape (N, T); NaN is a gap
    split                  movements are distances from the mean before this row

    >>> step = np.array([[0.0, 0.0, 5.0]])
    >>> closer(step + 1, 0 * step, step, 2).tolist()
    [[0.0, 0.0, 5.0]]
    """
    own = _movement(values, split)
    left = [_mean_square(own - _movement(earlier, split)) for earlier in (first, second)]
    return np.where((left[1] < left[0])[:, None], second, first)


def _movement(values: Matrix, split: int) -> Matrix:
    return values - _mean(values[:, :split], empty=0.0)[:, None]


def _mean_square(values: Matrix) -> Vector:
    with np.errstate(over="ignore"):
        return _mean(values**2, empty=np.inf)


def _mean(values: Matrix, empty: float) -> Vector:
    """Of each row's points, shape (N,); `empty` for a row without any."""
    n = np.count_nonzero(~np.isnan(values), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.where(n > 0, np.nansum(values, axis=1) / np.maximum(n, 1), empty))


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
