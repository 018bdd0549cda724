"""Rows at which several metrics of one entity shift together: onsets that no votes and no single series tell.

Among a thousand unrelated series one service makes no peak of votes, and the series that moved farthest are
others. But chance rarely shifts processor, memory, network and disk of one entity at the same row. So the row
that explains best the metrics of an entity, each category by its best series, is proposed too.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from patternwatch.analysis.entities import Entity
from patternwatch.analysis.onset import explained_by_shift
from patternwatch.contracts.series import Matrix

BROAD = 4
"""Metric categories of one entity from which trouble in them at one time is hardly chance.

Judgement between three and five, held against families of incidents that it was not chosen on."""
_MAX_ENTITIES = 6
"""Entities of which each may propose a row; each costs one evaluation."""
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
    """Rows from `earliest` to `split` that the entities propose whose metrics such a shift explains best.

    values      shape (N, T); NaN is a gap
    entities    of each of N series
    categories  of each of N series
    known       rows that are proposed already: none at or beside them

    An entity needs series of at least `BROAD` categories. Ties by the entity's name.

    >>> rng, moved = np.random.default_rng(0), np.arange(300) >= 150
    >>> values = rng.normal(size=(12, 300)) + 3.0 * moved * (np.arange(12) < 4)[:, None]
    >>> entities = [Entity("cart", "service")] * 4 + [Entity(f"db-{i}", "service") for i in range(8)]
    >>> rows_of_entities(values, entities, ["cpu", "memory", "disk", "network"] * 3, 60, 240, {240})
    [150]
    """
    members: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, entity in enumerate(entities):
        members[entity.name][categories[i]].append(i)
    broad = {name: own for name, own in members.items() if len(own) >= BROAD}
    if not broad:
        return []
    explained = explained_by_shift(values, earliest, split)
    best = []
    for name, own in broad.items():
        together = np.sum([explained[rows].max(axis=0) for rows in own.values()], axis=0)
        row = int(together.argmax())
        best.append((-float(together[row]), name, earliest + row))
    found: list[int] = []
    taken = set(known)
    for _, _, row in sorted(best):
        if len(found) < _MAX_ENTITIES and not any(abs(row - other) <= _APART for other in taken):
            found.append(row)
            taken.add(row)
    return found
