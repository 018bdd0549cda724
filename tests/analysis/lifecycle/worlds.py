"""Workloads whose replicas begin and end, for tests of what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from patternwatch.contracts.lives import LifeEvent
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch, Vector
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

METRICS = {
    "http_requests_errors_total": (0.5, 0.1),
    "http_request_duration_seconds": (0.1, 0.008),
    "http_requests_total": (40.0, 3.0),
    "process_cpu_seconds_total": (0.2, 0.015),
    "process_resident_memory_bytes": (2e8, 3e6),
}
"""Level and noise of each metric of a replica."""
ROW = SPLIT + 5
Hurt = dict[str, float] | None


@dataclass
class World:
    """Series that are added one by one."""

    seed: int = 0
    labels: list[dict[str, str]] = field(default_factory=list)
    values: list[Vector] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def add(self, name: str, values: Vector | float, **labels: str) -> Vector:
        """One series; its values are returned, to be changed."""
        row = np.broadcast_to(np.asarray(values, dtype=np.float64), ROWS).copy()
        self.labels.append({"__name__": name, "cluster": "shop", **labels})
        self.values.append(row)
        return row

    def replica(self, labels: dict[str, str], hurt: Hurt = None, born: int = 0, gone: int = ROWS) -> None:
        """The usual metrics of one replica, which lives from `born` until before `gone`.

        hurt  these are so many times as high from the fault or the birth on
        """
        for name, (level, noise) in METRICS.items():
            values = level + noise * self.rng.normal(size=ROWS)
            values[max(ROW, born) if born < ROW else born :] *= (hurt or {}).get(name, 1.0)
            row = self.add(name, np.maximum(values, 0.0), **labels)
            row[:born] = np.nan
            row[gone:] = np.nan

    def service(self, name: str, pods: int = 2, hurt: Hurt = None, gone: int = ROWS) -> None:
        """A service of a Deployment: its pods are alike."""
        for n in range(pods):
            self.replica(pod(name, n), hurt, gone=gone)

    def services(self, number: int = 6, pods: int = 2) -> None:
        """As many services that go on as ever."""
        for n in range(number):
            self.service(f"calm-{'abcdefghijklmnop'[n]}", pods)

    def end(self, row: int, until: int | None = None, **labels: str) -> None:
        """No points from `row` on in the series with these labels."""
        for own, values in zip(self.labels, self.values, strict=True):
            if all(own.get(name) == value for name, value in labels.items()):
                values[row:until] = np.nan

    def batch(self) -> SeriesBatch:
        return batch(self.labels, np.array(self.values))

    def report(self, shards: int = 1, split: int = SPLIT) -> Report:
        return report_of(self.batch(), shards, split)


def pod(service: str, number: int, template: str = "5d4f8c7b9", **more: str) -> dict[str, str]:
    """Labels of a pod that a Deployment made."""
    name = (
        f"{service}-{template}-x2x{'bcdfghjklmnpqrstvwxz'[number % 20]}{'bcdfghjklmnpqrstvwxz'[number // 20]}"
    )
    own = {"job": service, "service": service, "pod": name, "namespace": "shop"}
    return {**own, "instance": f"10.1.{number}.{len(template)}:8080", **more}


def kinds(report: Report) -> list[str]:
    """The kinds of all events."""
    return [e.kind for e in report.events]


def troubles(report: Report) -> Sequence[LifeEvent]:
    """The events that are trouble."""
    return [e for e in report.events if e.is_trouble]
