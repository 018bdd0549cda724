"""Whether a workload is there at all: no sample of any of its parts.

A series that ends is a pod that was moved, dozens a day; a workload without any part is down. How long it
must be silent has a reason: Kubernetes replaces the pods of a Deployment a few at a time (maxUnavailable, by
default a quarter, rounded down), so that of several all are silent at once only in trouble, while a single
pod is silent for as long as its restart takes. A workload that is silent now and then by habit (scaled to
zero at night, scraped every few minutes) must be silent for longer than ever before but once.
Source: Kubernetes documentation, "Deployments", rolling update.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.columns import Columns
from patternwatch.watch.members import Members

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
_NEVER = -(10**9)


@dataclass(frozen=True, slots=True)
class Absence:
    """What presence says of one tick.

    gone     int64: numbers of the entities that are gone
    no_data  why nothing can be said: most are silent at once; empty where it can
    """

    gone: Integers
    no_data: str = ""


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
        self._held = np.empty(0, dtype=np.bool_)

    def update(self, columns: Columns, members: Members) -> Absence:
        """Take new rows and say who is gone at the newest of them."""
        self._fit(members)
        used = np.flatnonzero(members.used[: columns.slots])
        for k in range(columns.rows):
            row = int(columns.times_ms[k]) // self._step_ms
            there = used[~np.isnan(columns.values[used, k])]
            self._row(row, np.unique(members.entity[there]), np.unique(members.pod[there]))
        row = int(columns.times_ms[-1]) // self._step_ms
        if self._no_data_rows >= 2:
            text = f"most workloads have no sample for {self._no_data_rows} rows: the scraper or the source"
            return Absence(np.empty(0, dtype=np.int64), text)
        return Absence(np.flatnonzero(self._gone(row, members)))

    def learn(
        self, times_ms: Integers, values: npt.NDArray[np.float32], slots: Integers, members: Members
    ) -> None:
        """Take who was there in history, shape (N, T), of the N series in `slots`."""
        self._fit(members)
        rows = times_ms // self._step_ms
        entity = members.entity[slots]
        for number in np.unique(entity).tolist():
            there = rows[~np.isnan(values[entity == number]).all(axis=0)]
            if not len(there):
                continue
            self.first[number] = min(self.first[number], there[0]) if self.first[number] >= 0 else there[0]
            self.last[number] = max(self.last[number], there[-1])
            silent = np.diff(there) - 1
            self._gaps[number] = np.sort([*self._gaps[number], *silent])[-2:]
            starts = there[:-1][silent >= AGAIN_SILENT]
            self._flaps[number] += np.count_nonzero(np.diff(starts) <= AGAIN_ROWS)
        seen = np.where(np.isnan(values), _NEVER, rows).max(axis=1)
        np.maximum.at(self._pod_last, members.pod[slots], seen)

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        self._held[:] = False
        self._held[: len(entities)] = entities

    def _row(self, row: int, entities: Integers, pods: Integers) -> None:
        expected = np.count_nonzero(row - self.last <= AGAIN_ROWS)
        if len(entities) < NO_DATA_SHARE * expected:
            self._no_data_rows += 1
            known = self.last > _NEVER
            self.last[known & (row - 1 - self.last <= 0)] = row  # nobody's silence begins here
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
        lived = (self.first >= 0) & (self.last - self.first >= LIVED_ROWS)
        gone = silent >= np.maximum(needed, self._gaps[:, 0] + 1)
        again = (row - self._again <= AGAIN_ROWS // 2) & (self._flaps <= USUAL_FLAPS)
        return np.asarray(lived & (gone | again) & (silent <= FORGOTTEN_ROWS))

    def _fit(self, members: Members) -> None:
        more = len(members.machines) - len(self.last)
        if more > 0:
            for name, shape, empty in (
                ("first", (), -1),
                ("last", (), _NEVER),
                ("_fell_silent", (2,), _NEVER),
                ("_gaps", (2,), 0),
                ("_again", (), _NEVER),
                ("_flaps", (), 0),
                ("_held", (), 0),
            ):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.full((more, *shape), empty, dtype=old.dtype)]))
        pods = len(members.pods) - len(self._pod_last)
        if pods > 0:
            self._pod_last = np.concatenate([self._pod_last, np.full(pods, _NEVER)])
