"""Reads what a watch learns from: the source's history, in pieces, whenever nobody else needs the source."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog

from patternwatch.contracts.errors import SourceError, SourceUnavailableError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.source import SeriesSource
from patternwatch.watch.history.history_windows import history_windows

log = structlog.get_logger()

YIELD_S = 0.25
MAX_YIELD_S = 30.0
"""The longest wait before a piece: under a storm that never ends history is read too, slowly."""


@dataclass(frozen=True, slots=True)
class WatchHistory:
    """The history of watched clusters; one piece at a time is read, of all watches.

    busy      whether analyses are under way here: people's and alerts' go first
    source_s  how long, in seconds, a source that is away is tried again
    """

    source: SeriesSource
    turn: asyncio.Semaphore
    busy: Callable[[], bool]
    source_s: float
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def series(self, watch: Watch, until_ms: int, step_ms: int) -> int:
        """How many series there are, about, before `until_ms`. Raises SourceError."""
        matchers = parse_selector(watch.selector)
        recent = Window.ending(until_ms, until_ms, step_ms)
        async with self.turn:
            counts = await with_retries(
                lambda: self.source.count(watch.tenant, matchers, recent), self.source_s
            )
        return sum(counts.values())

    async def read(
        self, watch: Watch, from_ms: int, until_ms: int, step_ms: int, series: int
    ) -> AsyncIterator[SeriesBatch]:
        """The pieces from `from_ms` up to `until_ms`, older before newer; none where nothing is held.

        series  how many there are, about: of many less is read at a time

        A piece that the source refuses (it is older than what may be asked for) is left out, and said.
        Raises SourceUnavailableError.
        """
        matchers = parse_selector(watch.selector)
        for window in history_windows(from_ms, until_ms, step_ms, series):
            await self._let_others_go()
            try:
                async with self.turn:
                    with partial_answers() as told:
                        batch = await with_retries(
                            lambda window=window: self.source.fetch(watch.tenant, matchers, window),  # type: ignore[misc]
                            self.source_s,
                        )
            except SourceUnavailableError:
                raise
            except SourceError as error:
                told_of = {"tenant": watch.tenant, "watch": watch.name, "until_ms": window.end_ms}
                log.warning("watch.history.refused", **told_of, reason=str(error))
                continue
            if len(batch) and not told.words:  # half of a cluster is not how it usually is
                yield batch

    async def _let_others_go(self) -> None:
        waited = 0.0
        while self.busy() and waited < MAX_YIELD_S:
            await self.sleep(YIELD_S)
            waited += YIELD_S
