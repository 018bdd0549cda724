"""The replicas of a request in columns: a cluster has thousands, and nothing happens to most of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
from patternwatch.contracts.series import Flags

Ints = npt.NDArray[np.int64]
NEVER = -1
"""In columns of rows of the window: it did not happen. The least of several rows is NEVER where one is."""


@dataclass(frozen=True, slots=True)
class TellerColumns:
    """What M scrape jobs tell of replicas, shape (M,) each; the fields of `Teller`.

    names  of the jobs
    """

    names: Sequence[str]
    series: Ints
    gone: Ints
    born: Ints
    down: Ints
    turned: Ints

    def take(self, rows: Ints) -> "TellerColumns":
        """Those at these positions, in this order."""
        columns = (self.series, self.gone, self.born, self.down, self.turned)
        return TellerColumns([self.names[i] for i in rows.tolist()], *(column[rows] for column in columns))

    def __getitem__(self, i: int) -> Teller:
        rows = (int(column[i]) for column in (self.gone, self.born, self.down, self.turned))
        return Teller(int(self.series[i]), *(None if row == NEVER else row for row in rows))


@dataclass(frozen=True)
class ReplicaTable:
    """R replicas of E entities, in order of entities and names; columns have the shape (R,).

    entities  names of the entities in this scope, in order; of some no replica is left
    scrapers  what the samples of each entity came through
    entity    whose each is, a position in `entities`
    names     of the replicas; empty where series tell of the entity as a whole
    node      a position in `nodes`, 0 where none is known
    nodes     names, in order; the first is empty
    gone      row at which each ended, NEVER while some scrape job tells of it
    born      row at which each began, NEVER where it was there before
    first     position of the first of its scrape jobs in `tellers`, shape (R + 1,)
    tellers   what scrape jobs tell, by replica and name
    """

    entities: Sequence[str]
    scrapers: Sequence[frozenset[str]]
    entity: Ints
    names: Sequence[str]
    node: Ints
    nodes: Sequence[str]
    gone: Ints
    born: Ints
    first: Ints
    tellers: TellerColumns

    def replica(self, i: int) -> Replica:
        """One of them as an object."""
        own = range(int(self.first[i]), int(self.first[i + 1]))
        told = {self.tellers.names[t]: self.tellers[t] for t in own}
        return Replica(self.names[i], self.nodes[int(self.node[i])], told)

    def groups(self, kinds: Sequence[str]) -> list[Group]:
        """The entities, in their order.

        kinds  what each is
        """
        starts = np.searchsorted(self.entity, np.arange(len(self.entities) + 1)).tolist()
        busy = set(self.entity[~self._still].tolist())
        return [
            Group(name, kinds[i], self.scrapers[i], _Replicas(self, starts[i], starts[i + 1]), i not in busy)
            for i, name in enumerate(self.entities)
        ]

    def living(self) -> dict[str, dict[str, str]]:
        """By entity, the node of each of its living replicas, as far as they are known."""
        found: dict[str, dict[str, str]] = {}
        rows = np.flatnonzero((self.node > 0) & (self.gone == NEVER))
        for i, entity, node in zip(
            rows.tolist(), self.entity[rows].tolist(), self.node[rows].tolist(), strict=True
        ):
            found.setdefault(self.entities[entity], {})[self.names[i]] = self.nodes[node]
        return found

    @property
    def turned(self) -> Ints:
        """Row at which series of each ended and as many began, as the first scrape job tells, shape (R,)."""
        if not self.names:
            return self.gone
        never = np.iinfo(np.int64).max
        rows = np.where(self.tellers.turned == NEVER, never, self.tellers.turned)
        least = np.minimum.reduceat(rows, self.first[:-1])
        return np.where(least == never, NEVER, least)

    def is_told_from_inside(self, outside: str) -> Flags:
        """Whether a scrape job tells of it whose name has not this in it, shape (R,)."""
        found = np.zeros(len(self.names), dtype=bool)
        found[self._replica_of(np.flatnonzero(self._is_inside(outside)))] = True
        return found

    def silent_since(self, outside: str) -> Ints:
        """The first row since which no scrape job tells of it but those from outside, shape (R,), or NEVER.

        Such a job's series have ended, or its scrapes fail.
        """
        t, inside = self.tellers, np.flatnonzero(self._is_inside(outside))
        ends = [np.where(t.gone[inside] == NEVER, t.turned[inside], t.gone[inside]), t.down[inside]]
        last = np.iinfo(np.int64).max
        since = np.minimum(*(np.where(rows == NEVER, last, rows) for rows in ends))
        found = np.full(len(self.names), last)
        np.minimum.at(found, self._replica_of(inside), since)
        goes_on = np.zeros(len(self.names), dtype=bool)
        goes_on[self._replica_of(inside[since == last])] = True
        return np.where(goes_on | (found == last), NEVER, found)

    def _is_inside(self, outside: str) -> Flags:
        return np.array([outside not in name for name in self.tellers.names], dtype=bool)

    def _replica_of(self, tellers: Ints) -> Ints:
        """Whose each of these scrape jobs is."""
        return np.searchsorted(self.first, tellers, side="right") - 1

    @cached_property
    def _still(self) -> Flags:
        """Of which no scrape job tells that anything ended or began, shape (R,)."""
        t = self.tellers
        moved = np.flatnonzero((t.gone != NEVER) | (t.born != NEVER) | (t.turned != NEVER))
        still = np.ones(len(self.names), dtype=bool)
        still[self._replica_of(moved)] = False
        return still


class _Replicas(Sequence[Replica]):
    """Replicas of a table that lie together, made when the first of them is asked for."""

    def __init__(self, table: ReplicaTable, start: int, stop: int) -> None:
        self._table = table
        self._rows = range(start, stop)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, i: int) -> Replica: ...

    @overload
    def __getitem__(self, i: slice) -> Sequence[Replica]: ...

    def __getitem__(self, i: int | slice) -> Replica | Sequence[Replica]:
        return self._made[i]

    @cached_property
    def _made(self) -> list[Replica]:
        return [self._table.replica(i) for i in self._rows]
