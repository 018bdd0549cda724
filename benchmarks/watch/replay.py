"""Days of a generated cluster, fed to the product tick by tick as a worker feeds it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.watch.generated import Day, GeneratedCluster
from benchmarks.watch.metrics import DAY_ROWS, NODE_METRICS, POD_METRICS, START_MS, STEP_MS
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.episodes.observation import Observation

TICK_ROWS = 2
LEARNED_DAYS = 7
"""What a watch has read of the past when it begins: the last day at the step, the others coarsely."""
COARSE_ROWS = 10
"""Rows of a coarse one, 5 minutes."""
PIECES = 4
"""A day of history is read in so many pieces."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What the product said of the rows from `row` to `row + TICK_ROWS`, counted from the first day on."""

    row: int
    observation: Observation


def coarser(batch: SeriesBatch) -> SeriesBatch:
    """As the source gives it at 5 minutes: what is derived over the whole time, of a gauge the last sample.

    >>> times = np.arange(20)
    >>> batch = SeriesBatch([{}, {}], times, np.stack([times, times]) * 1.0, ["rate", ""])
    >>> coarser(batch).values.tolist(), coarser(batch).times.tolist()
    ([[4.5, 14.5], [9.0, 19.0]], [9, 19])
    """
    groups = batch.values.reshape(len(batch), -1, COARSE_ROWS)
    there = ~np.isnan(groups)
    number = there.sum(axis=2)
    mean = np.where(there, groups, 0.0).sum(axis=2) / np.maximum(number, 1)
    newest = COARSE_ROWS - 1 - there[:, :, ::-1].argmax(axis=2)
    last = np.take_along_axis(groups, newest[:, :, None], axis=2)[:, :, 0]
    derived = np.array([bool(each) for each in batch.derivation])[:, None]
    values = np.where(number > 0, np.where(derived, mean, last), np.nan)
    return SeriesBatch(batch.labels, batch.times[COARSE_ROWS - 1 :: COARSE_ROWS], values, batch.derivation)


class Replay:
    """One watched cluster: `LEARNED_DAYS` are learned, every later day is judged.

    watch  the product
    """

    def __init__(self, cluster: GeneratedCluster, watch: ClusterWatch | None = None) -> None:
        self._cluster = cluster
        self.watch = watch or ClusterWatch(AnalysisSettings(step_ms=STEP_MS), STEP_MS)
        self._derivations = cluster.derivations

    def days(self, judged: int) -> Iterator[tuple[Day, list[Tick]]]:
        """Learn, then give each judged day with its ticks."""
        for number, day in enumerate(self._cluster.days(LEARNED_DAYS + judged)):
            if number < LEARNED_DAYS:
                self.learn(day, is_coarse=number < LEARNED_DAYS - 1)
            else:
                yield day, list(self.judge(day))

    def learn(self, day: Day, *, is_coarse: bool) -> None:
        """Hand a day over as history."""
        for batch, _ in self._batches(day, DAY_ROWS // PIECES):
            self.watch.learn(coarser(batch) if is_coarse else batch)

    def judge(self, day: Day) -> Iterator[Tick]:
        """Hand a day over tick by tick."""
        for batch, row in self._batches(day, TICK_ROWS):
            yield Tick(day.first + row, self.watch.observe(batch, int(batch.times[-1])))

    def _batches(self, day: Day, rows: int) -> Iterator[tuple[SeriesBatch, int]]:
        """Batches of so many rows; of a place without a pod there are no series."""
        of, renamed = self._cluster.topology, list(day.renamed)
        of_pods, last = of.pods * len(POD_METRICS), of.pods * len(POD_METRICS) + of.nodes * len(NODE_METRICS)
        names, there = list(day.labels), np.zeros(0, dtype=bool)
        labels, derivations, index = list[dict[str, str]](), list[str](), np.empty(0, np.intp)
        for row in range(0, DAY_ROWS, rows):
            alive = np.atleast_1d(~day.dead[:, row : row + rows].all(axis=1))
            is_new = not np.array_equal(alive, there)
            while renamed and renamed[0].row < row + rows:
                first = renamed[0].pod * len(POD_METRICS)
                names[first : first + len(POD_METRICS)] = renamed.pop(0).labels
                is_new = True
            if is_new:
                there = alive
                places = np.flatnonzero(np.repeat(alive, len(POD_METRICS)))
                index = np.concatenate([places, np.arange(of_pods, last)])
                labels = [names[i] for i in index]
                derivations = [self._derivations[i] for i in index]
            times = START_MS + STEP_MS * np.arange(day.first + row, day.first + row + rows, dtype=np.int64)
            values = day.values[index, row : row + rows].astype(np.float64)
            yield SeriesBatch(labels, times, values, derivations), row
