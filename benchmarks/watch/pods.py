"""One day of the sixteen series of every pod, from the demand, the lives and the effects of faults."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.watch.draws import Backlog, Drift, Rows, counts, heavy, marked, normal, stretches
from benchmarks.watch.faults import Effects
from benchmarks.watch.lives import OLD, LivesOfADay, ages
from benchmarks.watch.metrics import DAY_ROWS, POD_METRICS, STEP_MS
from benchmarks.watch.seasons import Demand
from benchmarks.watch.topology import Topology

STEP_S = STEP_MS / 1000
WARM_ROWS = 4.0
"""A started process needs more of everything, less by a factor e each so many rows."""
ERROR_BURSTS_A_DAY = 0.5
MB = 1e6


@dataclass(frozen=True, slots=True)
class PodDay:
    """Values of shape (P, metrics, DAY_ROWS), and what the nodes bear: cores, bytes, disk seconds by pod."""

    values: Rows
    cores: Rows
    traffic: Rows
    disk: Rows


@dataclass(frozen=True, slots=True)
class _Work:
    """What pods do in a day; (P, DAY_ROWS) each. `busy`: requests over the usual; `used`: of the limit."""

    requests: Rows
    busy: Rows
    cpu: Rows
    used: Rows
    warm: Rows
    batch: Rows
    traded: Rows
    version: Rows
    on: Effects


class Pods:
    """Draws the pods' days, one after the other."""

    def __init__(self, topology: Topology, seed: int) -> None:
        self._of, self._seed = topology, seed
        rng = np.random.default_rng([seed, 4])
        self._age = np.full(topology.pods, OLD)
        self._heap_phase = rng.random((topology.pods, 1))
        mine = topology.service_of
        self._slow = Drift(topology.memory[:, None], topology.noise[:, None] * 0.5)
        self._wander = {
            "cpu": Drift(0.8, 0.05),
            "memory": Drift(0.997, 0.0005),
            "goroutines": Drift(0.95, 0.6),
            "files": Drift(0.9, 0.4),
            "calls": Drift(0.7, 0.1),
        }
        self._queue = Backlog()
        self._usual = (topology.rate / topology.replicas)[mine].astype(np.float32)[:, None]
        self._limit = topology.limit[mine].astype(np.float32)[:, None]

    def day(self, number: int, demand: Demand, lives: LivesOfADay, on: Effects) -> PodDay:
        """The next day; `lives` already tell what faults take away."""
        of, mine = self._of, self._of.service_of
        rng = np.random.default_rng([self._seed, number, 5])
        age = ages(lives.started, self._age)
        self._age = age[:, -1]
        warm: Rows = np.exp(age.astype(np.float32) / np.float32(-WARM_ROWS))
        alive = np.zeros((of.services, DAY_ROWS), np.float32)
        np.add.at(alive, mine, ~lives.dead)
        arriving = np.asarray(demand.load * on.traffic / np.maximum(alive, 1), np.float32)
        work = self._work(rng, arriving[mine], warm, demand, lives, on.of_pods(mine))
        values = np.empty((of.pods, len(POD_METRICS), DAY_ROWS), np.float32)
        self._resources(rng, values, work, age)
        slow = self._requests(rng, values, work)
        self._calls(rng, values, work, slow)
        gone = lives.dead | lives.missed[: of.pods]
        cores, traffic = values[:, 0], values[:, 9] + values[:, 10]
        disk = (work.batch - 1) * 2 * of.nightly[mine][:, None] + work.on.disk
        there = ~lives.dead
        borne = (cores * there, traffic * there, np.asarray(disk * there, np.float32))
        values[np.broadcast_to(gone[:, None], values.shape)] = np.nan
        return PodDay(values, *borne)

    def _work(
        self,
        rng: np.random.Generator,
        arriving: Rows,
        warm: Rows,
        demand: Demand,
        lives: LivesOfADay,
        on: Effects,
    ) -> _Work:
        mine, shape = self._of.service_of, arriving.shape
        version, batch = lives.version[mine], demand.batch[mine]
        requests = counts(rng, arriving * STEP_S) / np.float32(STEP_S)
        busy = arriving / self._usual
        cpu = (0.02 + 0.15 * self._limit * busy) * (1 + 0.45 * self._wander["cpu"].day(rng, shape))
        cpu = np.maximum(cpu, 0.002) * batch * version[:, 0] * (1 + 2 * warm) * on.cpu
        used = np.minimum(cpu / self._limit, 1.5)
        cpu = np.minimum(cpu, self._limit * 1.05) * (1 + 0.03 * normal(rng, shape))
        return _Work(requests, busy, cpu, used, warm, batch, demand.traded[mine], version, on)

    def _resources(
        self, rng: np.random.Generator, values: Rows, work: _Work, age: npt.NDArray[np.int64]
    ) -> None:
        """Processor, memory, garbage collection, files, queue, throttling, network."""
        of, on, shape = self._of, work.on, work.cpu.shape
        pace = (0.5 + 0.5 * work.busy) / of.collect_rows[:, None] * np.exp(0.2 * normal(rng, shape))
        phase = self._heap_phase + np.cumsum(pace, axis=1)
        collected = np.floor(phase) > np.floor(np.concatenate([self._heap_phase, phase[:, :-1]], axis=1))
        self._heap_phase = phase[:, -1:] % 1
        full = (0.25 + 0.75 * (phase % 1)).astype(np.float32)
        grown = work.version[:, 2] * (1 + on.memory)
        plateau = 1 - 0.9 * np.exp(-age / 250) + self._wander["memory"].day(rng, shape)
        values[:, 0] = work.cpu
        values[:, 1] = (150 + 150 * plateau + 30 * full) * MB * grown
        values[:, 2] = (60 + 200 * full) * MB * grown
        pause = 0.002 + 0.002 * rng.random(shape, dtype=np.float32)
        values[:, 3] = np.where(collected, pause, np.where(of.collect_rows[:, None] > 40, np.nan, pause / 3))
        wander = self._wander
        values[:, 4] = np.rint(
            40 + 10 * work.busy + wander["goroutines"].day(rng, shape) + on.backlog / 2 + on.files / 4
        )
        values[:, 11] = np.rint(
            60 + 6 * work.busy + wander["files"].day(rng, shape) + 0.4 * on.backlog + on.files
        )
        came = counts(rng, 0.4 + 0.4 * work.used)
        values[:, 12] = self._queue.day(came - counts(rng, np.full(shape, 1.2, np.float32))) + on.backlog
        excess, idle = rng.standard_exponential((2, *shape), dtype=np.float32)
        rarely = np.where(rng.random(shape, dtype=np.float32) < 0.05, 0.01 * idle, 0)
        values[:, 13] = np.where(work.used > 0.75, (work.used - 0.75) * (1 + excess), rarely)
        bytes_of = work.requests * work.traded * on.network
        values[:, 9] = bytes_of * 2200 * np.exp(0.05 * normal(rng, shape)) + 800
        values[:, 10] = bytes_of * 9000 * np.exp(0.08 * normal(rng, shape)) + 700
        values[:, 15] = self._limit

    def _requests(self, rng: np.random.Generator, values: Rows, work: _Work) -> Rows:
        """Requests, failed ones, latency; returns how many times slower a service's callers find it."""
        of, mine, shape = self._of, self._of.service_of, work.cpu.shape
        share = of.error_share[mine].astype(np.float32)[:, None] * (1 + 30 * work.warm)
        share *= np.where(marked(shape, stretches(rng, shape, ERROR_BURSTS_A_DAY, 0.4)), 20, 1)
        share = np.minimum(share + work.on.errors, 1)
        failed = counts(rng, work.requests * np.float32(STEP_S) * share) / np.float32(STEP_S)
        values[:, 5], values[:, 6] = work.requests, np.minimum(failed, work.requests)
        runs = np.where(work.batch > 2, 1.6, 1)  # a batch takes what requests would need
        slow = (1 + 0.5 * work.used**2) * (1 + 1.5 * work.warm) * work.version[:, 1] * work.on.latency * runs
        drift = self._slow.day(rng, (of.services, DAY_ROWS))[mine]
        few = of.noise[mine].astype(np.float32)[:, None] / np.sqrt(np.maximum(3 * work.requests, 1))
        usual = of.latency[mine].astype(np.float32)[:, None] * slow
        tail = of.tail[mine].astype(np.float32)[:, None]
        p50 = usual * np.exp(0.5 * drift + normal(rng, shape) * (0.02 + few))
        p99 = 5 * usual * np.exp(drift + np.clip(heavy(rng, shape, tail) * (0.06 + few), -3, 3))
        none = work.requests == 0
        values[:, 7], values[:, 8] = np.where(none, np.nan, p50), np.where(none, np.nan, p99)
        first = np.searchsorted(mine, np.arange(of.services))
        return np.asarray(slow[first], dtype=np.float32)

    def _calls(self, rng: np.random.Generator, values: Rows, work: _Work, slow: Rows) -> None:
        """How long a service waits for the one that it calls; for something outside where it calls none."""
        of, shape = self._of, work.cpu.shape
        inside = np.where(of.callee[:, None] >= 0, slow[of.callee], 1)
        base = np.where(of.callee >= 0, 3 * of.latency[of.callee], 0.02).astype(np.float32)
        noise = self._wander["calls"].day(rng, shape) + 0.1 * np.clip(
            heavy(rng, shape, np.full((1, 1), 4, np.float32)), -30, 30
        )
        waited = (base[:, None] * inside)[of.service_of] * np.exp(noise)
        values[:, 14] = np.where(work.requests == 0, np.nan, waited)
