"""Ways to rank services and series of an incident: the product's own, and simple ones to compare it with.

All of them are given the same rows: those of the window that the product judges.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import Case, judge, raw_series_key
from benchmarks.peers import Peer
from benchmarks.simple_rca import services_by_alarms, severities
from patternwatch.analysis.identity.subject_reader import subject_reader
from patternwatch.analysis.metrics.categories import CategoryTable
from patternwatch.contracts.series import Matrix
from patternwatch.detectors import KS
from patternwatch.detectors.quantiles import quantile, sorted_rows

Vector: TypeAlias = npt.NDArray[np.float64]
Score: TypeAlias = Callable[[Matrix, int], Vector]
"""From N series and the split row to a score of each, (N, T) to (N,)."""


@dataclass(frozen=True)
class Ranking:
    """What one method says: services and series, the likeliest first, and how long it took if it knows."""

    services: list[str]
    series: list[str]
    ms: float | None = None


Method: TypeAlias = Callable[[Case], Ranking]


def by_product(case: Case) -> Ranking:
    """The entities and findings of the report."""
    judged = judge(case)
    services = [entity.entity for entity in judged.report.entities]
    return Ranking(services, _once(raw_series_key(f.labels) for f in judged.report.findings), judged.ms)


def by_score(score: Score) -> Method:
    """The ranking by a score of single series; a service counts as its strongest one."""

    def rank(case: Case) -> Ranking:
        with np.errstate(all="ignore"):
            scores = np.nan_to_num(score(case.batch.values, case.window.split_row), nan=0.0)
        return _in_order(case, np.argsort(-scores, kind="stable").tolist())

    return rank


def by_baro(peer: Peer) -> Method:
    """BARO's ranking of series; a service counts as its strongest one."""

    def rank(case: Case) -> Ranking:
        answer = peer.ask(split=case.window.split_row, values=case.batch.values)
        return _in_order(case, answer["ranks"], answer["ms"])

    return rank


def by_simple_rca(case: Case) -> Ranking:
    """SimpleRCA's ranking: the service with most series that alarm first."""
    table = CategoryTable()
    labels = case.batch.labels
    categories = [table.category_of(own, d) for own, d in zip(labels, case.batch.derivation, strict=True)]
    severity = severities(case.batch.values, case.window.split_row, categories)
    reader = subject_reader(case.settings)
    services = [reader.of(own).name for own in labels]
    series = _in_order(case, np.argsort(-severity, kind="stable").tolist()).series
    return Ranking(services_by_alarms(services, severity), series)


def _in_order(case: Case, rows: Sequence[int], ms: float | None = None) -> Ranking:
    labels = [case.batch.labels[i] for i in rows]
    reader = subject_reader(case.settings)
    services = _once(reader.of(own).name for own in labels)
    return Ranking(services, _once(raw_series_key(own) for own in labels), ms)


def _once(ranked: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ranked))


def n_sigma(values: Matrix, split: int) -> Vector:
    """Largest distance from the baseline's mean, in standard deviations of the baseline."""
    before, after = values[:, :split], values[:, split:]
    mean = _mean(before)
    return _over(_farthest(after, mean), np.sqrt(_mean((before - mean[:, None]) ** 2)))


def robust_z(values: Matrix, split: int) -> Vector:
    """Largest distance from the baseline's median, in interquartile ranges of the baseline."""
    ordered, counts = sorted_rows(values[:, :split])
    low, median, high = (quantile(ordered, counts, q) for q in (0.25, 0.5, 0.75))
    return _over(_farthest(values[:, split:], median), high - low)


def _mean(values: Matrix) -> Vector:
    return np.asarray(np.nansum(values, axis=1) / np.maximum((~np.isnan(values)).sum(axis=1), 1))


def _farthest(values: Matrix, centre: Vector) -> Vector:
    return np.asarray(np.fmax.reduce(np.abs(values - centre[:, None]), axis=1))


def _over(distance: Vector, scale: Vector) -> Vector:
    """Series without any spread score 0, as is usual for these methods."""
    return np.asarray(np.where(scale > 0, distance / scale, 0.0))


METHODS: dict[str, Method] = {
    "ours": by_product,
    "ks": by_score(lambda values, split: KS(values, split).score),
    "n-sigma": by_score(n_sigma),
    "robust z": by_score(robust_z),
    "simple rca": by_simple_rca,
}
