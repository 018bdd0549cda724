"""The newest samples of a watched cluster: its ticks read them, and analyses of it need no source.

A tick needs a few rows. As long as there is memory to spare, as many are kept as an analysis asks for: what
lies before the first tick is read in pieces, one after each tick.
"""

import structlog

from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.sample_ring import BYTES_PER_SAMPLE
from patternwatch.cortex.source import SeriesSource
from patternwatch.cortex.tail import Samples, TailReader
from patternwatch.cortex.whole_answers import LeftOutError, WholeAnswers
from patternwatch.streams.agents.watches.room import WatchRoom

log = structlog.get_logger()

TAIL_ROWS = 16
"""Rows that a tick has at hand: the first rate needs the row before, and a late row is judged later."""
LATE_TAIL_ROWS = 2
"""Rows of a tail that each tick reads again."""
MAX_PIECE_SAMPLES = 1_000_000
"""Samples of the past that are read after a tick: a second, of a source that is not busy."""


class WatchTail:
    """The tail of one watch.

    source      one that gives raw samples (`Samples`); of another one every window is fetched whole
    room        the memory of all watches
    step_ms     between two rows
    asked_rows  of the windows of analyses
    """

    def __init__(
        self, watch: Watch, source: SeriesSource, room: WatchRoom, step_ms: int, asked_rows: int
    ) -> None:
        self._watch, self._source, self._room, self._step_ms = watch, source, room, step_ms
        self._matchers = parse_selector(watch.selector)
        self._long_rows = asked_rows + TAIL_ROWS
        self._rows = TAIL_ROWS
        self.reader: TailReader | None = None
        """What it holds; None before the first tick."""

    @property
    def samples(self) -> int:
        """How many samples are kept, gaps included."""
        return self.reader.samples if self.reader is not None else 0

    async def read(self, end_ms: int, rows: int) -> SeriesBatch:
        """The newest rows up to `end_ms`, a multiple of the step.

        Where what is kept fails by a fault of ours, it is forgotten and the window fetched whole. Raises
        SourceError, of which LeftOutError where the source did not give everything.
        """
        reader = self._fitting()
        if reader is None or rows > self._rows:
            return await self._whole(end_ms, rows)
        try:
            return await reader.poll(end_ms, end_ms, rows)
        except (SourceError, InputError):
            raise
        except Exception:
            log.exception("tail.forgotten", tenant=self._watch.tenant, watch=self._watch.name)
            self.reader = None
            return await self._whole(end_ms, rows)

    async def reach_back(self) -> None:
        """Read a piece of what lies before, where not all is there that is kept; a failure is logged."""
        reader = self.reader
        if reader is None:
            return
        try:
            await reader.reach_back(max(MAX_PIECE_SAMPLES // max(len(reader), 1), 1))
        except SourceError as error:
            told_of = {"tenant": self._watch.tenant, "watch": self._watch.name}
            log.warning("tail.not_reached_back", **told_of, reason=str(error))

    def _fitting(self) -> TailReader | None:
        """The reader, begun anew where there is more or less memory for it than before."""
        if not isinstance(self._source, Samples):
            return None
        series = max(self._room.series(self._watch), len(self.reader) if self.reader is not None else 0)
        may_be_long = self._room.lend(self._watch, series * (self._long_rows + 1) * BYTES_PER_SAMPLE)
        rows = self._long_rows if may_be_long else TAIL_ROWS
        if self.reader is None or rows != self._rows:
            self._rows = rows
            self.reader = TailReader(
                WholeAnswers(self._source),
                self._watch.tenant,
                self._matchers,
                rows=rows,
                step_ms=self._step_ms,
                late_ms=LATE_TAIL_ROWS * self._step_ms,
            )
        return self.reader

    async def _whole(self, end_ms: int, rows: int) -> SeriesBatch:
        start_ms = end_ms - (rows - 1) * self._step_ms
        window = Window(start_ms=start_ms, split_ms=end_ms, end_ms=end_ms, step_ms=self._step_ms)
        with partial_answers() as told:
            batch = await self._source.fetch(self._watch.tenant, self._matchers, window)
        if told.words:
            raise LeftOutError(told.words)
        return batch
