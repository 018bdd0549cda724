"""Windows of reports that grow: kept between their looks, so that each later look reads what is new only."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import structlog

from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import CURRENT_ROWS, SeriesBatch, Window
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.source import SeriesSource
from patternwatch.cortex.tail import Samples, TailReader

log = structlog.get_logger()

MAX_KEPT_SAMPLES = 6_000_000
"""Samples of all kept windows, 12 bytes each: 20,000 series of 300 rows."""
LATE_ROWS = CURRENT_ROWS // 2
"""Rows that each look reads again: as far back as the analysis takes a series to be late, not ended."""

_Key = tuple[Hashable, str, Matchers]


@dataclass(slots=True)
class _Kept:
    tail: TailReader
    rows: int
    step_ms: int
    end_ms: int
    asked_s: float

    def goes_on_to(self, window: Window) -> bool:
        """Whether the kept window moves on to this one."""
        return (self.rows, self.step_ms) == (window.rows, window.step_ms) and self.end_ms <= window.end_ms

    def is_needed(self, now_s: float) -> bool:
        """Whether it may be asked for again: two looks lie no more than a current part apart."""
        return now_s - self.asked_s <= CURRENT_ROWS * self.step_ms / 1000


@dataclass(slots=True)
class KeptWindows:
    """Fetches windows, and keeps those that will be asked for again a little later.

    source       one that gives raw samples (`Samples`); of another one every window is fetched whole
    max_samples  of all that is kept: the windows that were asked for least recently make room
    late_rows    how many rows each later window reads again at least (`late_ms` of a TailReader)
    clock        the time in seconds
    """

    source: SeriesSource
    max_samples: int = MAX_KEPT_SAMPLES
    late_rows: int = LATE_ROWS
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[_Key, _Kept] = field(default_factory=OrderedDict)

    async def fetch(
        self, name: Hashable, tenant: str, matchers: Matchers, window: Window, *, again: bool
    ) -> SeriesBatch:
        """The series of a window, as `SeriesSource.fetch` gives them; raises what the source raises.

        Where what is kept fails by a fault of ours, it is forgotten and the window fetched whole.

        name   whose window this is; its later windows begin and end later
        again  whether a later one will be asked for: if not, nothing is kept of this one
        """
        key = name, tenant, matchers
        kept = self._kept.get(key)
        # A window off the grid of its step, or before the kept one (a second delivery), is fetched whole.
        on_grid = window.end_ms % window.step_ms == 0
        if kept is None or not on_grid or not kept.goes_on_to(window):
            if not again or not on_grid or not isinstance(self.source, Samples):
                return await self.source.fetch(tenant, matchers, window)
            kept = self._begun(self.source, tenant, matchers, window)
        with partial_answers() as told:
            try:
                batch = await kept.tail.poll(window.end_ms, window.split_ms)
            except (SourceError, InputError):
                raise  # it changed nothing, and a whole window would fare no better
            except Exception:
                log.exception("window.forgotten", tenant=tenant, rows=window.rows)
                self._kept.pop(key, None)
                return await self.source.fetch(tenant, matchers, window)
        kept.end_ms, kept.asked_s = window.end_ms, self.clock()
        self._kept.pop(key, None)
        if again and not told.words:  # the series of a store that comes back would seem to be born
            self._kept[key] = kept
            self._make_room()
        return batch

    @property
    def samples(self) -> int:
        """How many samples are kept, gaps included."""
        return sum(kept.tail.samples for kept in self._kept.values())

    def sweep(self) -> None:
        """Forget the windows that no look will ask for any more: its request went to another worker, say."""
        now_s = self.clock()
        for key in [key for key, kept in self._kept.items() if not kept.is_needed(now_s)]:
            del self._kept[key]

    def _begun(self, source: Samples, tenant: str, matchers: Matchers, window: Window) -> _Kept:
        late_ms = self.late_rows * window.step_ms
        tail = TailReader(source, tenant, matchers, rows=window.rows, step_ms=window.step_ms, late_ms=late_ms)
        return _Kept(tail, window.rows, window.step_ms, window.end_ms, self.clock())

    def _make_room(self) -> None:
        """Forget the windows that were asked for least recently."""
        over = self.samples - self.max_samples
        while over > 0:
            _, oldest = self._kept.popitem(last=False)
            over -= oldest.tail.samples
