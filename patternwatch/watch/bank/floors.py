"""The least change of a series that counts, whatever its history says."""

import numpy as np

from patternwatch.analysis.metrics.units import unit_of
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.roles import floors_by_category

ERROR_SHARE = 0.02
"""Failures count from this share of a part's requests on: fewer are in nearly every service's noise."""
LEAST_REQUESTS = 3.0
"""Requests a row."""
LEAST_LATENCY_S = 0.001
"""Nobody feels that an answer takes a millisecond more, however many times the usual of a cache that is."""
_IN_A_SECOND = {"seconds": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_FLOORS = floors_by_category()
_ERROR, _TRAFFIC, _LATENCY = (METRIC_CATEGORIES.index(name) for name in ("error", "traffic", "latency"))


def relative_floors(members: Members) -> Floats32:
    """Part of its level that a change must reach, by slot; see `roles.RULES`.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> slots, _ = members.place([{"__name__": "http_requests_total", "service": "cart"}], ["rate"])
    >>> relative_floors(members)[slots].tolist()
    [0.25]
    """
    return _FLOORS[members.category]


def absolute_floors(members: Members, level: Floats32) -> Floats32:
    """The least change in a series' own unit, by slot: of failures a share of the requests, and one a row.

    Of requests it is three a row: the median of five rows of fewer is often none at all, by chance. Of a
    latency it is a millisecond, where its unit is known.

    level  of each slot; NaN where unknown

    The requests of a part are those of its busiest metric: several often count the same ones.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> names = "http_requests_total", "http_requests_failed_total"
    >>> labels = [{"__name__": name, "service": "cart", "pod": "cart-0"} for name in names]
    >>> slots, _ = members.place(labels, ["rate", "rate"])
    >>> level = np.full(len(members), np.nan, dtype=np.float32)
    >>> level[slots] = 50.0, 0.1
    >>> absolute_floors(members, level)[slots].tolist()
    [0.10000000149011612, 1.0]
    """
    found = np.zeros(len(members), dtype=np.float32)
    slow = np.flatnonzero(members.used & (members.category == _LATENCY))
    found[slow] = _least_latencies(members)[members.family[slow]]
    counted = members.used & (members.counting > 0)
    requested = np.flatnonzero(counted & (members.category == _TRAFFIC))
    found[requested] = LEAST_REQUESTS / members.counting[requested]
    errors = np.flatnonzero(counted & (members.category == _ERROR))
    if not len(errors):
        return found
    traffic = np.flatnonzero(counted & (members.category == _TRAFFIC) & np.isfinite(level))
    requests = np.zeros(len(members.pods), dtype=np.float64)
    if len(traffic):
        pairs, of = np.unique(
            np.stack([members.pod[traffic], members.family[traffic]]), axis=1, return_inverse=True
        )
        sums = np.bincount(of.ravel(), weights=level[traffic].astype(np.float64))
        np.maximum.at(requests, pairs[0], sums)
    share = ERROR_SHARE * requests[members.pod[errors]]
    found[errors] = np.maximum(share, 1.0 / members.counting[errors]).astype(np.float32)
    return found


def _least_latencies(members: Members) -> Floats32:
    """By family number: what `LEAST_LATENCY_S` is in its unit; 0 where that is not one of time."""
    units = (unit_of(name, derivation) for name, derivation in members.families)
    return np.array([LEAST_LATENCY_S * _IN_A_SECOND.get(unit, 0.0) for unit in units], dtype=np.float32)
