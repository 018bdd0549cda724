"""Which series of a batch were born in it: began where others of their metric had been before.

Where the source itself begins inside the window (a young one, a short recording) every series does, and none
of them is new: the beginning of the source is taken as the window's, by metric, so that however series are
sharded by name the same ones are born.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metrics.categories import tells_a_fact
from patternwatch.contracts.present_states import tells_ill_by_presence
from patternwatch.contracts.series import AGES, SeriesBatch
from patternwatch.detectors.base import MIN_BASELINE
from patternwatch.detectors.edges import Edges

_COUNTED = "count_rate"
_OF_EVENTS = ("mean", "p50", "p99")
"""Derivations without a point while nothing happens: what was born is told by the count beside them."""


def newborn_rows(batch: SeriesBatch, edges: Edges, earliest: int) -> npt.NDArray[np.intp]:
    """Positions of the series that were born, and tell of behaviour, not of facts.

    edges     where the series begin and end
    earliest  first row at which a trouble can begin: a series that was born before has a past of its own, and
              so has one that began within `MIN_BASELINE` rows of the first of its metric

    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((3, 600))
    >>> values[:2, :300], values[2, :550] = np.nan, np.nan
    >>> batch = SeriesBatch([{"__name__": "load", "pod": p} for p in "abc"], np.arange(600), values, [""] * 3)
    >>> newborn_rows(batch, edges_of(values), 120).tolist()
    [2]
    """
    rows = np.flatnonzero(edges.appeared & (edges.leading >= earliest)).tolist()
    names = [labels.get("__name__", "") for labels in batch.labels]
    first = _first_points(batch, edges, {names[i] for i in rows})
    rows = [i for i in rows if edges.leading[i] >= first[names[i]] + MIN_BASELINE]
    counted = {frozenset(batch.labels[i].items()) for i in rows if batch.derivation[i] == _COUNTED}
    kept = [
        i
        for i in rows
        if batch.derivation[i] not in AGES
        and (not tells_a_fact(names[i]) or tells_ill_by_presence(batch.labels[i]))
        and (batch.derivation[i] not in _OF_EVENTS or frozenset(batch.labels[i].items()) in counted)
    ]
    return np.array(kept, dtype=np.intp)


def _first_points(batch: SeriesBatch, edges: Edges, names: Collection[str]) -> dict[str, int]:
    """By metric, the row of the first point of any of its series."""
    found: dict[str, int] = {}
    for i, labels in enumerate(batch.labels):
        if (name := labels.get("__name__", "")) in names and not np.isnan(batch.values[i, edges.leading[i]]):
            found[name] = min(int(edges.leading[i]), found.get(name, len(batch.times)))
    return found
