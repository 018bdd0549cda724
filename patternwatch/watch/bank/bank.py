"""The bank: incremental statistics of every series of a cluster, each against its own history.

Of each series: a ring of its newest values, its level and scale, and of eight statistics the maxima of the
blocks of a week (`tails.py`). A tick compares the newest row (`statistics.py`) and asks how often the series'
own history had such a change; upkeep (levels, tails) is spread over the ticks.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.bank import kernels, views
from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.bank.coarse_blocks import lend_fine_blocks
from patternwatch.watch.bank.floors import absolute_floors, relative_floors
from patternwatch.watch.bank.pooling import family_slopes, lend_scales
from patternwatch.watch.bank.statistics import FIRST_BRIEF, STATISTICS
from patternwatch.watch.bank.tails import NEVER
from patternwatch.watch.history.history_windows import DAY_MS
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.roles import SYMPTOM, roles_by_category
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects, strongest

BLANK_ROWS, BLANK_SYMPTOM_ROWS = 40, 16
"""Rows in which a new pod's series are not judged, while caches fill and memory finds its plateau; fewer of
what users feel, since a bad deploy shows in its first minutes."""
NOW_ROWS = 3
"""Rows of which the median is said to be a series' value now: two of them may be late, or a lone spike."""
TICK_ROWS = 2
"""Rows that are judged at once: what came late in one piece is judged as if it had come in time."""
_MAX_SUSPECTS = 200_000
_YOUNG_TICKS, _MATURE_TICKS = 30, 120
"""Ticks over which the reading of tails is spread; a history of some days changes slowly."""
_NO_RESTARTS: Mapping[int, Integers] = {}
_ROLES = roles_by_category()
_ERROR = METRIC_CATEGORIES.index("error")


class SeriesBank:
    """Rings, levels and tails of the series of a cluster, by slot.

    step_ms         between two rows
    ring_rows       newest rows that are kept
    block_rows      rows of a block, of which only the maxima are kept
    history_blocks  blocks that are kept

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, bank = Members(AnalysisSettings(), 30_000), SeriesBank(30_000)
    >>> _, begun = members.place([{"__name__": "queue_length", "service": "cart"}], [""])
    >>> rows = np.random.default_rng(0).normal(10, 1, (len(members), 2_000)).astype(np.float32)
    >>> rows[:, -4:] += 20
    >>> for at in range(0, 2_000, 2):
    ...     times = 30_000 * np.arange(at, at + 2)
    ...     suspects = bank.update(Columns(times, rows[:, at : at + 2], begun), members)
    ...     begun = np.empty(0, dtype=np.int64)
    >>> suspects.slots.tolist(), suspects.up.tolist(), bool(suspects.score[0] > 5)
    ([0], [True], True)
    """

    def __init__(
        self, step_ms: int, ring_rows: int = 480, block_rows: int = 60, history_blocks: int = 336
    ) -> None:
        self.step_ms, self.ring_rows = step_ms, ring_rows
        self._block_rows, self._history = block_rows, history_blocks
        self._day = max(1, round(DAY_MS / (step_ms * block_rows)))
        self._arrays = BankArrays(ring_rows, history_blocks)
        self._slopes = np.empty((0, STATISTICS))
        self._ticks = 0
        self._fine_from = -1
        self.newest_row = -1
        self.brief = NO_SUSPECTS
        """What one row alone showed at the last update: a lone spike does so too, and it makes no suspect."""

    @property
    def level(self) -> Floats32:
        """By slot: the median of the ring without its newest rows; NaN where unknown."""
        return np.asarray(self._arrays.state[:, views.LEVEL])

    def now(self, slot: int) -> float:
        """The median of its values in the newest rows; NaN where there are none."""
        rows = (self.newest_row - np.arange(NOW_ROWS)) % self.ring_rows
        values = self._arrays.ring[slot, rows]
        known = values[~np.isnan(values)]
        return float(np.median(known)) if len(known) else math.nan

    @property
    def warming(self) -> Flags:
        """By slot: whether its part was just started, so that it is not judged yet."""
        return np.asarray(self._arrays.counts[:, views.BLANK] > 0)

    @property
    def is_learning(self) -> bool:
        """Whether no series has a history to be judged by yet."""
        return not (self._arrays.thresholds != NEVER).any()

    @property
    def bytes_per_series(self) -> float:
        """Bytes of all arrays by slot, per slot."""
        return self._arrays.bytes_per_slot

    def update(self, columns: Columns, members: Members) -> Suspects:
        """Take new rows, and say which series are not as ever at the newest of them.

        Raises ValueError where the rows are not newer than those before.
        """
        row = int(columns.times_ms[-1]) // self.step_ms
        first = row - columns.rows + 1
        if first <= self.newest_row:
            raise ValueError(f"row {first} was seen before: the newest one is {self.newest_row}")
        self.begin(columns.begun, members)
        self._write(np.arange(columns.slots), columns.values, first, self.newest_row)
        suspects = self._judged(members, members.used, first, row, self.newest_row)
        self._arrays.counts[:, views.LAST] = row  # what is learned later closes no block of it again
        self.newest_row = row
        self._ticks += 1
        self._keep_up(members)
        return suspects

    def learn(
        self,
        times_ms: Integers,
        values: Floats32,
        slots: Integers,
        members: Members,
        at_once: int = TICK_ROWS,
        restarted: Mapping[int, Integers] = _NO_RESTARTS,
    ) -> Iterator[tuple[int, Suspects]]:
        """Fill rings and tails from history; yields each row that was compared, with its suspects.

        times_ms  int64 ms, shape (T,), ascending, one step apart
        values    float32, shape (N, T), of the N series in `slots`
        at_once   rows between two comparisons
        restarted  row -> slots of parts that start again in it

        Raises ValueError where older rows come after newer ones of the same series.
        """
        self._arrays.fit(len(members))
        mine = np.zeros(len(members), dtype=np.bool_)
        mine[slots] = True
        self._set_floors(slots, members)
        self._slopes = family_slopes(self._arrays, members)
        if at_once > TICK_ROWS:
            self._fine_from = -1
        elif self._fine_from < 0 and self._blocks:
            self._fine_from = int(times_ms[0]) // self.step_ms // self._block_rows + 1
        before = int(self._arrays.counts[slots, views.LAST].max(initial=0)) or -1
        for at in range(0, len(times_ms), at_once):
            chunk = values[:, at : at + at_once]
            first = int(times_ms[at]) // self.step_ms
            row = first + chunk.shape[1] - 1
            if first <= before:
                raise ValueError(
                    f"history of row {first} comes after that of row {before}: give older rows first"
                )
            for again in (restarted[k] for k in range(first, row + 1) if k in restarted):
                self.warm_up(again, members)
            self._write(slots, chunk, first, before)
            yield row, self._judged(members, mine, first, row, before)
            self._arrays.counts[slots, views.LAST] = row
            self.newest_row = max(self.newest_row, row)
            if before >= 0 and row // self._block_rows != before // self._block_rows:
                self._read(slots, row)
                self._look_around(members)
            before = row

    @property
    def _blocks(self) -> int:
        """Blocks of history of the series that has most."""
        return int(self._arrays.counts[:, views.KNOWN].max(initial=0))

    @property
    def fine_blocks(self) -> int:
        """Blocks of history whose rows came one step apart."""
        newest = self.newest_row // self._block_rows
        return self._blocks if self._fine_from < 0 else min(self._blocks, newest - self._fine_from)

    def finish_learning(self, members: Members) -> None:
        """All history is there: what coarse rows cannot show of noise is taken from the finer ones."""
        newest, fine = self.newest_row // self._block_rows, self.fine_blocks
        if self._fine_from >= 0 and fine > 0:
            coarse = range(max(newest - self._blocks, newest - self._history + 1), self._fine_from)
            lend_fine_blocks(self._arrays.maxima, coarse, fine, self._day)
            self._fine_from = newest - self._blocks
        if self.newest_row >= 0:
            self._read(np.flatnonzero(members.used), self.newest_row)
            self._look_around(members)

    def fill(self, times_ms: Integers, values: Floats32, slots: Integers) -> int:
        """Late samples of rows that were seen fill gaps, and nothing is judged anew; how many did.

        times_ms  int64 ms, shape (T,)
        values    float32, shape (N, T), of the N series in `slots`
        """
        rows = times_ms // self.step_ms
        kept = (rows <= self.newest_row) & (rows > self.newest_row - self.ring_rows)
        at = np.ix_(slots, rows[kept] % self.ring_rows)
        old = self._arrays.ring[at]
        late = np.isnan(old) & ~np.isnan(values[:, kept])
        if late.any():
            self._arrays.ring[at] = np.where(late, values[:, kept], old)
        return int(late.sum())

    def reset(self, slots: Integers) -> None:
        """Forget what is kept for these slots."""
        self._arrays.reset(slots)

    def warm_up(self, slots: Integers, members: Members) -> None:
        """Series of parts that were just started: they are not judged for some rows."""
        symptom = (_ROLES[members.category[slots]] == SYMPTOM).any(axis=1)
        self._arrays.counts[slots, views.BLANK] = np.where(symptom, BLANK_SYMPTOM_ROWS, BLANK_ROWS)
        self._arrays.counts[slots[~symptom], views.SINCE] = 0  # a fresh process has another level

    def hold(self, slots: Flags) -> None:
        """By slot: of which series nothing is learned as normal from now on.

        A series that is let go again takes its level from the rows that follow.
        """
        self._arrays.fit(len(slots))
        let_go = self._arrays.held & ~slots
        self._arrays.counts[let_go, views.SINCE] = 0
        self._arrays.held[:] = slots

    def settle(self, slots: Integers) -> None:
        """Take these series as they are: they are judged again once their new level is known."""
        self._arrays.state[slots, views.LEVEL] = np.nan
        self._arrays.counts[slots, views.SINCE] = 0

    def snapshot(self) -> dict[str, npt.NDArray[Any]]:
        """Its arrays by name."""
        numbers = np.array([self.newest_row, self._ticks, self._fine_from], dtype=np.int64)
        return {**dict(self._arrays.named()), "slopes": self._slopes, "numbers": numbers}

    def restore(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Go on from those arrays; raises KeyError where one lacks, ValueError where one does not fit."""
        self._arrays.restore(arrays)
        self._slopes = arrays["slopes"].copy()
        numbers = [int(number) for number in arrays["numbers"]]
        self.newest_row, self._ticks, self._fine_from = numbers

    def begin(self, begun: Integers, members: Members) -> None:
        """New series in these slots: with a twin's history, with one of zeros, or with none."""
        self._arrays.fit(len(members))
        if not len(begun):
            return
        twins = members.twin[begun].astype(np.int64)
        of_twin = twins >= 0
        self._arrays.reset(begun[~of_twin])
        self._arrays.inherit(begun[of_twin], twins[of_twin])
        self._arrays.counts[begun, views.HEARD] = 0
        self.warm_up(begun[of_twin], members)
        silent = begun[
            members.alone[begun] & (members.category[begun] == _ERROR) & (members.counting[begun] > 0)
        ]
        if self._blocks >= self._day // 2:
            self._arrays.expect_nothing(silent, self._blocks, 1.0 / members.counting[silent])
            self._read(silent, self.newest_row)
        self._set_floors(begun, members)

    def _write(self, slots: Integers, values: Floats32, first: int, newest: int) -> None:
        skipped = np.arange(max(newest + 1, first - self.ring_rows), first) % self.ring_rows
        if len(skipped):
            self._arrays.ring[np.ix_(slots, skipped)] = np.nan
        for k in range(values.shape[1]):
            self._arrays.ring[slots, (first + k) % self.ring_rows] = values[:, k]

    def _judged(self, members: Members, used: Flags, first: int, row: int, before: int) -> Suspects:
        kept, block = self._arrays.kept, row // self._block_rows
        ended = before // self._block_rows if before >= 0 else block
        for number in range(max(ended, block - self._history), block):
            kernels.close_block(kept, used, number, self._day, number * self._block_rows)
        if len(self._slopes) < len(members.families):
            self._slopes = family_slopes(self._arrays, members)
        out = views.room_for(_MAX_SUSPECTS)
        place = views.Place(row % self.ring_rows, row - first + 1, row, block, self._day, self.step_ms / 1000)
        told = views.Told(used, members.phase, members.family, self._slopes)
        count = kernels.judge(kept, told, place, out)
        statistic = out.statistic[:count]
        found = Suspects(out.slots[:count], statistic % 2 == 0, out.scores[:count], out.sizes[:count])
        self.brief = strongest(found.take(statistic >= FIRST_BRIEF))
        return strongest(found.take(statistic < FIRST_BRIEF))

    def _keep_up(self, members: Members) -> None:
        """Upkeep of the series whose turn it is: by their labels, so that slots do not matter."""
        young = self._arrays.counts[:, views.KNOWN] < 2 * self._day
        turn = (members.phase + self._ticks) % np.where(young, _YOUNG_TICKS, _MATURE_TICKS) == 0
        self._read(np.flatnonzero(turn & members.used), self.newest_row)
        if self._ticks % _YOUNG_TICKS == 1:
            self._look_around(members)

    def _look_around(self, members: Members) -> None:
        """What series take from others: slopes and scales from their family, floors from the requests."""
        self._slopes = family_slopes(self._arrays, members)
        lend_scales(self._arrays, members)
        self._arrays.state[:, views.ABSOLUTE] = absolute_floors(members, self.level)

    def _set_floors(self, slots: Integers, members: Members) -> None:
        state = self._arrays.state
        state[slots, views.RELATIVE] = relative_floors(members)[slots]
        state[slots, views.COUNTING] = members.counting[slots]
        state[slots, views.ABSOLUTE] = absolute_floors(members, self.level)[slots]

    def _read(self, slots: Integers, row: int) -> None:
        kernels.read_tails(self._arrays.kept, slots, row // self._block_rows, self._day)
