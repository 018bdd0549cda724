"""Newborn counters that their workload never counted before: it did so under other labels only.

A client library exports `http_requests_total{code="500"}` from the first error on: where the old pods have no
such series, they had no such errors. So does kube-state-metrics the reason of a failed Job. What a run tells
of its failures, the first of its name, is held against none where others told theirs. What was in another
state before, each told by a series that is there, was not in this one.
"""

from collections.abc import Iterable

from patternwatch.analysis.lifecycle.labels import tells_failures_of_run
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas
from patternwatch.contracts.present_states import PRESENT_STATES
from patternwatch.contracts.series import SeriesBatch
from patternwatch.detectors.edges import Edges


def never_counted(
    batch: SeriesBatch, edges: Edges, replicas: ToldReplicas, lone: Iterable[int]
) -> list[tuple[int, int]]:
    """The counters among newborn series without a twin, each with the eldest series of its like.

    edges     where the series begin and end
    replicas  whose each is
    lone      positions of the newborn ones

    While the eldest was there, the newborn one counted nothing.

    >>> import numpy as np
    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((2, 300))
    >>> values[1, :250] = np.nan
    >>> labels = [{"__name__": "requests_total", "job": "cart", "code": code} for code in ("200", "500")]
    >>> batch = SeriesBatch(labels, np.arange(300), values, ["rate", "rate"])
    >>> replicas = told_replicas(SubjectReader(AnalysisSettings()).read(labels))
    >>> never_counted(batch, edges_of(values), replicas, [1])
    [(1, 0)]
    """
    counts = [
        derivation == "rate" or tells_failures_of_run(labels) or labels.get("__name__", "") in PRESENT_STATES
        for labels, derivation in zip(batch.labels, batch.derivation, strict=True)
    ]
    counters = [i for i in lone if counts[i]]
    names = {batch.labels[i].get("__name__", "") for i in counters}

    def of_like(i: int) -> tuple[object, ...]:
        own = () if tells_failures_of_run(batch.labels[i]) else (replicas[i].entity,)
        return batch.labels[i].get("__name__", ""), *own

    eldest: dict[object, int] = {}
    for i, labels in enumerate(batch.labels):
        if labels.get("__name__", "") in names and counts[i]:
            key = of_like(i)
            known = eldest.get(key, i)
            eldest[key] = i if edges.leading[i] < edges.leading[known] else known
    return [(i, eldest[of_like(i)]) for i in counters]
