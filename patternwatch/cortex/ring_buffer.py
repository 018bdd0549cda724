"""The last samples of many series on one grid: samples in, a window of all or of some of them out.

Each series has a row of the ring, which it keeps for as long as that shows anything of it.
"""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import Labels, SeriesBatch, Window
from patternwatch.contracts.skipped import Skipped
from patternwatch.cortex.align import Grid
from patternwatch.cortex.derive import derive_aligned
from patternwatch.cortex.histogram_parts import KeptHistograms
from patternwatch.cortex.name_roles import KeptRoles
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.sample_ring import SampleRing
from patternwatch.cortex.series_slots import SeriesSlots

_NAME = "__name__"
_AT_ONCE = 16
"""Rows in which a first sample is looked for: mostly it is in the first."""


class Cut(NamedTuple):
    """Series on the grid of a window, copied out of a ring; `series` says only whose the samples are."""

    series: RawSeries
    grid: Grid


class RingBuffer:
    """The last `rows` steps of each series, and one step more: the first rate needs the sample before it.

    Of several samples in one step the last one counts, whenever it comes; of two with the same time the first
    to come.
    """

    def __init__(self, rows: int, step_ms: int) -> None:
        self._rows, self._step_ms = rows, step_ms
        self._ring, self._slots = SampleRing(rows + 1, step_ms), SeriesSlots()
        self._skipped: Skipped = {}
        self._histograms, self._roles = KeptHistograms(), KeptRoles()

    def __len__(self) -> int:
        """How many series it holds, those included that have ended but still show."""
        return len(self._slots)

    @property
    def half_until_ms(self) -> int:
        """The end of the last step of which half of its series have a sample; 0 where it holds none."""
        last = self._ring.last[self._slots.taken]
        return int(np.median(last)) * self._step_ms if len(last) else 0

    @property
    def begins_ms(self) -> int:
        """From when on it has room for samples."""
        return (self._ring.first - 1) * self._step_ms + 1

    def add(self, raw: RawSeries, end_ms: int) -> None:
        """Move on to `end_ms` (a multiple of the step, not before the last one) and put these samples in.

        Samples that are too old or lie after `end_ms` are ignored. Raises ValueError where time goes back.
        """
        self._ring.move_on(end_ms // self._step_ms)
        is_first = not len(self._slots)  # what comes first are nearly all series that will ever be
        slots = self._slots.of(raw)
        self._ring.fit(len(self._slots.labels), exactly=is_first)
        self._ring.put(raw, slots)
        self._skipped = {**self._skipped, **raw.skipped}
        ended = self._ring.last[: len(self._slots.labels)] < self._ring.first
        for slot in np.flatnonzero(ended).tolist():
            if self._slots.let_go(slot):
                self._ring.clear(slot)

    def batch(self, split_ms: int) -> SeriesBatch:
        """The window that ends where the samples do, as one fetch of it would give it.

        Raises ValueError where `split_ms` does not lie inside.
        """
        return self.derived(self.cut(self.window(split_ms, self._rows)))

    def window(self, split_ms: int, rows: int) -> Window:
        """The window of the newest rows; raises ValueError where `split_ms` does not lie inside."""
        end_ms = self._ring.newest * self._step_ms
        start_ms = end_ms - (rows - 1) * self._step_ms
        return Window(start_ms=start_ms, split_ms=split_ms, end_ms=end_ms, step_ms=self._step_ms)

    def cut(self, window: Window, matchers: Matchers = ()) -> Cut:
        """The series with these labels that have a sample in the window, or in the row before it.

        Of rows that are newer than the ring nothing is known yet. Raises ValueError where the window begins
        before the ring does, or lies on another grid.
        """
        first, slots = self._step_before(window), self._chosen(matchers)
        values, stamps = self._ring.samples(slots, first, window.rows + 1)
        there = stamps.any(axis=1)
        if not there.all():
            slots, values, stamps = slots[there], values[there], stamps[there]
        return Cut(self._described(slots.tolist(), matchers), Grid(values, stamps, window))

    def derived(self, cut: Cut) -> SeriesBatch:
        """What was cut as series that can be compared, its grid changed in place; one at a time."""
        return derive_aligned(cut.series, cut.grid, self._histograms, self._roles)

    def seen(self, window: Window, matchers: Matchers) -> list[Labels]:
        """The series with these labels that have a sample in the window. Raises what `cut` raises."""
        first, slots = self._step_before(window) + 1, self._chosen(matchers)
        slots = slots[self._ring.last[slots] >= first]
        newer = self._ring.newest - first - window.rows + 1
        if newer > 0:
            slots = slots[self._ring.has_samples(slots, first, window.rows).any(axis=1)]
        return [self._slots.labels[slot] for slot in slots.tolist()]

    def first_ms(self, window: Window, matchers: Matchers) -> int | None:
        """The time of the first sample of these series in the window; None without one."""
        first, slots = self._step_before(window) + 1, self._chosen(matchers)
        for at in range(0, window.rows, _AT_ONCE):
            _, stamps = self._ring.samples(slots, first + at, min(_AT_ONCE, window.rows - at))
            if stamps.any():
                return int(stamps[stamps > 0].min())
        return None

    def _step_before(self, window: Window) -> int:
        before = window.start_ms // self._step_ms - 1
        on_grid = window.start_ms % self._step_ms == 0 and window.step_ms == self._step_ms
        if not on_grid or before < self._ring.first:
            raise ValueError(f"the ring begins at {self.begins_ms}, with a row each {self._step_ms} ms")
        return before

    def _chosen(self, matchers: Matchers) -> Integers:
        slots, index = self._slots.by_labels()
        return slots[index.matching(matchers)] if matchers else slots

    def _described(self, slots: list[int], matchers: Matchers) -> RawSeries:
        of_names = [matcher for matcher in matchers if matcher.name == _NAME]
        skipped = {
            reason: {name: n for name, n in own.items() if all(m.matches({_NAME: name}) for m in of_names)}
            for reason, own in self._skipped.items()
        }
        return RawSeries(
            [self._slots.labels[slot] for slot in slots],
            [self._slots.types[slot] for slot in slots],
            np.zeros(len(slots) + 1, dtype=np.int64),
            np.empty(0, np.int64),
            np.empty(0),
            {reason: own for reason, own in skipped.items() if own},
        )
