"""One watched cluster on the worker that owns its ticks: the tail of its series, and the bank that judges it.

It begins from a snapshot, or from the source's history; what the owner before it saw last and what is there
now are joined by reading the rows between. From then on a tick fetches what is new, and no more.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import structlog

from patternwatch.analysis.report.looks import SETTLE_MS
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.whole_answers import LeftOutError
from patternwatch.streams.agents.watches.services import Bank, WatchServices
from patternwatch.streams.agents.watches.tail import TAIL_ROWS, WatchTail
from patternwatch.streams.consumer.fair_queue import Place
from patternwatch.streams.state.watch_snapshots import Snapshot
from patternwatch.watch.episodes.observation import Observation
from patternwatch.watch.history.history_windows import DAY_MS
from patternwatch.watch.history.settled_rows import MAX_LATE_ROWS, settled

log = structlog.get_logger()
R = TypeVar("R")

MAX_TAIL_ROWS = 480
"""Rows that are read and judged at once after a pause; what lies before them is learned, or left out."""
MAX_SNAPSHOT_AGE_MS = DAY_MS
"""An older snapshot is worth no more than the history from which all is learned anew."""
_TICK_RANK, _LEARN_RANK = 3, 4


class WatchedCluster:
    """What this worker knows of one watch.

    Every method but `take_over` raises AssertionError before that has ended.
    """

    def __init__(self, watch: Watch, services: WatchServices) -> None:
        self.watch = watch
        self._services = services
        self._step_ms = services.settings.step_ms
        self._bank: Bank | None = None
        settings = services.settings
        self.tail = WatchTail(watch, services.source, services.room, settings.step_ms, settings.window_rows)
        self._lock = threading.Lock()
        self.observed_ms = 0
        """The newest row that the bank knows."""
        self.series = 0
        """How many there are, at the last tick."""

    async def take_over(self, at_ms: int, episodes: Sequence[Episode]) -> None:
        """Begin from the last snapshot, or from history; before open episodes, which are nothing normal.

        Raises SourceError, and WatchError where there is no room for so many series.
        """
        until_ms = at_ms - SETTLE_MS - TAIL_ROWS * self._step_ms
        series = await self._services.history.series(self.watch, until_ms, self._step_ms)
        self._services.room.take(self.watch, series)
        until_ms = min([until_ms, *(episode.began_ms for episode in episodes)])
        until_ms -= until_ms % self._step_ms
        bank, since_ms = await self._restored(at_ms)
        # What lies between a snapshot and now is judged, as far as the first tick reaches back.
        learns = bank is None or (until_ms - since_ms) // self._step_ms > MAX_TAIL_ROWS - TAIL_ROWS
        if bank is None:
            bank = self._services.banks.new(
                self._services.settings,
                self._step_ms,
                self.watch.false_reports_a_week,
                self.watch.categories,
            )
            since_ms = at_ms - round(self.watch.history_days * DAY_MS)
        known_ms = since_ms - since_ms % self._step_ms
        if learns:
            async for batch in self._services.history.read(
                self.watch, known_ms + self._step_ms, until_ms, self._step_ms, series
            ):
                await self._run(_LEARN_RANK, lambda batch=batch: bank.learn(batch))  # type: ignore[misc]
            known_ms = max(until_ms - self._step_ms, known_ms)
        self._bank, self.observed_ms = bank, known_ms
        log.info(
            "watch.begun", tenant=self.watch.tenant, watch=self.watch.name, known_until_ms=self.observed_ms
        )

    async def observe(self, at_ms: int) -> Observation | None:
        """What the bank says of the rows that are new; None where none has arrived.

        An answer that leaves series out is not judged: they would seem to be gone. Raises SourceError.
        """
        assert self._bank is not None, "take it over first"
        bank, end_ms = self._bank, at_ms - SETTLE_MS
        end_ms -= end_ms % self._step_ms
        if end_ms <= self.observed_ms:
            return None
        gap = (end_ms - self.observed_ms) // self._step_ms
        rows = TAIL_ROWS if gap <= TAIL_ROWS - 4 else min(gap + 4, MAX_TAIL_ROWS)
        watch = self.watch
        try:
            async with self._services.turn:
                batch = await self.tail.read(end_ms, rows)
        except LeftOutError as error:
            return Observation(at_ms, not_judged=str(error))
        batch = settled(batch)  # with rows that the bank has seen: what came late in them is filled in
        if batch.times[-1] <= self.observed_ms:
            return None
        observation = await self._run(
            _TICK_RANK, lambda: bank.observe(batch, at_ms, watch.muted_at(at_ms), watch.marks)
        )
        self.observed_ms, self.series = int(batch.times[-1]), len(batch)
        self._services.room.note(watch, len(batch))
        return observation

    async def reach_back(self) -> None:
        """Read a piece of what analyses of this cluster look back to, unless some wait for the source."""
        if not self._services.history.busy():
            async with self._services.turn:
                await self.tail.reach_back()

    def let_go(self) -> None:
        """Leave its room to others."""
        self._services.room.leave(self.watch)

    def is_late(self, at_ms: int) -> bool:
        """Whether rows are missing that should be there; between two rows a tick sees nothing new."""
        return at_ms - self.observed_ms > SETTLE_MS + (MAX_LATE_ROWS + 2) * self._step_ms

    async def save(self) -> None:
        """Write a snapshot; one that cannot be written is logged: the next owner learns from the source."""
        assert self._bank is not None, "take it over first"
        bank, observed_ms, snapshots = self._bank, self.observed_ms, self._services.snapshots
        if snapshots is None:
            return
        try:
            data = await self._run(_TICK_RANK, bank.snapshot)
            snapshot = Snapshot(data, observed_ms)
            await asyncio.to_thread(snapshots.write, self.watch, self._step_ms, snapshot)
        except OSError as error:
            log.error(
                "snapshot.not_written", tenant=self.watch.tenant, watch=self.watch.name, reason=str(error)
            )

    async def _restored(self, at_ms: int) -> tuple[Bank | None, int]:
        """The bank of the last snapshot and its newest row; None where there is none of use."""
        snapshots = self._services.snapshots
        if snapshots is None:
            return None, 0
        snapshot = await asyncio.to_thread(snapshots.read, self.watch, self._step_ms)
        if snapshot is None or not 0 <= at_ms - snapshot.observed_ms <= MAX_SNAPSHOT_AGE_MS:
            return None, 0
        banks, settings = self._services.banks, self._services.settings
        try:
            bank = await self._run(
                _TICK_RANK, lambda: banks.restore(snapshot.data, settings, self.watch.categories)
            )
        except ValueError as error:
            log.warning(
                "snapshot.refused",
                tenant=self.watch.tenant,
                watch=self.watch.name,
                reason=f"another release wrote it, or it is broken ({error}): it is learned anew",
            )
            return None, 0
        if not bank.has_history:
            return None, 0  # the source may have some by now
        return bank, snapshot.observed_ms

    async def _run(self, rank: int, work: Callable[[], R]) -> R:
        executor: Executor = self._services.threads.at(
            Place(rank, self.watch.tenant, f"watch/{self.watch.name}")
        )
        return await asyncio.get_running_loop().run_in_executor(executor, lambda: self._alone(work))

    def _alone(self, work: Callable[[], R]) -> R:
        """One thread at a time: work whose handler was cancelled still runs to its end."""
        with self._lock:
            return work()
