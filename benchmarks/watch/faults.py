"""Faults on purpose: what each kind does to its service, and how it travels to those who wait for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.watch.metrics import DAY_ROWS
from benchmarks.watch.topology import Topology

Rows = npt.NDArray[np.float32]
TRAVELS = 0.5
"""What a caller feels of its callee's slowness and errors; the caller's caller that part of it, and so on."""
GONE_ERRORS = 0.3
"""Part of a caller's requests that need the callee: they fail while it is gone."""
CRASH_ROWS = 3
"""Rows that a crash loop's container is away, and then there again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one service.

    row      first row, counted from the first day on
    kind     a key of KINDS
    size     1.5 to 5: how many times the usual, or what the kind makes of it
    rows     how long it lasts
    """

    row: int
    service: int
    kind: str
    size: float
    rows: int

    @property
    def by_users(self) -> bool:
        """Whether users see it: the others take resources only."""
        return self.kind not in RESOURCE_ONLY

    @property
    def ramp(self) -> Rows:
        """From 0 to 1 over all its rows."""
        return np.linspace(0, 1, self.rows, dtype=np.float32)


def _ones() -> Rows:
    return np.ones((1, 1), np.float32)


def _zeros() -> Rows:
    return np.zeros((1, 1), np.float32)


@dataclass(slots=True)
class Effects:
    """What faults do to services in one day, float32 of shape (S, DAY_ROWS), or (1, 1) where there is none.

    Times the usual: `cpu`, `latency`, `traffic`, `network`. In addition: `memory` (parts of the usual),
    `errors` (share of requests), `backlog` (waiting jobs), `disk` (busy seconds a second), `files` (open
    ones). `down`: above 0 where no container of it runs.
    """

    cpu: Rows = field(default_factory=_ones)
    latency: Rows = field(default_factory=_ones)
    traffic: Rows = field(default_factory=_ones)
    network: Rows = field(default_factory=_ones)
    memory: Rows = field(default_factory=_zeros)
    errors: Rows = field(default_factory=_zeros)
    backlog: Rows = field(default_factory=_zeros)
    disk: Rows = field(default_factory=_zeros)
    files: Rows = field(default_factory=_zeros)
    down: Rows = field(default_factory=_zeros)

    def whole(self, services: int, rows: int = DAY_ROWS) -> "Effects":
        """The same with room for every service and row."""
        shape = (services, rows)
        values = (np.broadcast_to(getattr(self, name), shape).copy() for name in self.__slots__)
        return Effects(*values)

    def of_pods(self, service_of: npt.NDArray[np.int64]) -> "Effects":
        """The same by pod."""
        values = (getattr(self, name) for name in self.__slots__)
        return Effects(*(rows if len(rows) == 1 else rows[service_of] for rows in values))


_Kind = Callable[[Effects, int, slice, float, Rows], None]
"""Changes the effects of a service in these rows, by the size and a ramp from 0 to 1 over the whole fault."""


def _cpu_hog(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.cpu[s, at] *= size
    on.latency[s, at] *= 1 + (size - 1) * 0.6


def _memory_leak(on: Effects, s: int, at: slice, size: float, ramp: Rows) -> None:
    on.memory[s, at] += ramp * size
    on.latency[s, at] *= 1 + ramp * 0.3 * size


def _slow(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.latency[s, at] *= size
    on.backlog[s, at] += size * 2


def _failing(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.errors[s, at] += min(0.04 * size * size, 0.9)


def _killed(on: Effects, s: int, at: slice, _size: float, _ramp: Rows) -> None:
    on.down[s, at] = 1


def _crash_loop(on: Effects, s: int, at: slice, _size: float, ramp: Rows) -> None:
    on.down[s, at] = np.arange(len(ramp)) % (2 * CRASH_ROWS) < CRASH_ROWS


def _traffic_drop(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.traffic[s, at] /= size * 1.5


def _queue(on: Effects, s: int, at: slice, size: float, ramp: Rows) -> None:
    on.backlog[s, at] += ramp * 40 * size
    on.latency[s, at] *= 1 + ramp * size


def _disk(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.disk[s, at] += size
    on.latency[s, at] *= 1 + 0.5 * size


def _cpu_wasted(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.cpu[s, at] *= size


def _memory_grown(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.memory[s, at] += size - 1


def _files_leaked(on: Effects, s: int, at: slice, size: float, ramp: Rows) -> None:
    on.files[s, at] += ramp * 100 * size


def _network_flood(on: Effects, s: int, at: slice, size: float, _ramp: Rows) -> None:
    on.network[s, at] *= size


KINDS: dict[str, _Kind] = {
    "cpu hog": _cpu_hog,
    "memory leak": _memory_leak,
    "latency": _slow,
    "errors": _failing,
    "kill": _killed,
    "traffic drop": _traffic_drop,
    "queue": _queue,
    "crash loop": _crash_loop,
    "disk": _disk,
    "cpu wasted": _cpu_wasted,
    "memory grown": _memory_grown,
    "files leaked": _files_leaked,
    "network flood": _network_flood,
}
RESOURCE_ONLY = ("cpu wasted", "memory grown", "files leaked", "network flood")
"""Kinds that no user sees: they take more of something, and nothing becomes slow or fails."""
SIZES = (1.5, 2.0, 3.0, 5.0)


def effects_of(faults: Iterable[Fault], topology: Topology, day: int) -> Effects:
    """What these faults do in this day; rows of shape (1, 1) where none of them does anything."""
    first = day * DAY_ROWS
    mine = [f for f in faults if f.row < first + DAY_ROWS and f.row + f.rows > first]
    if not mine:
        return Effects()
    on = Effects().whole(topology.services)
    for fault in mine:
        begin, end = max(fault.row, first), min(fault.row + fault.rows, first + DAY_ROWS)
        ramp = fault.ramp[begin - fault.row : end - fault.row]
        at = slice(begin - first, end - first)
        KINDS[fault.kind](on, fault.service, at, fault.size, ramp)
        _travel(on, fault.service, at, topology)
    return on


def _travel(on: Effects, service: int, at: slice, topology: Topology) -> None:
    """Callers wait for what is slow, and fail with what fails; who is called by it gets fewer requests."""
    slower = on.latency[service, at] - 1
    failing = np.maximum(on.errors[service, at], GONE_ERRORS * 2 * on.down[service, at])
    for hop, callers in enumerate(topology.callers(service), start=1):
        part = TRAVELS**hop
        for caller in callers:
            on.latency[caller, at] *= 1 + np.maximum(slower, 0) * part
            on.errors[caller, at] += failing * part
    callee = int(topology.callee[service])
    if callee >= 0:
        share = min(0.9, TRAVELS * topology.rate[service] / topology.rate[callee])
        left = on.traffic[service, at] * (1 - on.down[service, at])
        on.traffic[callee, at] *= 1 - share * (1 - np.minimum(left, 1))


def spread(topology: Topology, first: int, last: int, kinds: tuple[str, ...], seed: int) -> list[Fault]:
    """Faults of these kinds and all SIZES, every service as likely, one after the other (APART_ROWS).

    first, last  rows between which they begin and end

    >>> from benchmarks.watch.topology import drawn
    >>> [fault.kind for fault in spread(drawn(500, 1), 0, 200, ("kill", "errors"), seed=1)]
    ['kill', 'errors']
    """
    rng = np.random.default_rng([seed, 3])
    rows = range(first, last - LASTS_ROWS - JITTER_ROWS + 1, APART_ROWS)
    start = int(rng.integers(0, len(SIZES)))
    return [
        Fault(
            row=row + int(rng.integers(0, JITTER_ROWS)),
            service=int(rng.integers(0, topology.services)),
            kind=kinds[n % len(kinds)],
            size=SIZES[(start + n // len(kinds) + n % len(kinds)) % len(SIZES)],
            rows=LASTS_ROWS,
        )
        for n, row in enumerate(rows)
    ]


APART_ROWS, LASTS_ROWS, JITTER_ROWS = 110, 40, 10
