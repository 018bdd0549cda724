"""Trouble that came and went before: bursts in the baseline that do not make themselves normal.

A fault that goes on and off has its own first bursts in the baseline, and is no larger than these. A batch
job has them too, so size tells nothing, and neither does being punctual. What tells them apart is what they
are: a job brings work, and what works more is slower, and fails more often in number. Trouble is what work
does not explain: a share of successes or a health that falls; errors that rise where the traffic does not; a
latency that rises where neither traffic nor processor, network or disk does. One series does that by chance,
several metric categories of one entity do not do it in the same rows, before and after the split. Where they
do, those rows are no baseline.

The constants are judgement, on the side of a habit (tests/analysis/scoring/test_recurrent_trouble.py).
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metrics.categories import CATEGORIES
from patternwatch.contracts.series import Flags, Matrix, Vector
from patternwatch.detectors import CHANGE
from patternwatch.detectors.quantiles import SortedRows, quantile, sorted_rows

MAX_RECURRENT = 100
"""Such series of a request that are looked at, the strongest; so many may each shard send."""
_FAR = 6.0
"""Standard deviations from the median from which a row is a burst: skewed noise reaches four."""
_TAIL, _TAIL_OF_NORMAL = 0.1, 1.2816
"""The quantile that tells the spread, on the side without bursts, and its place in a normal distribution."""
_MIN_OF_MEDIAN, _MIN_OF_PEAK = 0.02, 0.01
"""The least spread, as a part of the median and of the peak: as the score has it (`scores`)."""
_MIN_ROWS = 5
"""Rows of bursts that are needed on either side of the split: less is a hiccup.

And bursts are about as far where those now are no farther than what flags a series: else it is no habit."""
_MAX_SHARE = 0.5
"""Part of the baseline that bursts may fill: beyond it, they are the baseline."""
_AROUND = 2
"""Rows around a burst that count as it: series are scraped at different times, and averaged."""
_ALIKE = 0.5
"""Part of the rows in which either of two series bursts that both do in, from which they go together."""
_WORK = frozenset(("traffic", "cpu", "network", "disk"))
_SUFFERS_FROM_WORK = {"error": frozenset(("traffic",)), "latency": _WORK}
"""What explains that these rise."""
_UPWARDS = frozenset(category for category, own in CATEGORIES.items() if own.rise >= own.fall)
_DOWNWARDS = frozenset(category for category, own in CATEGORIES.items() if own.fall >= own.rise)
"""Categories whose rise, or fall, counts no less than the other direction."""
_FALLS = ("availability", "health")
"""Categories whose fall no work explains: shares, and whether something is there."""


def bursts(values: Matrix, split: int, categories: Sequence[str]) -> npt.NDArray[np.int8]:
    """In which rows each series is far outside of its quiet band: 1 above, -1 below, 0 elsewhere; (N, T).

    values      shape (N, T); NaN is a gap
    split       first row of the current part
    categories  of each series; only the direction that counts more for it

    Of three rows at least, gaps of two closed; what lasts up to the split is no burst of the baseline, but
    the beginning of what goes on now.

    >>> row = np.where(np.isin(np.arange(60), [10, 11, 12, 20, 39, 40, 41]), 9.0, 1.0)[None]
    >>> np.flatnonzero(bursts(row, 40, ["latency"])[0]).tolist(), int(bursts(row, 40, ["health"]).sum())
    ([10, 11, 12, 40, 41], 0)
    """
    low, high = _bands(values, split, categories)
    with np.errstate(invalid="ignore"):
        above, below = _lasting(values > high[:, None]), _lasting(values < low[:, None])
    far = above | below
    far[:, :split] &= np.logical_or.accumulate(~far[:, split - 1 :: -1], axis=1)[:, ::-1]
    return np.where(far, above.astype(np.int8) - below.astype(np.int8), 0).astype(np.int8)


def is_recurrent(
    values: Matrix, split: int, categories: Sequence[str], baseline: SortedRows | None = None
) -> Flags:
    """Which series burst before the split as far as they do from it on, shape (N,).

    baseline  `sorted_rows` of the rows before `split`, where they are at hand

    >>> rows = np.arange(300)
    >>> values = np.where(np.array([rows % 60 < 8, rows >= 240]), 9.0, 1.0)
    >>> is_recurrent(values, 240, ["error", "error"]).tolist()
    [True, False]
    """
    low, high = _bands(values, split, categories, baseline)
    with np.errstate(invalid="ignore"):
        now = (values[:, split:] > high[:, None]) | (values[:, split:] < low[:, None])
    found = np.asarray(now.sum(axis=1) >= _MIN_ROWS)
    rows = np.flatnonzero(found)
    values = values[rows]
    found[rows] = _recur(values, bursts(values, split, [categories[i] for i in rows.tolist()]), split)
    return found


def burst_size(values: Matrix, split: int, categories: Sequence[str]) -> Vector:
    """How far each series is from its median while it bursts after the split, in widths of its band; (N,).

    Whatever the category: work has to be seen beside the trouble that it explains.

    >>> row = np.where(np.isin(np.arange(60), [10, 11, 50]), 9.0, 1.0)[None]
    >>> burst_size(row, 40, ["latency"]).round(1).tolist()
    [14.8]
    """
    low, high = _bands(values, split, categories)
    median = np.nanmedian(values[:, :split], axis=1)
    with np.errstate(invalid="ignore"):
        up = np.fmax.reduce(values[:, split:] - median[:, None], axis=1) / (high - median)
        down = np.fmax.reduce(median[:, None] - values[:, split:], axis=1) / (median - low)
    return np.asarray(np.nan_to_num(np.fmax(up, down), nan=0.0))


def past_trouble(
    values: Matrix, split: int, categories: Sequence[str], entities: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Rows before the split in which each series shared a trouble of its entity that is back now, (N, T).

    entities  of each of N series

    >>> rng, rows = np.random.default_rng(0), np.arange(300)
    >>> values = rng.normal(50.0, 1.0, size=(3, 300)) + 30.0 * (rows % 60 < 8)
    >>> found = past_trouble(values, 240, ["error", "latency", "latency"], ["cart", "cart", "web"])
    >>> found.any(axis=1).tolist(), np.flatnonzero(found[1]).tolist()[:14]
    ([True, True, False], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 58, 59, 60, 61])
    """
    found = np.zeros(values.shape, dtype=bool)
    signs = bursts(values, split, categories)
    members: dict[str, list[int]] = defaultdict(list)
    for i in np.flatnonzero(_recur(values, signs, split)).tolist():
        members[entities[i]].append(i)
    for own in members.values():
        if len({categories[i] for i in own}) > 1:
            together = _troubled(own, signs, split, categories)
            if together:
                shared = _around(signs[together, :split] != 0).any(axis=0)
                if shared.mean() <= _MAX_SHARE:
                    found[together, :split] = shared
    return found


def _troubled(
    own: Sequence[int], signs: npt.NDArray[np.int8], split: int, categories: Sequence[str]
) -> list[int]:
    """Those of an entity that go together with a trouble which no work explains, and it; none without."""
    near = _around(signs[own] != 0)
    both = (near[:, None, :] & near[None, :, :]).sum(axis=2)
    either = (near[:, None, :] | near[None, :, :]).sum(axis=2)
    alike = both >= _ALIKE * np.maximum(either, 1)
    rises = (signs[own] == 1)[:, split:].any(axis=1)
    troubled: set[int] = set()
    for k, i in enumerate(own):
        with_it = [j for j in range(len(own)) if alike[k, j]]
        if len({categories[own[j]] for j in with_it}) < 2:
            continue
        work = {categories[own[j]] for j in with_it if rises[j]}
        explained_by = _SUFFERS_FROM_WORK.get(categories[i])
        if categories[i] in _FALLS or (explained_by is not None and not work & explained_by):
            troubled.update(own[j] for j in with_it)
    return sorted(troubled)


def _recur(values: Matrix, signs: npt.NDArray[np.int8], split: int) -> Flags:
    """Whether each of N series bursts on both sides, about as far, and seldom before; shape (N,)."""
    far = signs != 0
    before, now = far[:, :split].sum(axis=1), far[:, split:].sum(axis=1)
    found = np.asarray((before >= _MIN_ROWS) & (now >= _MIN_ROWS) & (before <= _MAX_SHARE * split))
    rows = np.flatnonzero(found)
    median = np.nanmedian(values[rows, :split], axis=1)
    size = np.where(far[rows], np.abs(values[rows] - median[:, None]), 0.0)
    farthest = np.fmax.reduce(size[:, :split], axis=1), np.fmax.reduce(size[:, split:], axis=1)
    found[rows] = farthest[1] <= CHANGE.step_bar * farthest[0]
    return found


def _lasting(far: Flags) -> Flags:
    """The rows of bursts that last, shape (N, T): gaps of two rows closed, then only runs of three kept."""
    outside = [(0, 0), (2, 2)]
    closed = ~_grown(~_grown(np.pad(far, outside)))
    return _grown(~_grown(~closed))[:, 2:-2]


def _grown(far: Flags) -> Flags:
    """With the rows beside them."""
    near = far.copy()
    near[:, 1:] |= far[:, :-1]
    near[:, :-1] |= far[:, 1:]
    return near


def _around(far: Flags) -> Flags:
    """The rows with a burst, and those around them, shape (N, T)."""
    for _ in range(_AROUND):
        far = _grown(far)
    return far


def _bands(
    values: Matrix, split: int, categories: Sequence[str], baseline: SortedRows | None = None
) -> tuple[Vector, Vector]:
    """Where the quiet band of each series ends, below and above; infinite where that direction is no trouble.

    Its width on one side is told by the other: bursts that fill a third of the rows leave that as it is.
    """
    ordered, counts = sorted_rows(values[:, :split]) if baseline is None else baseline
    median = quantile(ordered, counts, 0.5)
    rises = np.array([category in _UPWARDS for category in categories], dtype=bool)
    falls = np.array([category in _DOWNWARDS for category in categories], dtype=bool)
    least = np.maximum(
        _MIN_OF_MEDIAN * np.abs(median),
        _MIN_OF_PEAK * np.nan_to_num(np.fmax.reduce(np.abs(values), axis=1), nan=0.0),
    )
    below = np.maximum((median - quantile(ordered, counts, _TAIL)) / _TAIL_OF_NORMAL, least)
    above = np.maximum((quantile(ordered, counts, 1.0 - _TAIL) - median) / _TAIL_OF_NORMAL, least)
    low = np.where(falls, median - _FAR * above, -np.inf)
    return low, np.where(rises, median + _FAR * below, np.inf)
