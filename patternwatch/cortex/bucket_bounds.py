"""Upper bounds of classic histograms' buckets, as label `le` gives them.

A bound is a number as text: `1` and `1.0` are one bound, and a histogram may change from one to the other
(Prometheus 3 rewrites them, client libraries differ). What is no number belongs to no bucket.
Source: Prometheus documentation, "histogram_quantile()"; Go's `strconv.ParseFloat`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from patternwatch.cortex.align import Grid

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf(inity)?)", re.IGNORECASE)


def bound_of(labels: Mapping[str, str]) -> float | None:
    """The upper bound of a bucket; None where `le` is missing, empty or no number.

    >>> [bound_of({"le": text}) for text in ("1", "1.0", "+Inf", "27p5", "NaN", "")]
    [1.0, 1.0, inf, None, None, None]
    """
    return _number(labels.get("le", ""))


@lru_cache(maxsize=5_000)
def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def merge_equal_bounds(buckets: Iterable[tuple[float, int]], grid: Grid) -> list[tuple[float, int]]:
    """One series for each bound, ascending; samples of the others go into its rows of the grid, in place.

    buckets  bounds and positions in the grid
    Where several series have a sample in a row the greatest counts: they are copies of one count.

    >>> from patternwatch.contracts.series import Window
    >>> window = Window(start_ms=1, split_ms=2, end_ms=2, step_ms=1)
    >>> grid = Grid(np.array([[5.0, 7.0, np.nan], [np.nan, 6.0, 9.0]]), np.zeros((2, 3), np.int64), window)
    >>> merge_equal_bounds([(1.0, 1), (1.0, 0)], grid), grid.values[0].tolist()
    ([(1.0, 0)], [5.0, 7.0, 9.0])
    """
    kept: dict[float, int] = {}
    for bound, i in sorted(buckets):
        first = kept.setdefault(bound, i)
        if first != i:
            better = ~(grid.values[first] >= grid.values[i]) & ~np.isnan(grid.values[i])
            grid.values[first, better] = grid.values[i, better]
            grid.stamps[first, better] = grid.stamps[i, better]
    return list(kept.items())
