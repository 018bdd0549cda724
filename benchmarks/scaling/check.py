"""The simulation beside what was measured: makespan and median latency of each burst, and their ratio."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.scaling.events import Events
from benchmarks.scaling.measured import PARTITIONS, Burst
from benchmarks.scaling.workers import Cluster, Costs, Layout

WITHIN = 0.25
"""How far a simulated figure may be from the measured one, as a part of it."""


@dataclass(frozen=True)
class Compared:
    """One figure of a burst, simulated and measured, in seconds."""

    workers: int
    figure: str
    measured_s: float
    simulated_s: float

    @property
    def ratio(self) -> float:
        """Simulated over measured."""
        return self.simulated_s / self.measured_s

    def row(self) -> dict[str, Any]:
        """As a row of the result."""
        return {
            "workers": self.workers,
            "figure": self.figure,
            "measured_s": self.measured_s,
            "simulated_s": self.simulated_s,
            "ratio": self.ratio,
        }


def compared(costs: Costs, burst: Burst) -> list[Compared]:
    """The makespan and the median of the seconds from asking to the report."""
    layout = Layout(
        workers=burst.workers,
        partitions=PARTITIONS,
        owner=lambda topic, partition: burst.owners[topic, partition],
        cores=burst.cores,
        shared=True,
    )
    cluster = Cluster(Events(), costs, layout)
    cluster.run(burst.analyses)
    return [
        Compared(burst.workers, name, measured_s, simulated_s)
        for (name, measured_s), simulated_s in zip(
            _figures(burst.took_s).items(), _figures(cluster.took_s).values(), strict=True
        )
    ]


def _figures(took_s: Mapping[str, float]) -> dict[str, float]:
    return {"makespan": max(took_s.values()), "p50": statistics.median(took_s.values())}
