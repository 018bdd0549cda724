"""Nodes that were lost with all their pods, and those that were not: drained, or let go by their group."""

from collections.abc import Iterable, Sequence
from statistics import median_low

import numpy as np

from patternwatch.analysis.identity.exporters import TOLD_FROM_OUTSIDE
from patternwatch.analysis.lifecycle.replica import Group
from patternwatch.analysis.lifecycle.replica_table import NEVER, Ints, ReplicaTable
from patternwatch.analysis.lifecycle.shared_ends import Shared
from patternwatch.analysis.lifecycle.turnover import APART_ROWS, REPLACED, TOGETHER_ROWS
from patternwatch.contracts.series import Flags

_SURELY_BEFORE = 1
"""Rows by which two are apart that may have been at once: they are scraped at different times."""
_NODE_ROWS = 12
"""Rows within which a node's pods end: the kubelet and kube-state-metrics stop telling at different times."""


def lost_nodes(table: ReplicaTable, groups: Sequence[Group], earliest: int) -> list[Shared]:
    """Nodes of which every pod ended together, while other nodes go on.

    A node that is only drained keeps the pods of its DaemonSets to the last. A pod of a StatefulSet that
    comes again bears the name that it had, and ended all the same. Kubernetes takes minutes to give up a
    node: until then its pods have ended where all that is asked there is silent, the node's own too.

    table, groups  all replicas, and their entities
    earliest       first row at which a trouble can begin

    >>> from patternwatch.analysis.identity.scope import Scope
    >>> from patternwatch.analysis.lifecycle.joined_lives import joined_lives
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> table = joined_lives([], 240, Scope([], AnalysisSettings()))
    >>> lost_nodes(table, table.groups([]), 240)
    []
    """
    # Others go on to tell of a node that is lost.
    of_node = np.array([group.kind == "node" for group in groups], dtype=bool)[table.entity]
    ended = np.where(table.gone == NEVER, table.turned, table.gone)
    silent = table.silent_since(TOLD_FROM_OUTSIDE)
    is_given_up = np.isin(table.node, _silent_nodes(table, of_node, silent)) & (ended == NEVER)
    ended = np.where(is_given_up, silent, ended)
    # Of a pod that is told of from outside only, nobody can know yet.
    is_known = ~is_given_up | (silent != NEVER) | table.is_told_from_inside(TOLD_FROM_OUTSIDE)
    of_pod = is_known & (table.node > 0) & ~of_node & ((ended == NEVER) | (ended >= earliest))
    pods = np.flatnonzero(of_pod)
    number = np.bincount(table.node[pods], minlength=1)
    lost = np.bincount(table.node[pods[ended[pods] != NEVER]], minlength=len(number))
    found = []
    for node in np.flatnonzero((number > 0) & (number == lost)).tolist():
        own = pods[table.node[pods] == node]
        first, last = int(ended[own].min()), int(ended[own].max())
        members = [groups[i] for i in np.unique(table.entity[own]).tolist()]
        if len(members) > 1 and last - first <= _NODE_ROWS:
            replicas = [table.replica(i) for i in own.tolist()]
            found.append(Shared("node_lost", table.nodes[node], first, last, members, replicas))
    return found if len(found) < np.count_nonzero(number) else []


def _silent_nodes(table: ReplicaTable, of_node: Flags, silent: Ints) -> list[int]:
    """Nodes, by their position in the table, of which nothing tells any more that is asked there.

    of_node  which replicas are nodes, shape (R,)
    silent   since when each is, shape (R,)
    """
    found: dict[str, bool] = {}
    for i in np.flatnonzero(of_node & table.is_told_from_inside(TOLD_FROM_OUTSIDE)).tolist():
        name = table.entities[int(table.entity[i])]
        found[name] = found.get(name, True) and bool(silent[i] != NEVER)
    return [number for number, name in enumerate(table.nodes) if found.get(name)]


def drained_nodes(lost: Iterable[Shared], groups: Iterable[Group]) -> list[str]:
    """Those of the nodes that outlived their pods: they were drained, or all was scaled in.

    What runs on a node and tells of it (its exporter, its kubelet) falls silent with a node that is lost.
    Where it goes on after most of the pods, an autoscaler or somebody took these away first. So did whoever
    began their likes elsewhere before they ended: of a node that is lost nobody knows it before.

    groups  all entities, those to which nothing happened too

    >>> from patternwatch.analysis.lifecycle.replica import Replica, Teller
    >>> def node(gone: int | None) -> Group:
    ...     told = {"kube-state-metrics": Teller(9, None, None, None, None)}
    ...     told["node-exporter"] = Teller(400, gone, None, None, None)
    ...     return Group("n1", "node", frozenset(), [Replica("n1", "", told)])
    >>> pods = [Replica(name, "n1", {"job": Teller(9, 240, None, None, None)}) for name in "ab"]
    >>> lost = Shared("node_lost", "n1", 240, 240, [], pods)
    >>> [drained_nodes([lost], [node(gone)]) for gone in (241, 260, None)]
    [[], ['n1'], ['n1']]
    """
    ends = {
        node.name: median_low([row for r in node.replicas if (row := r.gone) is not None] or [node.last])
        for node in lost
    }
    found = [node.name for node in lost if _went_elsewhere(node)]
    for group in groups:
        if group.kind == "node" and (row := ends.get(group.entity)) is not None:
            tellers = [item for replica in group.replicas for item in replica.tellers.items()]
            own = [teller for name, teller in tellers if TOLD_FROM_OUTSIDE not in name]
            most = max(own, key=lambda teller: teller.series, default=None)
            if most is None or most.down is not None:
                continue
            if most.gone is None or most.gone > row + TOGETHER_ROWS:
                found.append(group.entity)
    return found


def _went_elsewhere(node: Shared) -> bool:
    """Whether nearly all that ended with a node had begun anew on another one before."""
    moved = 0
    for group in node.groups:
        births = [r.born for r in group.replicas if r.born is not None and r.node not in ("", node.name)]
        ends = [r.gone for r in group.replicas if r.node == node.name and r.gone is not None]
        first = min(ends, default=None)
        if first is not None:
            ahead = sum(first - APART_ROWS <= born < first - _SURELY_BEFORE for born in births)
            moved += min(ahead, len(ends))
    return moved >= REPLACED * len(node.replicas)


def released_machines(groups: Iterable[Group], released: int) -> list[str]:
    """The machines that ended, where no more of them did than their groups were told to let go.

    A group whose machine crashes goes on wanting as many as before.

    groups    all entities
    released  how many machines fewer the groups of machines should have

    >>> from patternwatch.analysis.lifecycle.replica import Replica, Teller
    >>> told = {"node-exporter": Teller(400, 250, None, None, None)}
    >>> machines = [Group(name, "node", frozenset(), [Replica(name, "", told)]) for name in ("i-1", "i-2")]
    >>> released_machines(machines, 2), released_machines(machines, 1)
    (['i-1', 'i-2'], [])
    """
    ended = [g.entity for g in groups if g.kind == "node" and all(r.gone is not None for r in g.replicas)]
    return ended if len(ended) <= released else []
