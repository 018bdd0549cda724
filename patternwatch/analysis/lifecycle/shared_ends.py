"""Ends that have a cause in common: what is told of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patternwatch.analysis.lifecycle.replica import Group, Replica
from patternwatch.contracts.lives import LifeEventKind


@dataclass(frozen=True, slots=True)
class Shared:
    """Ends of several workloads with one cause.

    kind       `scrape_gap`, `data_begins` or `node_lost`
    name       the scraper or the node; empty where nothing names it
    row, last  the first and the last row of them
    groups     the workloads
    replicas   those that ended
    """

    kind: LifeEventKind
    name: str
    row: int
    last: int
    groups: Sequence[Group]
    replicas: Sequence[Replica]


def entities_of(shared: Iterable[Shared]) -> set[str]:
    """The workloads that these explain.

    >>> entities_of([])
    set()
    """
    return {g.entity for own in shared for g in own.groups}
