"""Whether a workload is there at all: no sample of any of its parts.

A series that ends is a pod that was moved, dozens a day; a workload without any part is down. How long it
must be silent has a reason: Kubernetes replaces the pods of a Deployment a few at a time (maxUnavailable, by
default a quarter, rounded down), so that of several all are silent at once only in trouble, while a single
pod is silent for as long as its restart takes. A workload that is silent now and then by habit (scaled to
zero at night, scraped every few minutes) must be silent for longer than ever before but once. What a scraper
itself notes of a target (`up`) goes on when that is dead, and is no sample of it.
Source: Kubernetes documentation, "Deployments", rolling update.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.scrape_series import SCRAPE_SERIES
from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.members.absence import Absence
from patternwatch.watch.members.members import Members

SILENT_ROWS, SILENT_ROWS_OF_MANY = 4, 3
"""Rows without a sample after which a workload is gone: of one part, and of several."""
AGAIN_ROWS, AGAIN_SILENT = 20, 2
"""Twice silent, for so many rows each, within so many: a crash loop."""
USUAL_FLAPS = 3
"""A workload that was twice silent more often than this is so by habit: it is scraped every few minutes."""
LIVED_ROWS = 240
"""Rows that a workload must have been there: a Job that ends after minutes is done, not gone."""
FORGOTTEN_ROWS = 960
"""Rows after which a workload that is gone was removed, and no trouble any more."""
NO_DATA_SHARE = 0.5
"""Part of all workloads whose silence in one row is the scraper's, not theirs."""
BLINKED_ROWS = 10
"""Rows after a missing sample within which a part's statistics show that it was restarted."""
Returns: TypeAlias = dict[int, list[int]]
"""Row -> the parts that are back in it after a silence: they were restarted."""
_NEVER = -(10**9)
_NOBODY = np.empty(0, dtype=np.int64)


class Presence:
    """Who was there in which row, by entity number.

    step_ms  between two rows
    """

    def __init__(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._no_data_rows = 0
        self.first = np.empty(0, dtype=np.int64)
        self.last = np.empty(0, dtype=np.int64)
        self._fell_silent = np.empty((0, 2), dtype=np.int64)
        self._gaps = np.empty((0, 2), dtype=np.int64)
        self._again = np.empty(0, dtype=np.int64)
        self._flaps = np.empty(0)
        self._pod_last = np.empty(0, dtype=np.int64)
        self._pod_back = np.empty(0, dtype=np.int64)
        self._held = np.empty(0, dtype=np.bool_)

    def update(self, columns: Columns, members: Members) -> Absence:
        """Take new rows and say who is gone in one of them: a crash loop's pods may be back in the next."""
        self._fit(members)
        used = np.flatnonzero((members.used & _tell_themselves(members))[: columns.slots])
        there = used[~np.isnan(columns.values[used]).all(axis=1)]
        self._skip_to(int(columns.times_ms[0]) // self._step_ms, there, members)
        returned, (gone, is_silent) = [], np.zeros((2, len(self.last)), dtype=np.bool_)
        for k in range(columns.rows):
            row = int(columns.times_ms[k]) // self._step_ms
            there = used[~np.isnan(columns.values[used, k])]
            pods = np.unique(members.pod[there])
            silent = row - 1 - self._pod_last[pods]
            returned.append(pods[(silent >= AGAIN_SILENT) & (silent < LIVED_ROWS)])
            self._pod_back[pods[(silent >= 1) & (silent < LIVED_ROWS)]] = row
            self._row(row, np.unique(members.entity[there]), pods)
            gone |= self._gone(row, members)
            is_silent |= self._silent(row)
        row = int(columns.times_ms[-1]) // self._step_ms
        if self._no_data_rows >= 2:
            text = f"most workloads have no sample for {self._no_data_rows} rows: the scraper or the source"
            return Absence(_NOBODY, _NOBODY, _NOBODY, _NOBODY, text)
        blinked = np.flatnonzero(row - self._pod_back <= BLINKED_ROWS)
        silent_now = np.flatnonzero(is_silent & ~gone)
        return Absence(np.flatnonzero(gone), silent_now, np.concatenate(returned), blinked)

    def learn(self, times_ms: Integers, values: Floats32, slots: Integers, members: Members) -> Returns:
        """Take who was there in history, shape (N, T), of the N series in `slots`; who returned, by row."""
        self._fit(members)
        rows = times_ms // self._step_ms
        apart = int(np.diff(rows).min()) if len(rows) > 1 else 1
        own = _tell_themselves(members)[slots]
        values, slots = values[own], slots[own]
        there = ~np.isnan(values)
        entities, entity_of = np.unique(members.entity[slots], return_inverse=True)
        there = there | (_any_of(there, entity_of).mean(axis=0) < NO_DATA_SHARE)  # the scraper's silence
        for number, own in zip(entities.tolist(), _any_of(there, entity_of), strict=True):
            self._learned(number, rows[own], apart)
        pods, pod_of = np.unique(members.pod[slots], return_inverse=True)
        returned: Returns = {}
        for pod, own in zip(pods.tolist(), _any_of(there, pod_of), strict=True):
            at = np.concatenate([self._pod_last[[pod]], rows[own]])
            silent = np.diff(at) - apart
            for row in at[1:][(silent >= AGAIN_SILENT) & (silent < LIVED_ROWS)].tolist():
                returned.setdefault(row, []).append(pod)
            self._pod_last[pod] = at[-1]
        return returned

    def _learned(self, entity: int, rows: Integers, apart: int) -> None:
        """The rows in which an entity was there, of history whose rows are so many apart."""
        if not len(rows):
            return
        self.first[entity] = min(self.first[entity], rows[0]) if self.first[entity] >= 0 else rows[0]
        self.last[entity] = max(self.last[entity], rows[-1])
        silent = np.diff(rows) - apart
        self._gaps[entity] = np.sort([*self._gaps[entity], *silent])[-2:]
        starts = rows[:-1][silent >= AGAIN_SILENT]
        self._flaps[entity] += np.count_nonzero(np.diff(starts) <= AGAIN_ROWS)

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        self._held[:] = False
        self._held[: len(entities)] = entities

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {name: getattr(self, name) for name in (*_EMPTY, *_BY_POD)}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        for name in (*_EMPTY, *_BY_POD):
            setattr(self, name, arrays[name])

    def _skip_to(self, row: int, there: Integers, members: Members) -> None:
        """Rows before this one that nobody looked at make no silence longer; those there are in these slots.

        Who is not there after so many that it may have been removed meanwhile is taken for that.
        """
        newest = int(self.last.max(initial=_NEVER))
        if newest == _NEVER or row - 1 <= newest:
            return
        entities, pods = self.last > _NEVER, self._pod_last > _NEVER
        if row - 1 - newest > FORGOTTEN_ROWS:
            entities[np.setdiff1d(np.arange(len(entities)), members.entity[there])] = False
            pods[np.setdiff1d(np.arange(len(pods)), members.pod[there])] = False
        self.last[entities] += row - 1 - newest
        self._pod_last[pods] += row - 1 - newest

    def _row(self, row: int, entities: Integers, pods: Integers) -> None:
        expected = np.count_nonzero(row - self.last <= AGAIN_ROWS)
        if len(entities) < NO_DATA_SHARE * expected:
            self._no_data_rows += 1
            # Nothing is known of this row: nobody's silence begins in it, nor becomes longer.
            self.last[self.last > _NEVER] += 1
            self._pod_last[self._pod_last > _NEVER] += 1
            return
        self._no_data_rows = 0
        silent = row - 1 - self.last[entities]
        returned = entities[(silent >= 1) & (self.first[entities] >= 0)]
        self._returned(returned, row)
        self.first[entities] = np.where(self.first[entities] < 0, row, self.first[entities])
        self.last[entities], self._pod_last[pods] = row, row
        quiet = np.flatnonzero(row - self.last == AGAIN_SILENT)
        again = quiet[row - self._fell_silent[quiet, 1] <= AGAIN_ROWS]
        self._again[again] = row
        self._flaps[again[~self._held[again]]] += 1
        self._fell_silent[quiet] = np.stack([self._fell_silent[quiet, 1], np.full(len(quiet), row)], axis=1)

    def _returned(self, entities: Integers, row: int) -> None:
        """Keep the two longest silences that ended; one that belongs to an incident is no habit."""
        kept = entities[~self._held[entities]]
        silent = row - 1 - self.last[kept]
        self._gaps[kept] = np.sort(np.column_stack([self._gaps[kept], silent]), axis=1)[:, 1:]

    def _gone(self, row: int, members: Members) -> Flags:
        silent = row - self.last
        together = np.zeros(len(self.last), dtype=np.int64)
        of_pod = np.zeros(len(self._pod_last), dtype=np.int64)
        of_pod[members.pod[members.used]] = members.entity[members.used]
        late = self.last[of_pod] - self._pod_last <= AGAIN_SILENT
        np.add.at(together, of_pod[late], 1)
        needed = np.where(together > 1, SILENT_ROWS_OF_MANY, SILENT_ROWS)
        gone = silent >= np.maximum(needed, self._gaps[:, 0] + 1)
        again = (row - self._again <= AGAIN_ROWS // 2) & (self._flaps <= USUAL_FLAPS)
        return np.asarray(self._lived & (gone | again) & (silent <= FORGOTTEN_ROWS))

    def _silent(self, row: int) -> Flags:
        """Who misses more samples than a slow scrape does, and than ever before but once."""
        silent = row - self.last
        longest = np.maximum(AGAIN_SILENT, self._gaps[:, 0] + 1)
        return np.asarray(self._lived & (silent >= longest) & (silent <= SILENT_ROWS))

    @property
    def _lived(self) -> Flags:
        return np.asarray((self.first >= 0) & (self.last - self.first >= LIVED_ROWS))

    def _fit(self, members: Members) -> None:
        for name, empty in _EMPTY.items():
            setattr(self, name, grown(getattr(self, name), len(members.machines), empty))
        for name in _BY_POD:
            setattr(self, name, grown(getattr(self, name), len(members.pods), _NEVER))


def _tell_themselves(members: Members) -> Flags:
    """By slot: whether the series is a sample of what it tells of, and no note of the scraper's."""
    noted = np.array([name in SCRAPE_SERIES for name, _ in members.families], dtype=np.bool_)
    return np.asarray(~noted[members.family])


_EMPTY = {
    "first": -1,
    "last": _NEVER,
    "_fell_silent": _NEVER,
    "_gaps": 0,
    "_again": _NEVER,
    "_flaps": 0,
    "_held": 0,
}
"""What the arrays by entity hold of one that was never seen."""

_BY_POD = ("_pod_last", "_pod_back")


def _any_of(there: npt.NDArray[np.bool_], of: Integers) -> npt.NDArray[np.bool_]:
    """By group, in which rows any of its series is there, shape (groups, T)."""
    order = np.argsort(of.ravel(), kind="stable")
    starts = np.searchsorted(of.ravel()[order], np.arange(of.max(initial=-1) + 1))
    return np.logical_or.reduceat(there[order], starts, axis=0) if len(starts) else there[:0]
