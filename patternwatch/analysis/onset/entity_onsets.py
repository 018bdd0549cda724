"""Rows at which several metrics of one entity move together: onsets that no votes and no single series tell.

Among a thousand unrelated series one service makes no peak of votes, and the series that moved farthest are
others. But chance rarely moves processor, memory, network and disk of one entity at the same row. So an
entity proposes two rows, each category by its best series: the one whose shift of the mean explains most, and
the one for which most of them vote, since trouble that was over before the alert came shifts no mean.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.onset.shifts import explained_by_shift
from patternwatch.analysis.onset.votes import votes_by_series
from patternwatch.contracts.series import Matrix, Vector

BROAD = 4
"""Metric categories of one entity from which trouble in them at one time is hardly chance.

Judgement between three and five, held against families of incidents that it was not chosen on."""
_MAX_ROWS = 6
"""Rows that entities propose in either way; each costs one evaluation."""
_APART = 1
"""Rows up to which two proposals are one."""


def rows_of_entities(
    values: Matrix,
    entities: Sequence[Entity],
    categories: Sequence[str],
    earliest: int,
    split: int,
    known: Iterable[int],
) -> list[int]:
    """Rows from `earliest` to `split` that the entities propose whose metrics move most at one row.

    values      shape (N, T); NaN is a gap
    entities    of each of N series
    categories  of each of N series
    known       rows that are proposed already: none at or beside them

    An entity needs series of at least `BROAD` categories. Ties by the entity's name.

    >>> rng, moved = np.random.default_rng(0), np.arange(300) >= 150
    >>> values = rng.normal(size=(12, 300)) + 9.0 * moved * (np.arange(12) < 4)[:, None]
    >>> entities = [Entity("cart", "service")] * 4 + [Entity(f"db-{i}", "service") for i in range(8)]
    >>> rows_of_entities(values, entities, ["cpu", "memory", "disk", "network"] * 3, 60, 240, {240})
    [150]
    """
    members: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, entity in enumerate(entities):
        members[entity.name][categories[i]].append(i)
    broad = {name: list(own.values()) for name, own in sorted(members.items()) if len(own) >= BROAD}
    if not broad:
        return []
    found: list[int] = []
    for moved in (explained_by_shift(values, earliest, split), votes_by_series(values, earliest, split)):
        proposed = (earliest + row for row in _highest(moved, broad.values()))
        found += _apart(proposed, {*known, *found})
    return found


def _highest(moved: Matrix, entities: Iterable[list[list[int]]]) -> list[int]:
    """The columns at which entities move most together, those first that do so most.

    moved     how much each series moves, by column
    entities  the series of each, by category
    """
    together: list[Vector] = [np.sum([moved[rows].max(axis=0) for rows in own], axis=0) for own in entities]
    return [int(one.argmax()) for one in sorted(together, key=lambda one: -one.max())]


def _apart(rows: Iterable[int], known: Iterable[int]) -> list[int]:
    """The first few of these rows that are no known one, and none beside one."""
    kept: list[int] = []
    for row in rows:
        if len(kept) < _MAX_ROWS and not any(abs(row - other) <= _APART for other in (*known, *kept)):
            kept.append(row)
    return kept
