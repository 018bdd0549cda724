"""The bank: incremental statistics of every series of a cluster, each against its own history.

Of each series: a ring of its newest values, its level and scale, and of eight statistics the maxima of the
blocks of a week (`tails.py`). A tick compares the newest row (`statistics.py`) and asks how often the series'
own history had such a change; upkeep (levels, tails) is spread over the ticks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.bank import beginnings, ring, views
from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.bank.comparison import Comparison, Rows
from patternwatch.watch.bank.fine_history import FineHistory
from patternwatch.watch.bank.tails import NEVER
from patternwatch.watch.bank.upkeep import Upkeep
from patternwatch.watch.history.history_windows import DAY_MS
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

TICK_ROWS = 2
"""Rows that are judged at once: what came late in one piece is judged as if it had come in time."""
_NO_RESTARTS: Mapping[int, Integers] = {}


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
        self.step_ms, self._block_rows = step_ms, block_rows
        self._day = max(1, round(DAY_MS / (step_ms * block_rows)))
        self._arrays = BankArrays(ring_rows, history_blocks)
        self._upkeep = Upkeep(self._arrays, block_rows, self._day)
        self._fine = FineHistory()
        self._comparison = Comparison(self._arrays, self._upkeep, step_ms / 1000)
        self.newest_row = -1

    @property
    def brief(self) -> Suspects:
        """What one row alone showed at the last update: a lone spike does so too, and it makes no suspect."""
        return self._comparison.brief

    @property
    def level(self) -> Floats32:
        """By slot: the median of the ring without its newest rows; NaN where unknown."""
        return np.asarray(self._arrays.state[:, views.LEVEL])

    def now(self, slot: int) -> float:
        """The median of its values in the newest rows; NaN where there are none."""
        return ring.value_now(self._arrays.ring, slot, self.newest_row)

    def newest(self, slots: Integers, rows: int) -> Floats32:
        """The newest rows of the series in these K slots, the newest last, shape (K, at most `rows`)."""
        return ring.newest_rows(self._arrays.ring, slots, self.newest_row, rows)

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
        slots, rows = np.arange(columns.slots), Rows(first, row, self.newest_row)
        suspects = self._comparison.take(columns.values, slots, rows, members, members.used)
        self._arrays.counts[:, views.LAST] = row  # what is learned later closes no block of it again
        self.newest_row = row
        self._upkeep.tick(members, row)
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
        restarted row -> slots of parts that start again in it

        Raises ValueError where older rows come after newer ones of the same series.
        """
        self._arrays.fit(len(members))
        mine = np.zeros(len(members), dtype=np.bool_)
        mine[slots] = True
        self._upkeep.set_floors(slots, members)
        self._upkeep.see_families(members)
        begins = int(times_ms[0]) // self.step_ms // self._block_rows
        self._fine.learn(begins, is_coarse=at_once > TICK_ROWS, blocks=self._arrays.blocks)
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
            yield row, self._comparison.take(chunk, slots, Rows(first, row, before), members, mine)
            self._arrays.counts[slots, views.LAST] = row
            self.newest_row = max(self.newest_row, row)
            if before >= 0 and row // self._block_rows != before // self._block_rows:
                self._upkeep.read_tails(slots, row)
                self._upkeep.look_around(members)
            before = row

    @property
    def fine_blocks(self) -> int:
        """Blocks of history whose rows came one step apart."""
        return self._fine.blocks(self.newest_row // self._block_rows, self._arrays.blocks)

    def finish_learning(self, members: Members) -> None:
        """All history is there: what coarse rows cannot show of noise is taken from the finer ones."""
        newest = self.newest_row // self._block_rows
        self._fine.finish(self._arrays, newest, self._arrays.blocks, self._day)
        if self.newest_row >= 0:
            self._upkeep.read_tails(np.flatnonzero(members.used), self.newest_row)
            self._upkeep.look_around(members)

    def fill(self, times_ms: Integers, values: Floats32, slots: Integers) -> int:
        """Late samples of rows that were seen fill gaps, and nothing is judged anew; how many did.

        times_ms  int64 ms, shape (T,)
        values    float32, shape (N, T), of the N series in `slots`
        """
        rows = times_ms // self.step_ms
        return ring.fill_gaps(self._arrays.ring, slots, values, rows, self.newest_row)

    def warm_up(self, slots: Integers, members: Members) -> None:
        """Series of parts that were just started: they are not judged for some rows."""
        beginnings.warm_up(self._arrays, slots, members)

    def hold(self, slots: Flags) -> None:
        """By slot: of which series nothing is learned as normal from now on.

        A series that is let go again takes its level from the rows that follow.
        """
        self._arrays.hold(slots)

    def settle(self, slots: Integers) -> None:
        """Take these series as they are: they are judged again once their new level is known."""
        self._arrays.settle(slots)

    def snapshot(self) -> dict[str, npt.NDArray[Any]]:
        """Its arrays by name."""
        numbers = np.array([self.newest_row, self._upkeep.ticks, self._fine.first], dtype=np.int64)
        return {**dict(self._arrays.named()), "slopes": self._upkeep.slopes, "numbers": numbers}

    def restore(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Go on from those arrays; raises KeyError where one lacks, ValueError where one does not fit."""
        self._arrays.restore(arrays)
        self._upkeep.slopes = arrays["slopes"].copy()
        numbers = [int(number) for number in arrays["numbers"]]
        self.newest_row, self._upkeep.ticks, self._fine.first = numbers

    def begin(self, begun: Integers, members: Members) -> None:
        """New series in these slots: with a twin's history, with one of zeros, or with none."""
        self._arrays.fit(len(members))
        if len(begun):
            silent = beginnings.begin(self._arrays, begun, members, least=self._day // 2)
            self._upkeep.read_tails(silent, self.newest_row)
            self._upkeep.set_floors(begun, members)
