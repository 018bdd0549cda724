"""Six small series of every kind of metric, and what one fetch makes of their samples."""

import numpy as np

from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.raw import RawSeries, ragged

STEP, ROWS = 1000, 6
FIRST = 50 * STEP
NAMES = [
    ({"__name__": "gauge", "job": "a"}, "gauge"),
    ({"__name__": "born_total", "job": "a", "code": "500"}, "counter"),
    ({"__name__": "born_total", "job": "a", "code": "200"}, "counter"),
    ({"__name__": "wait_sum"}, "summary"),
    ({"__name__": "wait_count"}, "summary"),
    ({"__name__": "untyped_total"}, "unknown"),
]
Sample = tuple[int, int, float]
"""Which series, when, how much."""


def raw(samples: list[Sample]) -> RawSeries:
    found: dict[int, dict[int, float]] = {}
    for series, at_ms, value in sorted(samples):
        found.setdefault(series, {})[at_ms] = value
    return ragged(
        [dict(NAMES[i][0]) for i in found],
        [NAMES[i][1] for i in found],
        [np.array(list(s), dtype=np.int64) for s in found.values()],
        [np.array(list(s.values())) for s in found.values()],
    )


def same(one: SeriesBatch, other: SeriesBatch) -> None:
    assert one.labels == other.labels
    assert one.derivation == other.derivation
    assert one.skipped == other.skipped
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.values, other.values)


def fetched(samples: list[Sample], end_ms: int) -> SeriesBatch:
    window = Window(start_ms=end_ms - (ROWS - 1) * STEP, split_ms=end_ms, end_ms=end_ms, step_ms=STEP)
    oldest = end_ms - (ROWS + 1) * STEP
    return derive(raw([s for s in samples if oldest < s[1] <= end_ms]), window)
