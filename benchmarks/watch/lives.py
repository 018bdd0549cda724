"""Which pods live when: deploys, reschedules, crashes, an autoscaler, and scrapes that are missed."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.watch.metrics import DAY_ROWS, HOUR_ROWS
from benchmarks.watch.seasons import SATURDAY
from benchmarks.watch.topology import Topology

OLD = 30_000
"""Age in rows of what has always been there."""
SERVICES_A_DEPLOY = 65
"""One of so many services is deployed on a working day."""
RESCHEDULED_A_DAY = 0.1
CRASHED_A_DAY = 0.005
VERSION_CHANGES = 0.3
"""Part of the deploys after which processor time, latency and memory are not what they were."""
MISSED = 2e-4
"""Part of a target's scrapes that are missed."""
HICCUPS_A_DAY = 1 / 3
"""How often Prometheus itself misses every target for two to four rows."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something usual that happened: in which row of all, what, and to which service (-1: to all)."""

    row: int
    kind: str
    service: int


@dataclass(slots=True)
class LivesOfADay:
    """One day of pods.

    dead     booleans, shape (P, DAY_ROWS): there is no such pod
    started  the same: the first row of a pod's life, or of its container's
    renamed  row of the day and pod: from there on its place holds a pod of another name
    missed   booleans, shape (P + nodes, DAY_ROWS): no sample though it lives
    version  times the usual processor time, latency and memory of a service, shape (S, 3, DAY_ROWS)
    events   of this day, rows counted from the first day on
    """

    dead: npt.NDArray[np.bool_]
    started: npt.NDArray[np.bool_]
    missed: npt.NDArray[np.bool_]
    version: npt.NDArray[np.float32]
    renamed: list[tuple[int, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Lives:
    """Draws a day of lives after the other."""

    def __init__(self, topology: Topology, seed: int) -> None:
        self._of, self._seed = topology, seed
        self._version = np.ones((topology.services, 3), np.float32)

    def day(self, number: int) -> LivesOfADay:
        """The lives of this day; days are asked for in their order."""
        of, rng = self._of, np.random.default_rng([self._seed, number, 2])
        shape = (of.pods, DAY_ROWS)
        missed = rng.random((of.pods + of.nodes, DAY_ROWS), dtype=np.float32) < MISSED
        version = np.repeat(self._version[:, :, None], DAY_ROWS, axis=2)
        day = LivesOfADay(np.zeros(shape, bool), np.zeros(shape, bool), missed, version)
        self._deploys(day, number, rng)
        self._restarts(day, number, rng)
        self._scaled(day, number, rng)
        if rng.random() < HICCUPS_A_DAY:
            row = int(rng.integers(0, DAY_ROWS - 5))
            missed[:, row : row + int(rng.integers(2, 5))] = True
            day.events.append(Event(number * DAY_ROWS + row, "scrapes missed", -1))
        return day

    def _begin(self, day: LivesOfADay, pod: int, row: int, gap: int, is_new: bool) -> None:
        """End what lives in this place, and begin anew `gap` rows later."""
        row, back = min(row, DAY_ROWS - 1), min(row + gap, DAY_ROWS - 1)
        day.dead[pod, row:back] = True
        day.started[pod, back] = True
        if is_new:
            day.renamed.append((back, pod))

    def _deploys(self, day: LivesOfADay, number: int, rng: np.random.Generator) -> None:
        """Rolling updates by day, few of them at the weekend."""
        usual = max(1, self._of.services // SERVICES_A_DEPLOY)
        for _ in range(usual if number % 7 < SATURDAY else int(rng.random() < 0.5)):
            service, row = int(rng.integers(0, self._of.services)), int(rng.uniform(9, 17) * HOUR_ROWS)
            for k, pod in enumerate(np.flatnonzero(self._of.service_of == service).tolist()):
                self._begin(day, pod, row + k * int(rng.integers(2, 5)), int(rng.integers(0, 3)), is_new=True)
            day.events.append(Event(number * DAY_ROWS + row, "deploy", service))
            if rng.random() < VERSION_CHANGES:
                change = rng.uniform((0.85, 0.85, 0.85), (1.2, 1.15, 1.25)).astype(np.float32)
                day.version[service, :, row:] *= change[:, None]
                self._version[service] *= change

    def _restarts(self, day: LivesOfADay, number: int, rng: np.random.Generator) -> None:
        """Pods that are moved to another node get another name; a crashed container keeps its pod."""
        for kind, share in (("reschedule", RESCHEDULED_A_DAY), ("crash", CRASHED_A_DAY)):
            for pod in np.flatnonzero(rng.random(self._of.pods) < share).tolist():
                row, gap = int(rng.integers(0, DAY_ROWS - 20)), int(rng.integers(1, 4))
                self._begin(day, pod, row, gap, is_new=kind == "reschedule")
                service = int(self._of.service_of[pod])
                day.events.append(Event(number * DAY_ROWS + row, kind, service))

    def _scaled(self, day: LivesOfADay, number: int, rng: np.random.Generator) -> None:
        """The last pod of a service that scales lives from about eight in the morning to eight at night."""
        for service in np.flatnonzero(self._of.scales).tolist():
            pod = int(np.flatnonzero(self._of.service_of == service)[-1])
            up, down = (int(rng.normal(hour, 0.7) * HOUR_ROWS) for hour in (8, 20))
            day.dead[pod, :up] = day.dead[pod, down:] = True
            day.started[pod] = False
            day.started[pod, up] = True
            day.renamed = [(row, other) for row, other in day.renamed if other != pod] + [(up, pod)]
            for row in (up, down):
                day.events.append(Event(number * DAY_ROWS + row, "autoscaling", service))


def ages(started: npt.NDArray[np.bool_], last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows since the start, at most OLD: `last` is the age at the end of the day before, shape (P,).

    >>> ages(np.array([[False, True, False]]), np.array([7])).tolist()
    [[8, 0, 1]]
    """
    rows = np.arange(started.shape[1])
    since = np.maximum.accumulate(np.where(started, rows, -1), axis=1)
    return np.minimum(np.where(since >= 0, rows - since, last[:, None] + 1 + rows), OLD)
