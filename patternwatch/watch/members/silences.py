"""How long each workload has given no sample, and for how long it is used to: who of them is gone.

How long it must be silent has a reason: Kubernetes replaces the pods of a Deployment a few at a time
(maxUnavailable, by default a quarter, rounded down), so that of several all are silent at once only in
trouble, while a single pod is silent for as long as its restart takes. A workload that is silent now and then
by habit (scaled to zero at night, scraped every few minutes) must be silent for longer than ever before but
once. Who never gave a sample in time since the watch began is late and not gone, as the metrics of a cloud
are by minutes: history holds its samples, and no tick does.
Source: Kubernetes documentation, "Deployments", rolling update.
"""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays

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
NEVER = -(10**9)
"""The last row of who was never there."""
_EMPTY = {
    "first": -1,
    "last": NEVER,
    "_fell_silent": NEVER,
    "_gaps": 0,
    "_again": NEVER,
    "_flaps": 0,
    "_held": 0,
    "_heard": False,
}
"""What the arrays by entity hold of one that was never seen."""


class Silences:
    """Silences by entity number; rows are absolute numbers.

    first, last  the first row with a sample of it, and the newest one

    >>> silences = Silences()
    >>> silences.fit(1)
    >>> for row in range(300):
    ...     silences.see(row, np.array([0]))
    >>> silences.hear(np.array([0]))
    >>> [bool(silences.gone(row, np.array([1]))[0]) for row in (301, 302, 303)]
    [False, False, True]
    """

    def __init__(self) -> None:
        self.first = np.empty(0, dtype=np.int64)
        self.last = np.empty(0, dtype=np.int64)
        self._fell_silent = np.empty((0, 2), dtype=np.int64)
        self._gaps = np.empty((0, 2), dtype=np.int64)
        self._again = np.empty(0, dtype=np.int64)
        self._flaps = np.empty(0)
        self._held = np.empty(0, dtype=np.bool_)
        self._heard = np.empty(0, dtype=np.bool_)

    def fit(self, entities: int) -> None:
        """Have so many entities at least; new ones were never there."""
        for name, empty in _EMPTY.items():
            setattr(self, name, grown(getattr(self, name), entities, empty))

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        self._held[:] = False
        self._held[: len(entities)] = entities

    def hear(self, there: Integers) -> None:
        """These entities gave a sample in time: the rows that a tick has are the newest there are."""
        self._heard[there] = True

    def see(self, row: int, there: Integers) -> None:
        """These entities gave a sample in this row, and no other one did."""
        silent = row - 1 - self.last[there]
        self._returned(there[(silent >= 1) & (self.first[there] >= 0)], row)
        self.first[there] = np.where(self.first[there] < 0, row, self.first[there])
        self.last[there] = row
        quiet = np.flatnonzero(row - self.last == AGAIN_SILENT)
        again = quiet[row - self._fell_silent[quiet, 1] <= AGAIN_ROWS]
        self._again[again] = row
        self._flaps[again[~self._held[again]]] += 1
        self._fell_silent[quiet] = np.stack([self._fell_silent[quiet, 1], np.full(len(quiet), row)], axis=1)

    def skip(self, rows: int, which: Flags) -> None:
        """Of so many rows nothing is known: the silence of these entities becomes no longer."""
        self.last[which] += rows

    def learn(self, entity: int, rows: Integers, apart: int) -> None:
        """The rows in which an entity was there, of history whose rows are so many apart."""
        if not len(rows):
            return
        self.first[entity] = min(self.first[entity], rows[0]) if self.first[entity] >= 0 else rows[0]
        self.last[entity] = max(self.last[entity], rows[-1])
        silent = np.diff(rows) - apart
        self._gaps[entity] = np.sort([*self._gaps[entity], *silent])[-2:]
        starts = rows[:-1][silent >= AGAIN_SILENT]
        self._flaps[entity] += np.count_nonzero(np.diff(starts) <= AGAIN_ROWS)

    def gone(self, row: int, parts: Integers) -> Flags:
        """Who is gone in this row.

        parts  by entity: how many parts of it were there when its last sample came
        """
        silent = row - self.last
        needed = np.where(parts > 1, SILENT_ROWS_OF_MANY, SILENT_ROWS)
        gone = silent >= np.maximum(needed, self._gaps[:, 0] + 1)
        again = (row - self._again <= AGAIN_ROWS // 2) & (self._flaps <= USUAL_FLAPS)
        return np.asarray(self._lived & (gone | again) & (silent <= FORGOTTEN_ROWS))

    def missing(self, row: int) -> Flags:
        """Who misses more samples than a slow scrape does, and than ever before but once."""
        silent = row - self.last
        longest = np.maximum(AGAIN_SILENT, self._gaps[:, 0] + 1)
        return np.asarray(self._lived & (silent >= longest) & (silent <= SILENT_ROWS))

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {name: getattr(self, name) for name in _EMPTY}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        known = {"_heard": np.ones(len(arrays["first"]), dtype=np.bool_)}  # of an older version
        for name in _EMPTY:
            setattr(self, name, (known | arrays)[name])

    def _returned(self, entities: Integers, row: int) -> None:
        """Keep the two longest silences that ended; one that belongs to an incident is no habit."""
        kept = entities[~self._held[entities]]
        silent = row - 1 - self.last[kept]
        self._gaps[kept] = np.sort(np.column_stack([self._gaps[kept], silent]), axis=1)[:, 1:]

    @property
    def _lived(self) -> Flags:
        return np.asarray(self._heard & (self.first >= 0) & (self.last - self.first >= LIVED_ROWS))
