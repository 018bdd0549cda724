"""A generated cluster, streamed by days: quiet by construction but for the faults that are put into it.

A row of the values is a place: sixteen for each pod that may live in it, twelve for each node. Where a pod
ends and another one begins, the labels of its place change, and so does what the product takes it for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.watch.draws import Rows, stretches
from benchmarks.watch.faults import Effects, Fault, effects_of
from benchmarks.watch.labels import Labels, PodNames, node_labels
from benchmarks.watch.lives import Event, Lives, LivesOfADay
from benchmarks.watch.metrics import DAY_ROWS, NODE_METRICS, POD_METRICS
from benchmarks.watch.nodes import Nodes
from benchmarks.watch.pods import Pods
from benchmarks.watch.seasons import Seasons
from benchmarks.watch.topology import Topology, drawn

SPIKY = 0.3
"""Part of the series that now and then have a lone spike of one to four rows."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """From this row of the day on, another pod lives in this place."""

    row: int
    pod: int
    labels: list[Labels]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a generated cluster.

    first    its first row, counted from the first day on
    values   float32, shape (N, DAY_ROWS); NaN where there is no sample
    dead     booleans, shape (P, DAY_ROWS): no pod lives in this place
    renamed  which pod's series have which labels from which row of the day on, in that order
    labels   N label sets as they are at the day's begin
    events   what usual things happened
    """

    first: int
    values: Rows
    dead: npt.NDArray[np.bool_]
    renamed: list[Renamed]
    labels: list[Labels]
    events: list[Event]


class GeneratedCluster:
    """A cluster of about `series` series; the same seed gives the same one, value by value.

    >>> cluster = GeneratedCluster(500, seed=1)
    >>> day = next(cluster.days(1))
    >>> day.values.shape == (cluster.topology.series, 2880)
    True
    """

    def __init__(self, series: int, seed: int, faults: Sequence[Fault] = ()) -> None:
        self.topology: Topology = drawn(series, seed)
        self.seed = seed
        self.faults = list(faults)
        self.names = PodNames(self.topology, seed)
        self._nodes = node_labels(self.topology)
        rng = np.random.default_rng([seed, 8])
        spiky = rng.random(self.topology.series) < SPIKY
        self._spikes_a_day = np.where(spiky, rng.uniform(0.1, 1, self.topology.series), 0.01)
        limits = np.arange(self.topology.pods) * len(POD_METRICS) + len(POD_METRICS) - 1
        self._spikes_a_day[limits] = 0

    @property
    def derivations(self) -> list[str]:
        """How each of the N series is derived."""
        pods = [metric.derivation for metric in POD_METRICS] * self.topology.pods
        return pods + [metric.derivation for metric in NODE_METRICS] * self.topology.nodes

    def labels(self) -> list[Labels]:
        """The label sets of all N series as they are now; what does not change stays the same object."""
        return [labels for pod in range(self.topology.pods) for labels in self.names.of(pod)] + self._nodes

    def days(self, number: int) -> Iterator[Day]:
        """So many days from the first on."""
        of, seed = self.topology, self.seed
        seasons, lives = Seasons(of, seed), Lives(of, seed)
        pods, nodes = Pods(of, seed), Nodes(of, seed)
        for day in range(number):
            on, lived = effects_of(self.faults, of, day), lives.day(day)
            _take_away(lived, on, of)
            of_pods = pods.day(day, seasons.day(day), lived, on)
            of_nodes = nodes.day(day, of_pods)
            of_nodes[np.broadcast_to(lived.missed[of.pods :, None], of_nodes.shape)] = np.nan
            values = np.concatenate([of_pods.values.reshape(-1, DAY_ROWS), of_nodes.reshape(-1, DAY_ROWS)])
            self._spike(values, day)
            labels = self.labels()
            renamed = [Renamed(row, pod, self.names.renew(pod)) for row, pod in sorted(lived.renamed)]
            yield Day(day * DAY_ROWS, values, lived.dead, renamed, labels, lived.events)

    def _spike(self, values: Rows, day: int) -> None:
        rng = np.random.default_rng([self.seed, day, 9])
        found = stretches(rng, (len(values), DAY_ROWS), self._spikes_a_day, 0.7)
        heights = 1 + np.exp(rng.normal(0.3, 0.7, len(found[0])))
        for row, start, length, height in zip(*(array.tolist() for array in (*found, heights)), strict=True):
            values[row, start : start + min(length, 4)] *= height


def _take_away(lived: LivesOfADay, on: Effects, topology: Topology) -> None:
    """Pods of a service that a fault keeps down do not live; they start when it lets go."""
    if len(on.down) == 1:
        return
    down = (on.down > 0)[topology.service_of]
    lived.dead |= down
    lived.started[:, 1:] |= down[:, :-1] & ~down[:, 1:]
