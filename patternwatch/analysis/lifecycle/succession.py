"""New pods judged against the old ones of their workload: what a newborn series lacks before its birth.

A bad release is wrong from its first moment, so that a new pod's own past shows nothing. What it should be
like is known all the same: as its twins were, the series of the same metric and labels that another replica
of the workload had before. The rows before its birth are filled with one twin's values (a median of several
would lose the noise that a change is measured by). Replicas differ among each other, too: where a newborn
lies no farther outside of the twins' range than that range is wide, it is taken for one more of them, and the
twin's values are moved to its level, so that only what it does later counts (whole numbers by whole ones: no
flag stands at 0.97). So they are where it uses less: a process that just began has empty caches and heaps.
One that begins at its highest and comes down to its twins has caught up, as a new standby does: not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.labels import run_of
from patternwatch.analysis.lifecycle.never_counted import never_counted
from patternwatch.analysis.lifecycle.newborn import newborn_rows
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas
from patternwatch.analysis.lifecycle.twin_keys import TwinKeys
from patternwatch.analysis.lifecycle.twins import newborns_with_twins
from patternwatch.analysis.lifecycle.warm_up import warm_up_rows
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.present_states import PRESENT_STATES
from patternwatch.contracts.series import Matrix, SeriesBatch, Vector
from patternwatch.detectors.base import MIN_BASELINE
from patternwatch.detectors.edges import Edges

Rows = npt.NDArray[np.intp]

_FALL_COUNTS = ("availability", "health")
"""Categories in which a newborn that shows less than its twins is in trouble."""


@dataclass(frozen=True, slots=True)
class Succession:
    """The newborn series of a batch that have a twin.

    values        the batch's values, newborns filled and without their warm-up, shape (N, T); the batch's
                  own array where there is no newborn
    born          by series, the row of its birth
    predecessors  by series, the replica or Job whose values stand before it; empty where none does
    """

    values: Matrix
    born: dict[int, int] = field(default_factory=dict)
    predecessors: dict[int, str] = field(default_factory=dict)

    def with_warm_up(self, values: Matrix, rows: Rows) -> Matrix:
        """The series at these positions, shape (K, T): newborns filled, but with every point of their own.

        values  the batch's values, shape (N, T)
        """
        shown = self.values[rows]
        for k, i in enumerate(rows.tolist()):
            if (row := self.born.get(i)) is not None:
                shown[k, row:] = np.where(np.isinf(values[i, row:]), np.nan, values[i, row:])
        return shown


def succession(
    batch: SeriesBatch, edges: Edges, keys: TwinKeys, categories: Sequence[str], earliest: int
) -> Succession:
    """Fill the rows before the birth of each newborn series that has twins.

    edges     where the series begin and end
    keys      what they share with their twins
    categories
              what each measures
    earliest  first row at which a trouble can begin: a series that was born before has a past of its own

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.detectors.edges import edges_of
    >>> rng, times = np.random.default_rng(0), np.arange(300)
    >>> values = 10.0 + rng.normal(size=(2, 300))
    >>> values[0, 250:], values[1, :250] = np.nan, np.nan
    >>> values[1] += 90.0
    >>> labels = [{"__name__": "load", "pod": f"cart-{n}"} for n in range(2)]
    >>> batch = SeriesBatch(labels, times, values, ["", ""])
    >>> replicas = told_replicas(SubjectReader(AnalysisSettings()).read(labels))
    >>> keys = TwinKeys(labels, batch.derivation, replicas)
    >>> found = succession(batch, edges_of(values), keys, ["cpu", "cpu"], earliest=60)
    >>> found.born, found.predecessors, float(found.values[1, :250].mean().round())
    ({1: 250}, {1: 'cart-0'}, 10.0)
    """
    newborn = newborn_rows(batch, edges, earliest)
    if not len(newborn):
        return Succession(batch.values)
    values = batch.values.copy()
    found = Succession(values)
    for born, old in newborns_with_twins(batch, edges, keys, newborn):
        _succeed(batch, edges, keys.replicas, categories[born[0]], born, old, found)
    _fill_with_nothing(batch, edges, keys.replicas, newborn, found)
    return found


def _succeed(
    batch: SeriesBatch,
    edges: Edges,
    replicas: ToldReplicas,
    category: str,
    born: Rows,
    old: Rows,
    found: Succession,
) -> None:
    """Fill the newborns of one group."""
    falls = category in _FALL_COUNTS
    birth = int(edges.leading[born].min())
    past = batch.values[old, :birth]
    enough = (~np.isnan(past)).sum(axis=1) >= MIN_BASELINE
    old, past = old[enough], past[enough]
    if not len(old):
        return
    levels = np.nanmean(past, axis=1)
    ids = np.array([series_id(batch.labels[i], batch.derivation[i]) for i in old.tolist()])
    for i in born.tolist():
        row = int(edges.leading[i])
        warm = warm_up_rows(int((~np.isnan(batch.values[i, row:])).sum()))
        level = float(np.nanmean(batch.values[i, row + warm :]))  # two thirds of its points at least
        nearest = int(np.lexsort((ids, np.abs(levels - level)))[0])
        before = batch.values[old[nearest], :row]
        width = float(levels.max() - levels.min())
        above = levels.max() + width < level
        below = levels.min() - width > level and falls
        shift = 0.0 if above or below else level - levels[nearest]
        if above and _caught_up(batch.values[i, row:], levels.max() + width):
            continue
        is_whole = _is_whole(before) and _is_whole(batch.values[i, row:])
        found.values[i, :row] = before + (round(shift) if is_whole else shift)
        found.values[i, row : row + warm] = np.nan
        found.born[i] = row
        found.predecessors[i] = _name_of(batch, replicas, int(old[nearest]))


def _caught_up(values: Vector, usual: float) -> bool:
    """Whether a newborn began at its highest and is back at what its twins show: a standby, or a cold cache.

    values  from its birth on; NaN is a gap
    usual   the highest that its twins show

    >>> _caught_up(np.array([9.0, 6.0, 3.0, 0.0, 0.0, 0.0]), 0.0)
    True
    >>> _caught_up(np.array([0.0, 9.0, 9.0, 9.0, 0.0, 0.0]), 0.0)
    False
    """
    own = values[np.isfinite(values)]
    return bool(len(own) and own[0] >= own.max() and (own[-len(own) // 3 :] <= usual).all())


def _is_whole(values: Vector) -> bool:
    """Whether these are whole numbers, gaps aside, as flags and counts are."""
    return np.array_equal(values, np.rint(values), equal_nan=True)


def _fill_with_nothing(
    batch: SeriesBatch, edges: Edges, replicas: ToldReplicas, newborn: Rows, found: Succession
) -> None:
    """Set newborn counters without a twin to zero while their workload counted under other labels only."""
    lone = [i for i in newborn.tolist() if i not in found.born]
    for i, first in never_counted(batch, edges, replicas, lone):
        row = int(edges.leading[i])
        counted = ~np.isnan(batch.values[first, :row])
        if counted.sum() < MIN_BASELINE:
            continue
        found.values[i, :row][counted] = 0.0
        if batch.labels[i].get("__name__", "") in PRESENT_STATES:
            continue  # nothing was born: a state needs no time to warm up
        is_own = replicas[first].entity == replicas[i].entity
        found.born[i] = row
        found.predecessors[i] = _name_of(batch, replicas, first) if is_own else ""


def _name_of(batch: SeriesBatch, replicas: ToldReplicas, i: int) -> str:
    """The replica that a series tells of, or the Job."""
    subject = replicas[i].subject
    return subject.pod or run_of(batch.labels[i]) or subject.replica
