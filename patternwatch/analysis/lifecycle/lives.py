"""Scan's side of what stopped and what began: counts by workload and replica that add up over shards."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.labels import SCRAPE_SERIES
from patternwatch.analysis.lifecycle.owners import Owner, Owners, Workload
from patternwatch.contracts.lives import EntityKey, ReplicaLives, WorkloadLives
from patternwatch.contracts.series import Flags, Labels, Matrix
from patternwatch.contracts.subject import Key
from patternwatch.detectors.edges import Edges

Rows = npt.NDArray[np.int64]


def lives_of(
    labels: Sequence[Labels], values: Matrix, owners: Owners, edges: Edges, counted: Flags, regular: Flags
) -> list[WorkloadLives]:
    """How many series each replica has, and when they ended or began; constant and short ones too.

    labels   N label sets
    values   shape (N, T); NaN is a gap
    owners   whose they are
    edges    where they begin and end
    counted  which have a point wherever they were scraped, shape (N,)
    regular  which of them come regularly, so that their ends and beginnings count, shape (N,)

    What a scraper tells of a target (`up`) counts only where it ends: it goes on while the target is down.

    >>> from patternwatch.analysis.identity.subject import subject_of
    >>> from patternwatch.analysis.lifecycle.owners import owners_of
    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((2, 60))
    >>> values[0, 40:] = np.nan
    >>> labels = [{"__name__": name, "job": "cart", "instance": "a:80"} for name in ("load", "heap")]
    >>> owners = owners_of(labels, [subject_of(own) for own in labels])
    >>> [life] = lives_of(labels, values, owners, edges_of(values), *np.ones((2, 2), dtype=bool))
    >>> life.entity[-1], life.replicas[0].series, life.replicas[0].ended
    ('cart', 2, [(40, 42, 1)])
    """
    rows = values.shape[1]
    of_scraper = np.array([own.get("__name__") in SCRAPE_SERIES for own in labels], dtype=bool)
    there = counted & ~np.isnan(values).all(axis=1)
    ended, began = there & regular & edges.vanished, there & regular & edges.appeared
    series = np.bincount(owners.of[there & (~of_scraper | ended)], minlength=len(owners.owners))
    ends: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
    for i in np.flatnonzero(ended).tolist():
        end = rows - int(edges.trailing[i])
        ends[owners.of[i]][end, end + int(edges.usual[i])] += 1
    begins: dict[int, Counter[int]] = defaultdict(Counter)
    for i in np.flatnonzero(began & (~of_scraper | ended)).tolist():
        begins[owners.of[i]][int(edges.leading[i])] += 1
    downs = _downs(labels, values, owners, of_scraper)
    members: dict[Workload, list[ReplicaLives]] = defaultdict(list)
    for code in sorted(range(len(owners.owners)), key=lambda code: _key(owners.owners[code])):
        owner = owners.owners[code]
        if series[code] or code in downs:
            members[owner.workload].append(
                ReplicaLives(
                    replica=owner.replica,
                    teller=owner.teller,
                    node=owner.node,
                    series=int(series[code]),
                    ended=[(end, due, n) for (end, due), n in sorted(ends[code].items())],
                    began=sorted(begins[code].items()),
                    down=downs.get(code),
                )
            )
    return [
        WorkloadLives(entity=_tuple(w.entity), scraper=w.scraper, replicas=replicas)
        for w, replicas in members.items()
    ]


def _tuple(key: Key) -> EntityKey:
    return key.tenant, key.cluster, key.namespace, key.name


def _key(owner: Owner) -> tuple[str, ...]:
    w = owner.workload
    return *_tuple(w.entity), w.scraper, owner.replica, owner.teller, owner.node


def _downs(labels: Sequence[Labels], values: Matrix, owners: Owners, of_scraper: Flags) -> dict[int, int]:
    """By owner, the row from which on its `up` is 0, where it was 1 before."""
    found: dict[int, int] = {}
    for i in np.flatnonzero(of_scraper).tolist():
        if labels[i]["__name__"] == "up":
            answered = np.flatnonzero(values[i] > 0.0)
            failed = np.flatnonzero(values[i] == 0.0)
            if len(answered) and len(failed) and failed[-1] > answered[-1]:
                found[owners.of[i]] = int(failed[failed > answered[-1]][0])
    return found
