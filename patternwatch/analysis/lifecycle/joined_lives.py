"""The lives of all shards put together: when each replica of each entity began and was gone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.placed_lives import NEARLY_ALL, placed_lives
from patternwatch.analysis.lifecycle.replica_table import NEVER, Ints, ReplicaTable, TellerColumns
from patternwatch.contracts.life_table import LifeTable
from patternwatch.contracts.series import Flags
from patternwatch.contracts.subject import Key

_MANY = 0.3
"""Part of its series that end, and begin under other labels, where it was only relabelled."""
_NO_ENTITIES = ("", UNLABELLED)


def joined_lives(lives: Iterable[LifeTable], late_row: int, scope: Scope) -> ReplicaTable:
    """The replicas of a request, by entity and name; the order of `lives` does not matter.

    late_row  up to which nearly all series have samples: what is news only after it may just be late
    scope     names the entities

    >>> from patternwatch.contracts.life_table import LifeRow
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> row = LifeRow(("", "", "", "cart"), "a", "cart", series=2, ended=[(250, 253, 2)])
    >>> table = joined_lives([LifeTable.of_rows([row])], 299, Scope([], AnalysisSettings()))
    >>> table.entities, table.names, table.gone.tolist(), table.replica(0).tellers["cart"].series
    (['cart'], ['a'], [250], 2)
    """
    rows = _Rows(list(lives), scope)
    order = np.lexsort((rows.teller, rows.replica, rows.entity))
    is_first = _differ(rows.entity[order]) | _differ(rows.replica[order]) | _differ(rows.teller[order])
    # What one scrape job tells of one replica may lie in several shards.
    own = np.empty(len(order), dtype=np.int64)
    own[order] = np.cumsum(is_first) - 1
    first = order[is_first]
    series = _sums(own, rows.series, len(first))
    node = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(node, own, rows.node)
    tellers = _tellers(rows, own, first, series, late_row)
    told = np.flatnonzero(series)
    return _replicas(rows, first[told], node[told], tellers.take(told))


class _Names:
    """Names as numbers in their order; the empty name is 0."""

    def __init__(self, columns: Iterable[Iterable[str]]) -> None:
        self.sorted = sorted({"", *(name for column in columns for name in column)})
        self._numbers = {name: number for number, name in enumerate(self.sorted)}

    def of(self, columns: Iterable[Iterable[str]]) -> Ints:
        return np.array([self._numbers[name] for column in columns for name in column], dtype=np.int64)


class _Rows:
    """The rows of all tables one below the other, names as numbers; events with the number of their row."""

    def __init__(self, lives: Sequence[LifeTable], scope: Scope) -> None:
        placed = placed_lives(lives, scope)
        entities, replicas, tellers = ([own[k] for own in placed] for k in range(3))
        nodes = [_nodes(table, scope) for table in lives]
        self.entities, self.replicas = _Names(entities), _Names(replicas)
        self.tellers, self.nodes = _Names(tellers), _Names(nodes)
        self.entity, self.replica = self.entities.of(entities), self.replicas.of(replicas)
        self.teller, self.node = self.tellers.of(tellers), self.nodes.of(nodes)
        self.series = np.array([n for table in lives for n in table.series], dtype=np.int64)
        self.scrapers: dict[str, set[str]] = defaultdict(set)
        for table, column in zip(lives, entities, strict=True):
            for name, scraper in set(zip(column, table.scraper, strict=True)):
                self.scrapers[name].add(table.scrapers[scraper])
        starts = np.cumsum([0, *map(len, replicas)]).tolist()
        self.ended = _events((start, table.ended) for start, table in zip(starts, lives, strict=False))
        self.began = _events((start, table.began) for start, table in zip(starts, lives, strict=False))
        self.down = _events((start, table.down) for start, table in zip(starts, lives, strict=False))


def _nodes(table: LifeTable, scope: Scope) -> list[str]:
    """What the node of each row is called; empty where none is known."""
    pairs = list(zip(table.entity, table.node, strict=True))
    names = {}
    for entity, node in set(pairs):
        tenant, cluster, *_ = table.entities[entity]
        name = table.nodes[node]
        names[entity, node] = scope.names.of(Key(tenant, cluster, "", name)) if name else ""
    return [names[pair] for pair in pairs]


def _events(parts: Iterable[tuple[int, Sequence[Sequence[int]]]]) -> list[Ints]:
    """Columns of all events: the number of the row, and what is said of it."""
    rows = [(start + row, *rest) for start, events in parts for row, *rest in events]
    return [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]


def _differ(column: Ints) -> Flags:
    """Where a sorted column has another value than before, shape (N,)."""
    return np.asarray(np.diff(column, prepend=NEVER) != 0)


def _tellers(rows: _Rows, own: Ints, first: Ints, series: Ints, late_row: int) -> TellerColumns:
    """What each scrape job tells of each replica.

    own    which of M that each row belongs to
    first  the first row of each, shape (M,)
    """
    m = len(first)
    none, never = np.zeros(m, dtype=np.int64), np.full(m, NEVER)
    ended, born, end, birth, down = none, none, never, never, never
    if rows.ended:
        is_news = rows.ended[2] <= late_row
        row, at, n = (rows.ended[k][is_news] for k in (0, 1, 3))
        ended, end = _sums(own[row], n, m), _usual(own[row], at, n, m)
    if rows.began:
        row, at, n = rows.began
        born, birth = _sums(own[row], n, m), _earliest(own[row], at, m)
    if rows.down:
        down = _earliest(own[rows.down[0]], rows.down[1], m)
    # What the target's own samples began and ended with in between is not living.
    gone = (ended > 0) & (ended >= NEARLY_ALL * series)
    turned = ~gone & (np.minimum(ended, born) >= _MANY * series)
    return TellerColumns(
        names=[rows.tellers.sorted[i] for i in rows.teller[first].tolist()],
        series=series,
        gone=np.where(gone, end, NEVER),
        born=np.where((born > 0) & (born >= NEARLY_ALL * series), birth, NEVER),
        down=down,
        turned=np.where(turned, end, NEVER),
    )


def _sums(own: Ints, n: Ints, m: int) -> Ints:
    return np.bincount(own, n, m).astype(np.int64)


def _usual(own: Ints, at: Ints, n: Ints, m: int) -> Ints:
    """The row of the window at which most of each of M ended; the first of several; NEVER without any."""
    pairs, place = np.unique(np.column_stack([own, at]), axis=0, return_inverse=True)
    numbers = np.bincount(place.ravel(), n)
    order = np.lexsort((pairs[:, 1], -numbers, pairs[:, 0]))
    best = pairs[order][_differ(pairs[order, 0])]
    found = np.full(m, NEVER)
    found[best[:, 0]] = best[:, 1]
    return found


def _earliest(own: Ints, at: Ints, m: int) -> Ints:
    """The first of the rows of each of M; NEVER without any."""
    found = np.full(m, np.iinfo(np.int64).max)
    np.minimum.at(found, own, at)
    return np.where(found == np.iinfo(np.int64).max, NEVER, found)


def _replicas(rows: _Rows, at: Ints, node: Ints, tellers: TellerColumns) -> ReplicaTable:
    """The replicas; what tells of an entity as a whole is one only where nothing tells of its parts.

    at    a row of each of M tellers, in order of replicas
    node  of each
    """
    is_first = _differ(rows.entity[at]) | _differ(rows.replica[at])
    number = np.cumsum(is_first) - 1
    entity, name = rows.entity[at[is_first]], rows.replica[at[is_first]]
    is_part = (name > 0) | (np.bincount(entity, minlength=1)[entity] == 1)
    named = np.array([own not in _NO_ENTITIES for own in rows.entities.sorted], dtype=bool)
    kept = np.flatnonzero(is_part & named[entity])
    told = np.isin(number, kept)
    starts = np.searchsorted(number[told], kept)
    left = tellers.take(np.flatnonzero(told))
    entities = [own for own in rows.entities.sorted if own not in _NO_ENTITIES]
    return ReplicaTable(
        entities=entities,
        scrapers=[frozenset(rows.scrapers[own]) for own in entities],
        entity=(np.cumsum(named) - 1)[entity[kept]],
        names=[rows.replicas.sorted[i] for i in name[kept].tolist()],
        node=_least(-node[told], starts) * -1,
        nodes=rows.nodes.sorted,
        gone=_least(left.gone, starts),
        born=_least(left.born, starts),
        first=np.append(starts, len(left.names)),
        tellers=left,
    )


def _least(column: Ints, starts: Ints) -> Ints:
    return np.minimum.reduceat(column, starts) if len(starts) else column[:0]
