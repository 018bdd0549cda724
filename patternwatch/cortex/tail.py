"""A window that is kept up to date: filled once, then only the new samples are fetched.

`TailWindow` is the pure core: samples in, window out, in any order and any number of pieces. `TailReader`
asks a source for what is new, and a little more, since samples arrive late (a remote write queue, a
scrape under way).
"""

import asyncio
from typing import Protocol

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.align import Grid
from patternwatch.cortex.derive import derive_aligned
from patternwatch.cortex.raw import RawSeries

LATE_MS = 60_000
"""How far back every poll looks for samples that were not there at the last one."""
_FIRST_ROOM = 64
_Key = tuple[tuple[str, str], ...]


class TailWindow:
    """The last samples of every series on one grid: a ring of `rows` + 1 steps for each, in one array.

    Step g holds the last sample of (g - 1, g] times `step_ms`, in column g modulo the ring's size, so that
    time moves on by clearing the columns that are used next and nothing is ever moved.
    """

    def __init__(self, rows: int, step_ms: int) -> None:
        self._rows, self._step_ms = rows, step_ms
        self._size = rows + 1  # one step more: the first rate needs the sample before it
        self._newest = 0
        self._places: dict[_Key, int] = {}
        self._labels: list[dict[str, str]] = []
        self._types: list[str] = []
        self._skipped: dict[str, int] = {}
        self._values = np.full((_FIRST_ROOM, self._size), np.nan)
        self._stamps = np.zeros((_FIRST_ROOM, self._size), dtype=np.int64)
        self._last = np.zeros(_FIRST_ROOM, dtype=np.int64)
        self._order: npt.NDArray[np.intp] | None = None

    def __len__(self) -> int:
        """How many series it holds, those included that have ended but still show."""
        return len(self._labels)

    def add(self, raw: RawSeries, end_ms: int) -> None:
        """Move on to `end_ms` (a multiple of the step, not before the last one) and put these samples in.

        Of several samples in one step the last one counts, whenever it comes; of two with the same time
        the first to come. Samples that are too old or lie after `end_ms` are ignored.
        """
        self._move_on(end_ms // self._step_ms)
        places = np.fromiter(map(self._place, raw.labels, raw.types), np.int64, len(raw))
        _write(
            raw.timestamps, raw.values, raw.offsets, places, self._step_ms, self._newest,
            self._values, self._stamps, self._last,
        )  # fmt: skip
        self._skipped.update(raw.skipped)
        self._forget()

    def batch(self, split_ms: int) -> SeriesBatch:
        """The window that ends where the samples do, as one fetch of it would give it.

        Raises ValueError where `split_ms` does not lie inside.
        """
        end_ms = self._newest * self._step_ms
        start_ms = end_ms - (self._rows - 1) * self._step_ms
        window = Window(start_ms=start_ms, split_ms=split_ms, end_ms=end_ms, step_ms=self._step_ms)
        order = self._by_labels()
        columns = np.arange(self._newest - self._size + 1, self._newest + 1) % self._size
        grid = Grid(self._values[order][:, columns], self._stamps[order][:, columns], window)
        samples = RawSeries(
            [self._labels[i] for i in order],
            [self._types[i] for i in order],
            np.zeros(len(order) + 1, dtype=np.int64),
            np.empty(0, np.int64),
            np.empty(0),
            self._skipped,
        )
        return derive_aligned(samples, grid)

    def _move_on(self, step: int) -> None:
        if step < self._newest:
            raise ValueError(f"time goes on: step {step} is before {self._newest}")
        passed = min(step - self._newest, self._size)
        columns = np.arange(step - passed + 1, step + 1) % self._size
        self._values[:, columns] = np.nan
        self._stamps[:, columns] = 0
        self._newest = step

    def _place(self, labels: dict[str, str], kind: str) -> int:
        """The row of a series; a new one gets room of its own."""
        key = tuple(sorted(labels.items()))
        at = self._places.get(key)
        if at is None:
            at = self._places[key] = len(self._labels)
            self._labels.append(labels)
            self._types.append(kind)
            self._order = None
            if at == len(self._values):
                self._resize(2 * at)
        elif kind != "unknown":
            self._types[at] = kind  # metadata may have learned it meanwhile
        return at

    def _resize(self, room: int) -> None:
        values, stamps, last = self._values, self._stamps, self._last
        self._values = np.full((room, self._size), np.nan)
        self._stamps = np.zeros((room, self._size), dtype=np.int64)
        self._last = np.zeros(room, dtype=np.int64)
        kept = min(room, len(values))
        self._values[:kept], self._stamps[:kept], self._last[:kept] = (
            values[:kept],
            stamps[:kept],
            last[:kept],
        )

    def _forget(self) -> None:
        """Drop the series of which the window shows nothing any more."""
        shown = np.flatnonzero(self._last[: len(self)] > self._newest - self._size)
        if len(shown) == len(self):
            return
        keys = list(self._places)
        self._labels = [self._labels[i] for i in shown]
        self._types = [self._types[i] for i in shown]
        self._places = {keys[i]: n for n, i in enumerate(shown)}
        for array, empty in ((self._values, np.nan), (self._stamps, 0), (self._last, 0)):
            array[: len(shown)] = array[shown]
            array[len(shown) :] = empty
        self._order = None

    def _by_labels(self) -> npt.NDArray[np.intp]:
        if self._order is None:
            keys = list(self._places)
            ordered = sorted(range(len(keys)), key=keys.__getitem__)
            self._order = np.array(ordered, dtype=np.intp)
        return self._order


class Samples(Protocol):
    """A source of raw samples, such as PrometheusSource and BundleSource."""

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        """Raw samples of `start_ms <= t <= end_ms`; raises SourceError."""
        ...


class TailReader:
    """Keeps the last `rows` steps of a selection at hand.

    late_ms  how far back every poll looks again; what comes later than that is not seen
    """

    def __init__(
        self,
        source: Samples,
        tenant: str,
        matchers: Matchers,
        *,
        rows: int,
        step_ms: int,
        late_ms: int = LATE_MS,
    ) -> None:
        self._source = source
        self._tenant, self._matchers = tenant, matchers
        self._rows, self._step_ms, self._late_ms = rows, step_ms, max(late_ms, step_ms)
        self._window = TailWindow(rows, step_ms)
        self._end_ms: int | None = None
        self._polling = asyncio.Lock()

    async def poll(self, end_ms: int, split_ms: int) -> SeriesBatch:
        """The window up to `end_ms` (moved down to a multiple of the step).

        The first poll fetches the whole window, and so does one after a pause longer than that. A poll that
        fails changes nothing: the next one asks for what this one did not get.
        Raises SourceError, and ValueError where time went back or the split is not inside the window.
        """
        end_ms -= end_ms % self._step_ms
        async with self._polling:
            oldest_ms = end_ms - (self._rows + 1) * self._step_ms + 1
            fresh = self._end_ms is None or self._end_ms < oldest_ms
            start_ms = oldest_ms
            if self._end_ms is not None and not fresh:
                start_ms = max(oldest_ms, self._end_ms - self._late_ms + 1)
            raw = await self._source.samples(self._tenant, self._matchers, start_ms, end_ms, self._step_ms)
            window = TailWindow(self._rows, self._step_ms) if fresh else self._window
            await asyncio.to_thread(window.add, raw, end_ms)
            self._window, self._end_ms = window, end_ms
            return await asyncio.to_thread(window.batch, split_ms)


@kernel
def _write(
    timestamps: Integers,
    values: Floats,
    offsets: Integers,
    places: Integers,
    step_ms: int,
    newest: int,
    ring: Floats,
    stamps: Integers,
    last: Integers,
) -> None:
    """Put every sample into its column, where it is the latest of its step; note each series' last step."""
    size = ring.shape[1]
    for i in range(len(places)):
        place = places[i]
        for k in range(offsets[i], offsets[i + 1]):
            step = (timestamps[k] + step_ms - 1) // step_ms
            if step > newest or step <= newest - size:
                continue
            column = step % size
            if timestamps[k] > stamps[place, column]:
                ring[place, column] = values[k]
                stamps[place, column] = timestamps[k]
                last[place] = max(last[place], step)
