"""What several replicas of Prometheus scraped of the same targets: such series count once.

An HA pair scrapes everything twice. Where the store does not deduplicate, every series is there once for each
replica, told apart by an external label: `prometheus_replica` (prometheus-operator), `__replica__` (the HA
tracker of Cortex and Mimir), `replica` (the Thanos documentation).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Flags, Matrix, SeriesBatch, Vector
from patternwatch.contracts.skipped import REPLICA, merged, skipped_for
from patternwatch.detectors.quantiles import quantile, sorted_rows

_AMBIGUOUS = "replica"
"""Also what databases call their own members: one that ended is then a loss, not another scraper's gap."""
_MAX_DISTANCE = 0.5
"""Of two medians, in spreads; replicas scrape seconds apart, so that single values differ by their noise."""
_FEW_POINTS = 2.5
"""What is added to it over the square root of the number of points: a median of few points is uncertain."""


def without_replicas(batch: SeriesBatch, split: int, replica_labels: Iterable[str]) -> SeriesBatch:
    """The batch with one series for those that differ in a replica label only and keep the same level.

    split           first row of the current part
    replica_labels  names of such labels

    The series with most points stays, under its own labels; its gaps are filled from the others. How many
    were merged into another one is in `skipped`.

    >>> labels = [{"__name__": "load", "prometheus_replica": name} for name in ("a", "b")]
    >>> values = np.array([[1.0, np.nan, 3.0, 2.0], [1.0, 2.0, 3.0, 2.0]])
    >>> one = without_replicas(SeriesBatch(labels, np.arange(4), values, ["", ""]), 2, ["prometheus_replica"])
    >>> one.labels, list(one.skipped)
    ([{'__name__': 'load', 'prometheus_replica': 'b'}], ['merged with the same series of another replica'])
    """
    names = frozenset(replica_labels)
    groups = _groups(batch, names)
    if not groups:
        return batch
    firsts, twins, certain = _pairs(batch, groups)
    same = _alike(batch.values[firsts], batch.values[twins], split, certain)
    if not same.any():
        return batch
    return _without(batch, firsts[same], twins[same])


def _groups(batch: SeriesBatch, names: frozenset[str]) -> list[list[int]]:
    """Positions of series that differ in replica labels only; groups of at least two."""
    found: dict[object, list[int]] = defaultdict(list)
    for i, (labels, derivation) in enumerate(zip(batch.labels, batch.derivation, strict=True)):
        if not names.isdisjoint(labels):
            own = frozenset(item for item in labels.items() if item[0] not in names)
            found[own, derivation].append(i)
    return [group for group in found.values() if len(group) > 1]


def _pairs(
    batch: SeriesBatch, groups: list[list[int]]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Flags]:
    """The fullest series of each group with each of the others, and whether a scraper surely made both."""
    firsts: list[int] = []
    twins: list[int] = []
    certain: list[bool] = []
    for group in groups:
        points = {i: int((~np.isnan(batch.values[i])).sum()) for i in group}
        first, *others = sorted(group, key=lambda i: (-points[i], sorted(batch.labels[i].items())))
        firsts += [first] * len(others)
        twins += others
        certain += [_AMBIGUOUS not in batch.labels[first]] * len(others)
    return np.array(firsts, dtype=np.intp), np.array(twins, dtype=np.intp), np.array(certain, dtype=bool)


def _alike(first: Matrix, twin: Matrix, split: int, certain: Flags) -> Flags:
    """Whether both keep the same level before and from the split on, over the rows that both have."""
    together = np.isfinite(first) & np.isfinite(twin)
    first, twin = np.where(together, first, np.nan), np.where(together, twin, np.nan)
    same = np.ones(len(first), dtype=bool)
    spread = np.zeros(len(first))
    for part in (slice(None, split), slice(split, None)):
        (median, own), (other, its) = _level(first[:, part]), _level(twin[:, part])
        n = together[:, part].sum(axis=1)
        spread = np.fmax(spread, np.fmax(own, its))
        bar = (_MAX_DISTANCE + _FEW_POINTS / np.sqrt(np.maximum(n, 1))) * spread
        near = np.abs(median - other) <= bar + 1e-9 * np.abs(median)
        same &= np.where(n > 0, near, certain)
    return same


def _level(values: Matrix) -> tuple[Vector, Vector]:
    """Median and interquartile range of each row; NaN without points."""
    ordered = sorted_rows(values)
    return quantile(*ordered, 0.5), quantile(*ordered, 0.75) - quantile(*ordered, 0.25)


def _without(batch: SeriesBatch, firsts: npt.NDArray[np.intp], twins: npt.NDArray[np.intp]) -> SeriesBatch:
    values = batch.values.copy()
    reference = None if batch.seasonal_reference is None else batch.seasonal_reference.copy()
    for first, twin in zip(firsts.tolist(), twins.tolist(), strict=True):
        for own in (values,) if reference is None else (values, reference):
            gaps = np.isnan(own[first])
            own[first, gaps] = own[twin, gaps]
    kept = np.setdiff1d(np.arange(len(batch)), twins)
    filled = replace(batch, values=values, seasonal_reference=reference).take(kept)
    lost = skipped_for(REPLICA, (batch.labels[i].get("__name__", "") for i in twins.tolist()))
    return replace(filled, skipped=merged(batch.skipped, lost), notes=batch.notes, facts=batch.facts)
