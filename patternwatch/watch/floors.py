"""The least change of a series that counts, whatever its history says."""

import numpy as np

from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.members import Members
from patternwatch.watch.roles import floors_by_category

ERROR_SHARE = 0.02
"""Failures count from this share of a part's requests on: fewer are in nearly every service's noise."""
_FLOORS = floors_by_category()
_ERROR, _TRAFFIC = METRIC_CATEGORIES.index("error"), METRIC_CATEGORIES.index("traffic")


def relative_floors(members: Members) -> Floats32:
    """Part of its level that a change must reach, by slot; see `roles.RULES`."""
    return _FLOORS[members.category]


def absolute_floors(members: Members, level: Floats32) -> Floats32:
    """The least change in a series' own unit, by slot: of failures a share of the requests, and one a row.

    level  of each slot; NaN where unknown

    The requests of a part are those of its busiest metric: several often count the same ones.
    """
    found = np.zeros(len(members), dtype=np.float32)
    counted = members.used & (members.counting > 0)
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
