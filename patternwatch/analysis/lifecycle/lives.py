"""Scan's side of what stopped and what began: counts by workload and replica that add up over shards."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.scrape_series import SCRAPE_SERIES
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas, told_apart
from patternwatch.contracts.life_table import LifeTable, numbered
from patternwatch.contracts.series import Flags, Labels, Matrix
from patternwatch.detectors.edges import Edges

_Ints = npt.NDArray[np.int64]


def lives_of(
    labels: Sequence[Labels],
    values: Matrix,
    replicas: ToldReplicas,
    edges: Edges,
    counted: Flags,
    regular: Flags,
) -> LifeTable:
    """How many series each replica has, and when they ended or began; constant and short ones too.

    labels    N label sets
    values    shape (N, T); NaN is a gap
    replicas  that they tell of
    edges     where they begin and end
    counted   which have a point wherever they were scraped, shape (N,)
    regular   which of them come regularly, so that their ends and beginnings count, shape (N,)

    What a scraper tells of a target (`up`) counts only where it ends: it goes on while the target is down.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((2, 60))
    >>> values[0, 40:] = np.nan
    >>> labels = [{"__name__": name, "job": "cart", "instance": "a:80"} for name in ("load", "heap")]
    >>> replicas = told_replicas(SubjectReader(AnalysisSettings()).read(labels))
    >>> lives = lives_of(labels, values, replicas, edges_of(values), *np.ones((2, 2), dtype=bool))
    >>> lives.entities[0][-1], lives.series, lives.ended
    ('cart', [2], [(0, 40, 42, 1)])
    """
    of, readings = replicas.of, replicas.readings
    of_scraper = np.array([own.get("__name__") in SCRAPE_SERIES for own in labels], dtype=bool)
    there = counted & ~(np.isnan(values[:, 0]) & (edges.leading == 0))  # no point at all
    ended, began = there & regular & edges.vanished, there & regular & edges.appeared
    series = np.bincount(of[there & (~of_scraper | ended)], minlength=len(readings))
    downs = _downs(labels, values, of, of_scraper)
    kept = np.flatnonzero(series)
    if downs:
        kept = np.union1d(kept, list(downs))
    row = np.full(len(readings), -1)
    row[kept] = np.arange(len(kept))
    ends = values.shape[1] - edges.trailing[ended]
    born = began & (~of_scraper | ended)
    entities, entity = numbered(readings[i].entity for i in kept.tolist())
    scrapers, scraper = numbered(readings[i].scraper for i in kept.tolist())
    tellers, teller = numbered(readings[i].teller for i in kept.tolist())
    nodes, node = numbered(readings[i].subject.node for i in kept.tolist())
    aparts, apart = numbered(told_apart(readings[i]) for i in kept.tolist())
    is_apart = any(label for label, _ in aparts)
    return LifeTable(
        entities=[(*key.place, key.name) for key in entities],
        scrapers=scrapers,
        tellers=tellers,
        nodes=nodes,
        entity=entity,
        scraper=scraper,
        teller=teller,
        node=node,
        replica=[readings[i].subject.replica for i in kept.tolist()],
        series=series[kept].tolist(),
        ended=_counted(row[of[ended]], ends, ends + edges.usual[ended]),
        began=_counted(row[of[born]], edges.leading[born]),
        down=[(int(row[i]), at) for i, at in sorted(downs.items())],
        aparts=aparts if is_apart else [],
        apart=apart if is_apart else [],
    )


def _counted(*columns: _Ints) -> list[Any]:
    """How often each combination is there, in order: tuples that end with the number."""
    rows, numbers = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return [(*row, n) for row, n in zip(rows.tolist(), numbers.tolist(), strict=True)]


def _downs(labels: Sequence[Labels], values: Matrix, of: _Ints, of_scraper: Flags) -> dict[int, int]:
    """By replica, the row from which on its `up` is 0, where it was 1 before."""
    found: dict[int, int] = {}
    for i in np.flatnonzero(of_scraper).tolist():
        if labels[i]["__name__"] == "up":
            answered = np.flatnonzero(values[i] > 0.0)
            failed = np.flatnonzero(values[i] == 0.0)
            if len(answered) and len(failed) and failed[-1] > answered[-1]:
                found[int(of[i])] = int(failed[failed > answered[-1]][0])
    return found
