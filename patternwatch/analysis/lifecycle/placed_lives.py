"""Whose replicas a scan's lives are, by what all shards know: of owners, and of what programs tell of."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.identity.label_names import TAGS
from patternwatch.analysis.identity.scope import Scope
from patternwatch.contracts.life_table import LifeTable
from patternwatch.contracts.subject import Key, Subject

NEARLY_ALL = 0.8
"""Part of its series that end or begin where a replica does: what tells of it may hold a few; judgement."""
_NODE = "node"
_Program: TypeAlias = tuple[Key, str]
"""A program as its labels name it, and its replica."""


def placed_lives(lives: Sequence[LifeTable], scope: Scope) -> list[tuple[list[str], list[str], list[str]]]:
    """What the entity, the replica and the scrape job of each row of each table are called.

    lives  of all shards of a request: whether a program is silent shows in all of its series
    scope  names the entities

    >>> from patternwatch.contracts.life_table import LifeRow
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> table = LifeTable.of_rows([LifeRow(("", "", "", "cart"), "cart-0", "cart", series=2)])
    >>> placed_lives([table], Scope([], AnalysisSettings()))
    [(['cart'], ['cart-0'], ['cart'])]
    """
    silent = _silent(lives)
    placed = [_placed(table, scope, silent) for table in lives]
    tellers = [[table.tellers[i] for i in table.teller] for table in lives]
    told = [(*own, jobs) for own, jobs in zip(placed, tellers, strict=True)]
    _as_nodes(told, scope)
    return told


def replica_of(subject: Subject, entity: Entity) -> str:
    """The replica that a series tells of; a node is none of itself, whatever runs there and bears its name.

    >>> from patternwatch.analysis.entities.entities import Entity
    >>> database = Subject("server", "instance", "db-2", instance="db-2:9187")
    >>> [replica_of(database, Entity("db-2", "instance", kind)) for kind in ("node", "server")]
    ['', 'db-2:9187']
    """
    return "" if entity.kind == _NODE else subject.replica


def _as_nodes(told: Sequence[tuple[list[str], list[str], list[str]]], scope: Scope) -> None:
    """Make what runs on a node and bears its name one more job that tells of the node: see `replica_of`."""
    of_job: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = []
    for number, (entities, replicas, jobs) in enumerate(told):
        for row, (entity, replica, job) in enumerate(zip(entities, replicas, jobs, strict=True)):
            if replica and scope.kind_of(entity) == _NODE:
                of_job[entity, job].add(replica)
                rows.append((number, row))
    for number, row in rows:
        entities, replicas, jobs = told[number]
        if len(of_job[entities[row], jobs[row]]) > 1:
            jobs[row] = f"{jobs[row]} {replicas[row]}"
        replicas[row] = ""


def _placed(table: LifeTable, scope: Scope, silent: set[_Program]) -> tuple[list[str], list[str]]:
    keys = [Key(*entity) for entity in table.entities]
    names = ["" if scope.may_be_owned(key) else scope.names.of(key) for key in keys]
    entities = [
        names[i] or scope.name_of_replica(keys[i], replica)
        for i, replica in zip(table.entity, table.replica, strict=True)
    ]
    replicas = list(table.replica)
    for row, apart in enumerate(table.apart):
        key = keys[table.entity[row]]
        target = scope.target_of(key, table.aparts[apart])
        if target and table.aparts[apart][0] in TAGS:
            entities[row] = target  # a program itself, with its replicas
        elif target and (key, replicas[row]) not in silent:
            entities[row], replicas[row] = target, ""
    for row, (entity, teller) in enumerate(zip(table.entity, table.teller, strict=True)):
        if replicas[row] and (host := scope.host_scraped(keys[entity], table.tellers[teller], replicas[row])):
            entities[row], replicas[row] = host, ""
    return entities, replicas


def _silent(lives: Sequence[LifeTable]) -> set[_Program]:
    """Programs of which nearly all began or ended that they tell of others: it is they who did, not these."""
    numbers: dict[_Program, list[int]] = defaultdict(lambda: [0, 0, 0])
    for table in lives:
        keys = [Key(*entity) for entity in table.entities]
        is_apart = [bool(table.aparts[apart][0]) for apart in table.apart]
        for row in np.flatnonzero(is_apart).tolist():
            numbers[keys[table.entity[row]], table.replica[row]][0] += table.series[row]
        for column, events in ((1, table.ended), (2, table.began)):
            for row, *_, n in events:
                if table.apart and is_apart[row]:
                    numbers[keys[table.entity[row]], table.replica[row]][column] += n
    return {own for own, (all_, *moved) in numbers.items() if max(moved) >= NEARLY_ALL * max(all_, 1)}
