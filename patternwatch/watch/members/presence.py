"""Whether a workload is there at all: no sample of any of its parts.

A series that ends is a pod that was moved, dozens a day; a workload without any part is down
(`silences.py`). Where most are silent it is the scraper's or the source's silence, not theirs. What a scraper
itself notes of a target (`up`) goes on when that is dead, and is no sample of it.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.scrape_series import SCRAPE_SERIES
from patternwatch.compiled import Flags, Integers, Ints32
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.members.absence import Absence
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.part_silences import PartSilences
from patternwatch.watch.members.silences import (
    AGAIN_ROWS,
    AGAIN_SILENT,
    FORGOTTEN_ROWS,
    NEVER,
    SILENT_ROWS,
    Silences,
)

NO_DATA_SHARE = 0.5
"""Part of all workloads whose silence in one row is the scraper's, not theirs."""
Returns: TypeAlias = dict[int, list[int]]
"""Row -> the parts that are back in it after a silence: they were restarted."""
_NOBODY = np.empty(0, dtype=np.int64)


class Presence:
    """Who was there in which row, by entity number.

    step_ms  between two rows
    """

    def __init__(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._no_data_rows = 0
        self._entities = Silences()
        self._parts = PartSilences()

    def update(self, columns: Columns, members: Members) -> Absence:
        """Take new rows and say who is gone in one of them: a crash loop's pods may be back in the next."""
        self._fit(members)
        used = np.flatnonzero((members.used & _tell_themselves(members))[: columns.slots])
        there = used[~np.isnan(columns.values[used]).all(axis=1)]
        self._skip_to(int(columns.times_ms[0]) // self._step_ms, there, members)
        returned, (gone, is_silent) = [], np.zeros((2, len(self._entities.last)), dtype=np.bool_)
        of_pod = self._entity_of_pod(members)
        for k in range(columns.rows):
            row = int(columns.times_ms[k]) // self._step_ms
            there = used[~np.isnan(columns.values[used, k])]
            pods = _numbers_in(members.pod[there], len(self._parts.last))
            returned.append(self._parts.back_in(row, pods))
            entities = _numbers_in(members.entity[there], len(self._entities.last))
            if columns.ahead < SILENT_ROWS:
                self._entities.hear(entities)
            self._row(row, entities, pods)
            gone |= self._entities.gone(row, self._together(of_pod))
            is_silent |= self._entities.missing(row)
        row = int(columns.times_ms[-1]) // self._step_ms
        if self._no_data_rows >= 2:
            text = f"most workloads have no sample for {self._no_data_rows} rows: the scraper or the source"
            return Absence(_NOBODY, _NOBODY, _NOBODY, _NOBODY, text)
        blinked = np.flatnonzero(self._parts.blinked(row))
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
            self._entities.learn(number, rows[own], apart)
        pods, pod_of = np.unique(members.pod[slots], return_inverse=True)
        returned: Returns = {}
        for pod, own in zip(pods.tolist(), _any_of(there, pod_of), strict=True):
            for row in self._parts.learn(pod, rows[own], apart).tolist():
                returned.setdefault(row, []).append(pod)
        return returned

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        self._entities.hold(entities)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {**self._entities.snapshot(), **self._parts.snapshot()}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._entities.restore(arrays)
        self._parts.restore(arrays)

    def _skip_to(self, row: int, there: Integers, members: Members) -> None:
        """Rows before this one that nobody looked at make no silence longer; those there are in these slots.

        Who is not there after so many that it may have been removed meanwhile is taken for that.
        """
        last, of_parts = self._entities.last, self._parts.last
        newest = int(last.max(initial=NEVER))
        if newest == NEVER or row - 1 <= newest:
            return
        entities, pods = last > NEVER, of_parts > NEVER
        if row - 1 - newest > FORGOTTEN_ROWS:
            entities[np.setdiff1d(np.arange(len(entities)), members.entity[there])] = False
            pods[np.setdiff1d(np.arange(len(pods)), members.pod[there])] = False
        self._entities.skip(row - 1 - newest, entities)
        self._parts.skip(row - 1 - newest, pods)

    def _row(self, row: int, entities: Integers, pods: Integers) -> None:
        expected = np.count_nonzero(row - self._entities.last <= AGAIN_ROWS)
        if len(entities) < NO_DATA_SHARE * expected:
            self._no_data_rows += 1
            # Nothing is known of this row: nobody's silence begins in it, nor becomes longer.
            self._entities.skip(1, self._entities.last > NEVER)
            self._parts.skip(1, self._parts.last > NEVER)
            return
        self._no_data_rows = 0
        self._entities.see(row, entities)
        self._parts.see(row, pods)

    def _entity_of_pod(self, members: Members) -> Integers:
        of_pod = np.zeros(len(self._parts.last), dtype=np.int64)
        of_pod[members.pod[members.used]] = members.entity[members.used]
        return of_pod

    def _together(self, of_pod: Integers) -> Integers:
        """By entity: how many of its parts gave their last samples when it did."""
        last, of_parts = self._entities.last, self._parts.last
        together = np.zeros(len(last), dtype=np.int64)
        np.add.at(together, of_pod[last[of_pod] - of_parts <= AGAIN_SILENT], 1)
        return together

    def _fit(self, members: Members) -> None:
        self._entities.fit(len(members.machines))
        self._parts.fit(len(members.pods))


def _tell_themselves(members: Members) -> Flags:
    """By slot: whether the series is a sample of what it tells of, and no note of the scraper's."""
    noted = np.array([name in SCRAPE_SERIES for name, _ in members.families], dtype=np.bool_)
    return np.asarray(~noted[members.family])


def _numbers_in(numbers: Ints32, size: int) -> Integers:
    """The different ones of many numbers below `size`, ascending, without sorting them."""
    there = np.zeros(size, dtype=np.bool_)
    there[numbers] = True
    return np.flatnonzero(there)


def _any_of(there: npt.NDArray[np.bool_], of: Integers) -> npt.NDArray[np.bool_]:
    """By group, in which rows any of its series is there, shape (groups, T)."""
    order = np.argsort(of.ravel(), kind="stable")
    starts = np.searchsorted(of.ravel()[order], np.arange(of.max(initial=-1) + 1))
    return np.logical_or.reduceat(there[order], starts, axis=0) if len(starts) else there[:0]
