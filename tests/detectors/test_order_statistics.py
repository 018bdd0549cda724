"""Medians of few, some dozen and some hundred values are numpy's."""

import numpy as np
import pytest

from patternwatch.contracts.arrays import Floats32
from patternwatch.detectors.order_statistics import median_by_ranks, median_in_place, nth_in_place


def values_of(kind: str, count: int, seed: int) -> Floats32:
    rng = np.random.default_rng([seed, count])
    values = {
        "smooth": rng.normal(size=count),
        "ties": rng.integers(0, 3, count),
        "constant": np.full(count, 7.0),
        "falling": np.arange(count, 0, -1),
        "both zeros": rng.choice([0.0, -0.0, 1.0], count),
    }[kind]
    return values.astype(np.float32)


@pytest.mark.parametrize("kind", ["smooth", "ties", "constant", "falling", "both zeros"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 27, 28, 35, 231])
def test_order_statistics_are_those_of_numpy(kind: str, count: int) -> None:
    for seed in range(20):
        values = values_of(kind, count, seed)
        ordered = np.sort(values)
        half = np.float32(0.5) * (ordered[count // 2 - 1] + ordered[count // 2])
        median = ordered[count // 2] if count % 2 else half
        assert median_in_place(values.copy(), count) == median
        assert median_by_ranks(values, count, np.empty(count, dtype=np.int32)) == median
        n = seed % count
        assert nth_in_place(values.copy(), count, n) == ordered[n]


def test_only_so_many_of_the_values_count() -> None:
    values = np.array([3, 1, 2, -50, 90], dtype=np.float32)
    assert median_by_ranks(values, 3, np.empty(5, dtype=np.int32)) == 2
    assert nth_in_place(values.copy(), 3, 2) == 3
