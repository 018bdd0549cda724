"""What each workload's resources are for the requests that it has, by a line through its own past.

Processor time, bytes and open files go up and down with the requests, and that swing hides what is wasted. A
line of each resource against the requests takes it away (Denning and Buzen, "The Operational Analysis of
Queueing Network Models", 1978: utilisation is throughput times demand). What remains is held against the
hours of a week. Where the requests are few, or say nothing of a resource, the line is flat.
"""

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.history.week_of_maxima import BEYOND_PAST, HOUR_ROWS, WeekOfMaxima
from patternwatch.watch.losses.request_windows import medians
from patternwatch.watch.losses.requests import requests_of
from patternwatch.watch.members.members import Members
from patternwatch.watch.resources.demand import Demand
from patternwatch.watch.suspects.metric_evidence import LEAST_SCORE
from patternwatch.watch.suspects.roles import floors_by_category
from patternwatch.watch.suspects.suspects import Suspects

WINDOW_ROWS = 10
"""Rows of which the median counts, which no lone spike moves: those of a coarse row of history."""
HALF_LIFE_ROWS = 2880
"""A day: a release that takes more of everything is usual the day after."""
LEAST_ROWS = 480
"""Rows, four hours, from which on a line is known."""
_PARTS = 100
_FLOORS = floors_by_category()
_USE = [METRIC_CATEGORIES.index(name) for name in ("cpu", "network")]
_LEVEL, _TRAFFIC = METRIC_CATEGORIES.index("saturation"), METRIC_CATEGORIES.index("traffic")
_Float64s = npt.NDArray[np.float64]


class DemandWatch:
    """Lines of resources against requests, by workload and metric: of P such pairs, numbered as they come.

    step_ms  between two rows

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, watch = Members(AnalysisSettings(), 30_000), DemandWatch(30_000)
    >>> names = "http_requests_total", "container_cpu_usage_seconds_total"
    >>> slots, _ = members.place([{"__name__": name, "service": "cart"} for name in names], ["rate", "rate"])
    >>> asked = 20 + 10 * np.sin(np.arange(2_400) / 200)
    >>> noise = np.exp(0.05 * np.random.default_rng(0).normal(size=2_400))
    >>> values = np.stack([asked, (0.1 + 0.02 * asked) * noise]).astype(np.float32)
    >>> watch.learn(30_000 * np.arange(2_400), values, slots, members)
    >>> rows = np.full((len(members), 10), np.nan, dtype=np.float32)
    >>> rows[slots] = np.array([[25.0], [0.9]])  # usually 0.6
    >>> columns, asked = Columns(30_000 * np.arange(2_400, 2_410), rows), np.full((1, 10), 750, np.float32)
    >>> demand = watch.update(columns, members, asked, np.zeros(len(members), dtype=np.bool_))
    >>> demand.above.slots.tolist(), bool(demand.above.score[0] > 10), round(float(demand.usual[0]), 1)
    ([1], True, 0.6)
    """

    def __init__(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._key = self._of = np.empty(0, dtype=np.int64)
        self._numbers: dict[int, int] = {}
        self._pair = np.empty(0, dtype=np.int64)
        self._floor = np.empty(0, dtype=np.float32)
        self._recent = np.empty((0, 2, WINDOW_ROWS), dtype=np.float32)
        self._sums = np.empty((0, 5))
        self._held = np.empty(0, dtype=np.bool_)
        self._week = WeekOfMaxima(_PARTS, HOUR_ROWS)

    def update(self, columns: Columns, members: Members, asked: Floats32, warming: Flags) -> Demand:
        """Take new rows of all slots, and say what is above its line.

        asked    requests by entity of these rows, and maybe of rows before, shape (E, C)
        warming  by slot: its part was just started, and takes more for a while
        """
        slots = np.flatnonzero(members.used & ~warming)
        slots = slots[_resources(slots, members)]
        newest = int(columns.times_ms[-1])
        away, takes = self._take(newest, columns.values[slots], slots, members, asked[:, -columns.rows :])
        counts = away > np.maximum(BEYOND_PAST * self._week.past, np.log1p(self._floor))
        score = self._week.rarity(np.where(counts, away, 0).astype(np.float32), 1 / _PARTS)
        pairs = np.intersect1d(np.flatnonzero(np.isfinite(score) & (score > LEAST_SCORE)), self._of)
        first = np.array([slots[np.argmax(self._of == pair)] for pair in pairs], dtype=np.int64)
        usual = (takes[pairs] / np.exp(away[pairs])).astype(np.float32)
        size = takes[pairs].astype(np.float32) - usual
        return Demand(Suspects(first, np.ones(len(pairs), dtype=np.bool_), score[pairs], size), usual)

    def learn(self, times_ms: Integers, values: Floats32, slots: Integers, members: Members) -> None:
        """Take rows at the step, shape (N, T), of the N series in `slots`, and nothing more."""
        asked, _ = requests_of(values, slots, members)
        which = _resources(slots, members)
        values, slots = values[which], slots[which]
        for at in range(0, len(times_ms), WINDOW_ROWS):
            rows = slice(at, at + WINDOW_ROWS)
            self._take(int(times_ms[rows][-1]), values[:, rows], slots, members, asked[:, rows])

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        self._held[:] = False
        self._held[: len(entities)] = entities[: len(self._held)]

    def settle(self, entities: Flags) -> None:
        """By entity: what it takes now is what it usually takes."""
        mine = grown(entities, len(self._held))[self._pair >> 32]
        if mine.any():
            times = np.exp(self._away(*self._usage())[mine])
            self._sums[mine, 2] *= times
            self._sums[mine, 4] *= times

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {name: getattr(self, name) for name in _KEPT} | self._week.snapshot()

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        for name in _KEPT:
            setattr(self, name, arrays[name])
        self._numbers = {pair: number for number, pair in enumerate(self._pair.tolist())}
        self._week.restore(arrays)

    def _take(
        self, newest_ms: int, values: Floats32, slots: Integers, members: Members, asked: Floats32
    ) -> tuple[_Float64s, _Float64s]:
        """How far each resource is above its line, in natural logarithms, 0 where unknown, and what it is."""
        rows, of = values.shape[1], self._pairs_of(slots, members)
        new = np.full((len(self._pair), 2, rows), np.nan, dtype=np.float32)
        for k, column in enumerate(values.T):
            there = ~np.isnan(column)
            parts = np.bincount(of[there], minlength=len(new))
            total = np.bincount(of[there], column[there], minlength=len(new))
            known = parts > 0
            new[known, 0, k] = asked[self._pair[known] >> 32, k] / parts[known]
            new[known, 1, k] = total[known] / parts[known]
        self._recent = np.concatenate([self._recent, new], axis=2)[:, :, -WINDOW_ROWS:]
        asks, takes = self._usage()
        away = self._away(asks, takes)
        learned = np.isfinite(asks + takes) & ~self._held[self._pair >> 32]
        sums = np.stack([np.ones_like(asks), asks, takes, asks * asks, asks * takes], axis=1)
        self._sums[learned] *= 0.5 ** (rows / HALF_LIFE_ROWS)
        self._sums[learned] += rows * sums[learned]
        most = np.broadcast_to(np.maximum(away, 0)[:, None], (len(away), rows)).astype(np.float32)
        known = learned & (self._sums[:, 0] >= LEAST_ROWS)
        self._week.keep(newest_ms // self._step_ms, most, ~known)
        return away, takes

    def _usage(self) -> tuple[_Float64s, _Float64s]:
        """Requests of a part, their mean in the newest rows, and a resource of it, the median; else NaN."""
        there = ~np.isnan(self._recent).any(axis=1)
        count = np.count_nonzero(there, axis=1)
        enough = 2 * count >= WINDOW_ROWS
        asks = np.where(there, self._recent[:, 0], 0).sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
        takes = medians(np.where(there, self._recent[:, 1], np.float32(np.nan)))
        return np.where(enough, asks, np.nan), np.where(enough, takes, np.nan).astype(np.float64)

    def _away(self, asks: _Float64s, takes: _Float64s) -> _Float64s:
        weight, x, y, xx, xy = self._sums.T
        with np.errstate(divide="ignore", invalid="ignore"):
            x, y = x / weight, y / weight
            slope = np.nan_to_num((xy / weight - x * y) / (xx / weight - x * x), posinf=0.0, neginf=0.0)
            slope = np.clip(slope, 0.0, np.nan_to_num(y / x, posinf=0.0))  # nothing takes less than nothing
            away = np.log(takes / (y + slope * (asks - x)))
        return np.where((weight >= LEAST_ROWS) & np.isfinite(away), away, 0.0)

    def _pairs_of(self, slots: Integers, members: Members) -> Integers:
        """The pair's number of each of these slots."""
        key = members.entity[slots].astype(np.int64) << 32 | members.family[slots]
        if not np.array_equal(key, self._key):
            found, of = np.unique(key, return_inverse=True)
            numbers = [self._numbers.setdefault(pair, len(self._numbers)) for pair in found.tolist()]
            self._key, self._of = key, np.array(numbers, dtype=np.int64)[of]
            size = len(self._numbers)
            self._pair = np.fromiter(self._numbers, dtype=np.int64, count=size)
            self._floor = grown(self._floor, size)
            self._floor[self._of] = _FLOORS[members.category[slots]]
            self._recent, self._sums = grown(self._recent, size, np.nan), grown(self._sums, size)
            self._week.fit(size)
        self._held = grown(self._held, len(members.machines))
        return self._of


_KEPT = ("_pair", "_floor", "_recent", "_sums", "_held")


def _resources(slots: Integers, members: Members) -> Flags:
    """Which of these series tell of a resource in use, of a workload that has requests.

    What is kept is not used (memory), nor what is waited for (throttled seconds).
    """
    category = members.category[slots]
    level = np.array([not derivation for _, derivation in members.families], dtype=np.bool_)
    requests = members.used & (members.category == _TRAFFIC) & (members.counting > 0)
    asked = np.zeros(len(members.machines), dtype=np.bool_)
    asked[members.entity[requests]] = True
    used = np.isin(category, _USE) | ((category == _LEVEL) & level[members.family[slots]])
    return np.asarray(used & asked[members.entity[slots]])
