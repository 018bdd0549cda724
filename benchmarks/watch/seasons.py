"""How many requests arrive, and which batches run: by hour, by day of the week, by chance."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.watch.draws import Drift, Rows
from benchmarks.watch.metrics import DAY_ROWS, HOUR_ROWS
from benchmarks.watch.topology import Topology

SURGES_A_DAY = 2
NIGHTLY_HOUR, WEEKLY_HOUR = 2.0, 3.0
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Demand:
    """One day of what is asked of the services, float32 of shape (S, DAY_ROWS).

    load    requests a second that arrive at a service
    batch   how many times its usual work a service does besides: 1, or more while a batch runs
    traded  bytes that it moves, in times of the usual
    surges  first row and length of each surge of the day
    """

    load: Rows
    batch: Rows
    traded: Rows
    surges: tuple[tuple[int, int], ...]


class Seasons:
    """Draws a day of demand after the other."""

    def __init__(self, topology: Topology, seed: int) -> None:
        self._of, self._seed = topology, seed
        self._own, self._common = Drift(0.97, 0.015), Drift(0.98, 0.006)

    def day(self, number: int) -> Demand:
        """Day 0 is a Monday."""
        of, rng = self._of, np.random.default_rng([self._seed, number, 1])
        hour: Rows = np.arange(DAY_ROWS, dtype=np.float32) / np.float32(HOUR_ROWS)
        turn = 2 * np.pi * (hour - 9 + of.phase[:, None]) / 24
        season = 1 + of.amplitude[:, None] * np.sin(turn)
        season *= 1 - of.weekend[:, None] * _weekend(number, hour)
        wander = self._own.day(rng, (of.services, DAY_ROWS)) + self._common.day(rng, (1, DAY_ROWS))
        surge, surges = _surges(rng)
        load = of.rate[:, None] * season * np.exp(wander) * (1 + surge)
        batch, traded = self._batches(number, hour, rng)
        return Demand(load.astype(np.float32), batch, traded, surges)

    def _batches(self, number: int, hour: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
        of, shape = self._of, (self._of.services, DAY_ROWS)
        batch, traded = np.ones(shape, np.float32), np.ones(shape, np.float32)
        size = np.exp(rng.normal(0, 0.1, of.services)).astype(np.float32)[:, None]
        night = (hour >= NIGHTLY_HOUR) & (hour < NIGHTLY_HOUR + 0.42 + 0.05 * np.sin(1.7 * number))
        week = (hour >= WEEKLY_HOUR) & (hour < WEEKLY_HOUR + 1.1) & (number % 7 == SUNDAY)
        runs = of.nightly[:, None] & night | of.weekly[:, None] & week
        batch *= np.where(runs, 4 * size, 1)
        traded *= np.where(runs, 6 * size, 1)
        minute = (np.arange(DAY_ROWS) % HOUR_ROWS) // 2
        batch *= np.where(of.hourly[:, None] & ((minute - of.minute[:, None]) % 60 < 2), 2, 1)
        return batch, traded


def _weekend(number: int, hour: Rows) -> Rows:
    """1 on Saturday and Sunday, with a passage of eight hours on both sides."""
    day = number % 7
    if day == SATURDAY:
        return np.minimum(hour / 8, 1)
    if day == SUNDAY:
        return np.ones_like(hour)
    if day == 0 and number:
        return np.maximum(1 - hour / 8, 0)
    return np.zeros_like(hour)


def _surges(rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], tuple[tuple[int, int], ...]]:
    """Some ten minutes to half an hour of more requests, everywhere at once."""
    more, found = np.zeros(DAY_ROWS), list[tuple[int, int]]()
    for _ in range(SURGES_A_DAY):
        start, length = int(rng.integers(0, DAY_ROWS - 100)), int(rng.integers(20, 60))
        more[start : start + length] += rng.uniform(0.08, 0.2)
        found.append((start, length))
    return more, tuple(found)
