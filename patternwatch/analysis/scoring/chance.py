"""How many series of a family move as much by chance, as its own past tells.

Among 20,000 error counters that tick now and then, some tick for the first time just now, whatever happens.
What such a movement is worth shows in the same family (metric and derivation) when nothing was wrong: the
beginning of the window, held against the rest of the baseline as the current part is, only backwards in time.
If it shows as many movements of that size as the current part does, they say nothing; if it shows none, they
stand. One less the ratio of both is what stands: an estimate of one less the local false discovery rate, with
an empirical null (`family_movements` takes both).
Source: B. Efron, "Large-Scale Simultaneous Hypothesis Testing: The Choice of a Null Hypothesis" (2004).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Vector
from patternwatch.contracts.shard_results import FamilyMovements

_USUAL_SHARE = 0.02
"""Share of quiet series that the change ratio flags: `normal_above_1` of `python -m benchmarks.filter`."""
_PRIOR_SERIES = 50
"""From so many series on a family's own share counts more than the usual one."""
_PRIOR_MOVEMENTS = 5
"""From so many movements on their own sizes count more than the usual ones."""
_ROUNDED = 1 - 1e-6
"""Sizes travel as float32: a size is looked up a little lower, so that it finds itself."""
_USUAL_SIZE, _USUAL_SPREAD = 1.5, 0.65
"""Mean and standard deviation of the sizes (logarithms) of chance movements in ordinary series: `chance_size`
and `chance_spread` of `python -m benchmarks.filter`.

Nothing of other families enters: where a family lies in one shard, the shard and the whole request agree."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Mean and standard deviation of sizes."""

    mean: float
    spread: float

    def of(self, sizes: Vector, weight: float) -> "_Sizes":
        """The same for these sizes, with `weight` observations of the present ones added to them."""
        count = len(sizes) + weight
        mean = (float(sizes.sum()) + weight * self.mean) / count
        squares = float(((sizes - mean) ** 2).sum()) + weight * (self.spread**2 + (self.mean - mean) ** 2)
        return _Sizes(mean, float(np.sqrt(squares / count)))

    def tail(self, sizes: Vector) -> Vector:
        """Which part of such movements is at least that large, if sizes (logarithms) are normal."""
        return np.asarray(ndtr((self.mean - sizes) / self.spread))


_USUAL = _Sizes(_USUAL_SIZE, _USUAL_SPREAD)
_UNKNOWN = -1


class ChanceWeights:
    """What a movement is worth, by its family: 1 where none such is expected by chance, down to 0.

    results  the families' movements in each part of the request's series

    >>> quiet = FamilyMovements(series=5000, now=np.full(40, 1.3), past=np.full(40, 1.3))
    >>> hurt = FamilyMovements(series=50, now=np.full(10, 2.2), past=np.empty(0))
    >>> weights = ChanceWeights([{"ticks": quiet, "latency": hurt}])
    >>> weights.of(["ticks", "latency"], np.array([1.3, 2.2])).round(2).tolist()
    [0.0, 0.99]
    """

    def __init__(self, results: Iterable[Mapping[str, FamilyMovements]]) -> None:
        pooled: dict[str, list[FamilyMovements]] = defaultdict(list)
        for result in results:
            for family, movements in result.items():
                pooled[family].append(movements)
        self._number = {family: i for i, family in enumerate(pooled)}
        self._now = _Pools([m.now for m in parts] for parts in pooled.values())
        self._past = _Pools([m.past for m in parts] for parts in pooled.values())
        own = [_USUAL.of(sizes, _PRIOR_MOVEMENTS) for sizes in self._past]
        self._mean, self._spread = np.array([(one.mean, one.spread) for one in own]).reshape(-1, 2).T
        series = np.array([sum(m.series for m in parts) for parts in pooled.values()], dtype=np.float64)
        share = (self._past.lengths + _PRIOR_SERIES * _USUAL_SHARE) / (series + _PRIOR_SERIES)
        self._moving = series * share

    def of(self, families: Sequence[str], sizes: Vector) -> Vector:
        """The weight of each of N movements, shape (N,): 1 less expected over seen ones, at least 0.

        families  the family of each
        sizes     logarithms as `log_size` gives them, shape (N,)
        """
        weights = np.ones(len(sizes))
        numbers = np.fromiter((self._number.get(f, _UNKNOWN) for f in families), np.int64, len(sizes))
        known = numbers != _UNKNOWN
        if known.any():
            of, at = numbers[known], sizes[known]
            expected = self._expected(of, at)
            # in one window of six chance brings a standard deviation more than usual
            expected += np.minimum(np.sqrt(expected), expected)
            seen = np.maximum(self._now.at_least(of, at * _ROUNDED), 1)
            weights[known] = np.clip(1.0 - expected / seen, 0.0, 1.0)
        return weights

    def _expected(self, of: Integers, sizes: Vector) -> Vector:
        """How many series of these families move as much by chance in such a window, shape (M,)."""
        beyond = self._past.at_least(of, sizes * _ROUNDED)
        usual = _PRIOR_MOVEMENTS * _USUAL.tail(sizes)
        counted = (beyond + usual) / (self._past.lengths[of] + _PRIOR_MOVEMENTS)
        # counts see two heaps, a few ticks and many; the normal tail sees beyond the largest
        tail = np.maximum(counted, ndtr((self._mean[of] - sizes) / self._spread[of]))
        return np.asarray(self._moving[of] * tail)


class _Pools:
    """Sizes of F families, each ascending, one behind the other."""

    def __init__(self, parts: Iterable[Sequence[npt.NDArray[np.floating]]]) -> None:
        self._pools = [_joined(own) for own in parts]
        self.lengths = np.array([len(pool) for pool in self._pools], dtype=np.int64)
        self._ends = np.cumsum(self.lengths)
        self._all = np.concatenate(self._pools) if self._pools else np.empty(0)

    def __iter__(self) -> Iterator[Vector]:
        return iter(self._pools)

    def at_least(self, of: Integers, sizes: Vector) -> Integers:
        """How many sizes of family `of[i]` reach `sizes[i]`, shape (M,)."""
        found = np.empty(len(sizes), dtype=np.int64)
        _count_at_least(self._all, self._ends - self.lengths, self._ends, of, sizes, found)
        return found


def _joined(sizes: Sequence[npt.NDArray[np.floating]]) -> Vector:
    return np.sort(np.concatenate([own.astype(np.float64) for own in sizes]))


@kernel
def _count_at_least(
    pools: Floats, begins: Integers, ends: Integers, of: Integers, sizes: Floats, found: Integers
) -> None:
    for i in range(len(of)):
        low, end = begins[of[i]], ends[of[i]]
        high = end
        while low < high:
            middle = (low + high) // 2
            if pools[middle] < sizes[i]:
                low = middle + 1
            else:
                high = middle
        found[i] = end - low
