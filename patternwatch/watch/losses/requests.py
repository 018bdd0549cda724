"""How many requests each workload gets in a row, all its parts together, and how many of them fail."""

import numpy as np

from patternwatch.compiled import Integers, Ints32
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.members.label_reader import REFUSED, SERVED
from patternwatch.watch.members.members import Members

_TRAFFIC, _ERROR = METRIC_CATEGORIES.index("traffic"), METRIC_CATEGORIES.index("error")


def requests_of(values: Floats32, slots: Integers, members: Members) -> tuple[Floats32, Floats32]:
    """Requests in each row, and those that failed: float32, shape (entities, T) each, NaN where unknown.

    values  shape (N, T), of the N series in `slots`

    Series of one metric add up; of several metrics the largest counts, since they often count the same ones.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "http_requests_total", "service": "cart", "pod": pod} for pod in "ab"]
    >>> slots, _ = members.place(labels, ["rate", "rate"])
    >>> asked, failed = requests_of(np.float32([[1, 2], [np.nan, 4]]), slots, members)
    >>> asked.tolist(), failed.tolist()
    ([[30.0, 180.0]], [[nan, nan]])
    """
    return requests_by(members.entity[slots], len(members.machines), values, slots, members)


def requests_by(
    owner: Integers | Ints32, owners: int, values: Floats32, slots: Integers, members: Members
) -> tuple[Floats32, Floats32]:
    """The same by any number that each of the N series has, such as its part's: shape (owners, T) each.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "http_requests_total", "service": "cart", "pod": pod} for pod in "ab"]
    >>> slots, _ = members.place(labels, ["rate", "rate"])
    >>> requests_by(np.array([1, 0]), 2, np.float32([[1], [4]]), slots, members)[0].tolist()
    [[120.0], [30.0]]
    """
    asked, failed = (
        _totals(owner, owners, values, slots, members, category) for category in (_TRAFFIC, _ERROR)
    )
    return asked, failed


def ended_requests(
    values: Floats32, slots: Integers, members: Members, entities: Integers
) -> tuple[Floats32, Floats32]:
    """Requests of these entities that were refused, and that were served, in each row: float32, shape (K, T).

    values  shape (N, T), of the N series in `slots`

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "requests_total", "service": "web", "code": code} for code in ("200", "429")]
    >>> slots, _ = members.place(labels, ["rate", "rate"])
    >>> refused, served = ended_requests(np.float32([[1], [2]]), slots, members, np.array([0]))
    >>> refused.tolist(), served.tolist()
    ([[60.0]], [[30.0]])
    """
    mine = np.flatnonzero((members.ended[slots] > 0) & np.isin(members.entity[slots], entities))
    refused = mine[members.ended[slots[mine]] == REFUSED]
    served = mine[members.ended[slots[mine]] == SERVED]
    of, number = members.entity[slots], len(members.machines)
    each = (
        _totals(of[rows], number, values[rows], slots[rows], members, _TRAFFIC)[entities]
        for rows in (refused, served)
    )
    return next(each), next(each)


def _totals(
    owner: Integers | Ints32, owners: int, values: Floats32, slots: Integers, members: Members, category: int
) -> Floats32:
    found = np.full((owners, values.shape[1]), np.nan, dtype=np.float32)
    counts = members.used[slots] & (members.category[slots] == category) & (members.counting[slots] > 0)
    rows = np.flatnonzero(counts)
    if not len(rows):
        return found
    own = slots[rows]
    rows = rows[np.lexsort((members.family[own], owner[rows]))]
    own = slots[rows]
    entity, family = owner[rows], members.family[own]
    events = values[rows] * members.counting[own][:, None]
    begins = np.flatnonzero((np.diff(entity, prepend=-1) != 0) | (np.diff(family, prepend=-1) != 0))
    there = np.logical_or.reduceat(~np.isnan(events), begins, axis=0)
    sums = np.where(there, np.add.reduceat(np.nan_to_num(events), begins, axis=0), np.nan)
    of = np.flatnonzero(np.diff(entity[begins], prepend=-1))
    found[entity[begins][of]] = np.fmax.reduceat(sums, of, axis=0)
    return found
