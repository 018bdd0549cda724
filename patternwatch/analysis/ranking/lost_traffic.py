"""Entities that lost all their traffic: nobody's requests reach them any more, and they idle.

A route that is lost, a name that resolves no more, a load balancer that has forgotten a backend: nothing
fails where nobody asks. What such a service tells is that its requests ended, all of them in all of its
replicas, and that it has nothing to do. One replica, or one route, that gets nothing is no such case: others
have its share; nor is a cluster whose requests another one has. Where something else fails, slows down or is
gone, that keeps the requests away.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from patternwatch.analysis.entities.call_graph import CallGraph
from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Flags, Matrix, Vector
from patternwatch.contracts.subject import Subject

_ASKED = re.compile(r"request|http|grpc|rpc|calls|quer(y|ies)")
"""Names of what others ask for: a batch job's own steps may end, as it may."""
_NOTHING = 0.02
"""Part of what was usual up to which traffic is none: health checks go on."""
_STEADY = 0.2
"""Part of the usual that the lowest point of the baseline has at least: what pauses now and then may."""
_IDLE = 0.5
"""Part of what was used up to which an entity idles; judgement, as the others are."""
_ELSEWHERE = 0.5
"""Part of what was lost that others of the same metric have more from then on: it went there."""
_FAILS = 2.0
"""Score of trouble elsewhere from which that comes first: half of what names a cause."""
_USED = ("cpu", "network")
_TROUBLE = ("error", "availability", "health", "latency")

Replicas = Mapping[tuple[str, str], int]
"""By the name of an entity and a family (metric and derivation), how many replicas tell of it; else 1."""


def without_traffic(
    series: Candidates, row: int, moved: DeviationStats, scores: Vector, replicas: Replicas
) -> Flags:
    """Which candidates tell of traffic that their entity lost from the row on, and of no other's trouble.

    moved     how far each moved from there on
    scores    of each, shape (N,)
    replicas  of their entities

    >>> from patternwatch.analysis.identity.scope import Scope
    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> from patternwatch.analysis.ranking.request_candidates import candidates_in_columns
    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> from patternwatch.contracts.series import Window
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> none = candidates_in_columns([], window, Scope([], AnalysisSettings()), EventSeries.none(300))
    >>> without_traffic(none, 240, deviation_stats(none.values, 240), np.zeros(0), {}).tolist()
    []
    """
    told = series.categories, series.entities
    lost = lost_traffic(series.values, row, moved, *told, series.families, series.subjects, replicas)
    if not lost.any() or not is_alone(lost, *told, scores):
        return np.zeros(len(lost), dtype=bool)
    return first_that_lost(lost, series.entities, series.calls)


def lost_traffic(
    values: Matrix,
    row: int,
    moved: DeviationStats,
    categories: Sequence[str],
    entities: Sequence[Entity],
    families: Sequence[str],
    subjects: Sequence[Subject],
    replicas: Replicas,
) -> Flags:
    """Which of N series tell of traffic that their entity lost with all the rest of it, shape (N,).

    values      the candidates, shape (N, T); NaN is a gap
    row         first row of the current part
    moved       how far each moved from there on
    categories  N metric categories
    entities    the entity of each
    families    metric and derivation of each
    subjects    the part of its entity that each tells of

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> values = np.array([[40.0, 42.0, 41.0, 0.0, 0.0], [0.2, 0.2, 0.2, 0.01, 0.01]])
    >>> told = ["traffic", "cpu"], [Entity("cart", "service")] * 2, ["requests|rate", "cpu|rate"]
    >>> parts, moves = [Subject(name="cart", instance="cart:80")] * 2, deviation_stats(values, 3)
    >>> lost_traffic(values, 3, moves, *told, parts, {}).tolist()
    [True, False]
    >>> lost_traffic(values, 3, moves, *told, parts, {("cart", "requests|rate"): 20}).tolist()
    [False, False]
    """
    left = np.where(moved.peak < moved.median, moved.median - moved.usual, np.inf)
    ended = (left <= _NOTHING * moved.median) & _was_steady(values[:, :row], moved)
    idles = left <= _IDLE * moved.median
    traffic: dict[str, list[int]] = defaultdict(list)
    used: dict[str, list[int]] = defaultdict(list)
    for i, (category, entity) in enumerate(zip(categories, entities, strict=True)):
        if category == "traffic" and _ASKED.search(in_snake_case(families[i])):
            traffic[entity.name].append(i)
        elif category in _USED:
            used[entity.name].append(i)
    found = np.zeros(len(values), dtype=bool)
    for name, own in traffic.items():
        of = used.get(name, [])
        if ended[own].all() and of and idles[of].all() and _in_all(name, own, families, subjects, replicas):
            found[own] = True
    return found & ~_elsewhere(found, moved, families)


def first_that_lost(lost: Flags, entities: Sequence[Entity], calls: CallGraph) -> Flags:
    """The same without those that a caller would have asked which has lost its traffic itself, shape (N,).

    >>> from patternwatch.analysis.entities.call_graph import call_graph
    >>> web, cart = Entity("web", "service"), Entity("cart", "service")
    >>> first_that_lost(np.array([True, True]), [web, cart], call_graph([("web", "cart")])).tolist()
    [True, False]
    """
    names = {entity.name for entity, is_lost in zip(entities, lost, strict=True) if is_lost}
    asked = {name for name in names if names.intersection(calls.callers.get(name, ())) - {name}}
    return np.asarray(lost & np.array([entity.name not in asked for entity in entities], dtype=bool))


def is_alone(lost: Flags, categories: Sequence[str], entities: Sequence[Entity], scores: Vector) -> bool:
    """Whether nothing else fails, waits or is gone.

    scores  of N series, shape (N,)

    >>> told = ["traffic", "error"], [Entity("cart", "service"), Entity("web", "service")]
    >>> lost = np.array([True, False])
    >>> is_alone(lost, *told, np.array([1.3, 4.6])), is_alone(lost, *told, np.array([1.3, 0.5]))
    (False, True)
    """
    names = {entity.name for entity, is_lost in zip(entities, lost, strict=True) if is_lost}
    trouble = (
        score
        for score, category, entity in zip(scores.tolist(), categories, entities, strict=True)
        if category in _TROUBLE and entity.name not in names
    )
    return max(trouble, default=0.0) < _FAILS


def _was_steady(baseline: Matrix, moved: DeviationStats) -> Flags:
    lowest: Vector = np.fmin.reduce(baseline, axis=1, initial=np.inf)
    return np.asarray((moved.median > 0.0) & (lowest >= _STEADY * moved.median), dtype=bool)


def _in_all(
    name: str, own: Iterable[int], families: Sequence[str], subjects: Sequence[Subject], replicas: Replicas
) -> bool:
    """Whether all replicas that tell of this traffic lost it."""
    told: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for i in own:
        told[families[i]].add((subjects[i].pod, subjects[i].instance))
    return all(len(parts) >= replicas.get((name, family), 1) for family, parts in told.items())


def _elsewhere(lost: Flags, moved: DeviationStats, families: Sequence[str]) -> Flags:
    """Which of the lost others of their metric have from then on."""
    gone: dict[str, float] = defaultdict(float)
    more: dict[str, float] = defaultdict(float)
    for i, family in enumerate(families):
        if lost[i]:
            gone[family] += float(moved.usual[i])
        elif moved.peak[i] > moved.median[i]:
            more[family] += float(moved.usual[i])
    return np.array([more[family] >= _ELSEWHERE * gone[family] > 0.0 for family in families], dtype=bool)
