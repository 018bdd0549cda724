"""The watcher: keeps a bank for each watch that is this worker's, and one report for each of its episodes.

A tick fetches what is new and asks the bank. Nothing is published while all is quiet. What the bank opens is
named by an ordinary analysis one tick later, whose report grows as any other, and says in its last revision
that it is over. The owner of a watch's partition of `ticks` alone writes its episodes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

import structlog

from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.watches import Watch
from patternwatch.streams.agents.watches.episode_keeper import EpisodeKeeper
from patternwatch.streams.agents.watches.kept_watches import KeptWatch, KeptWatches
from patternwatch.streams.agents.watches.live_view import LiveView
from patternwatch.streams.agents.watches.measures import measure
from patternwatch.streams.agents.watches.parts import WatchParts
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.watch_book import WatchBook
from patternwatch.watch.episodes.live_view import blind_state, divided_state, learning_state, state_of

log = structlog.get_logger()

SAVED_MS = 600_000
"""Between two snapshots of a watch: the rows since the last one are read again by the next owner."""
NOTHING_NEW = "The source has no row that is new"
TURN_S = 5.0
TURNS_TO_LEFT = 12
"""Turns between two looks for episodes that nobody has: each reads what is new on a topic."""
MAX_AHEAD_MS = 60_000
"""A tick that lies further ahead came of a clock that is wrong: those until then would seem to be done."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Works on the topic `ticks`."""

    episodes: EpisodeKeeper
    metrics: WorkerMetrics
    watches: WatchBook
    kept: KeptWatches
    parts: WatchParts
    owns: Callable[[Watch], bool]
    view: LiveView
    now_ms: Callable[[], int]
    skipped: dict[tuple[str, str], str] = field(default_factory=dict)
    """Why the last tick of a watch was skipped, by tenant and watch: said again after one that is not."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def on_tick(self, tick: Tick) -> None:
        """Look at a watched cluster; what cannot be looked at now is skipped and said: the next tick sees it.

        Raises what was not foreseen.
        """
        watch = self.watches.of(tick.tenant, tick.watch)
        if watch is None or watch.paused:
            self._skip(tick, "not watched", "It was paused or ended since its tick was sent")
            return
        if watch.each:
            await self._divide(watch, tick)
            return
        for silent in self.kept.silent(min(tick.at_ms, self.now_ms())):
            self._let_go(silent)
        kept = self.kept.of(watch)
        if not kept.heard_ms:
            self.metrics.watch_observed.labels(watch.tenant, watch.name).set(tick.at_ms / 1000)
        kept.heard_ms = max(kept.heard_ms, min(tick.at_ms, self.now_ms()))
        late_ms = self.now_ms() - tick.at_ms
        if tick.at_ms <= kept.tick_ms:
            return  # delivered again
        if late_ms > max(watch.interval_s, 1.0) * 1000:
            self._skip(tick, "old", "The worker does not keep up")
        elif late_ms < -MAX_AHEAD_MS:
            self._skip(tick, "ahead", "It lies in the future: see whether the workers' clocks agree")
        elif kept.turn.locked():
            self._skip(tick, "busy", "The tick before is still looked at")
        else:
            async with kept.turn:
                try:
                    await self._look(watch, kept, tick)
                except (SourceError, InputError) as error:
                    await self._say_blind(watch, tick, error)

    async def run(self) -> None:
        """See to watches that have ended or rest, for ever: no tick comes of them any more."""
        for turn in count(1):
            await self.sleep(TURN_S)
            await self.turn()
            if turn % TURNS_TO_LEFT == 0:
                await self.close_left()
                await self.end_left_parts()

    async def turn(self) -> None:
        """Close the episodes of watches that have ended, are paused or divided: nobody would see their end.

        What goes on when a paused one is resumed is opened again.
        """
        for kept in self.kept:
            watch = kept.cluster.watch
            now = self.watches.of(watch.tenant, watch.name)
            if _is_judged(now) or kept.turn.locked():
                continue
            async with kept.turn:
                await self.episodes.close(kept)
            if now is None or now.each:
                self._let_go(watch)

    async def close_left(self) -> None:
        """Close the episodes of watches that ended while nobody had them: their alerts end by themselves."""
        for episode in await self.episodes.left_open(self.now_ms()):
            watch = self.watches.of(episode.tenant, episode.watch)
            if self.watches.knows(episode.tenant) and not _is_judged(watch):
                await self.episodes.end(episode)

    async def end_left_parts(self) -> None:
        """End the parts of watches that ended: each worker those whose ticks are its own."""
        for part in self.parts.left():
            if self.owns(part):
                await self.parts.end(part)

    async def _divide(self, watch: Watch, tick: Tick) -> None:
        """Have each value of its label watched."""
        try:
            values = await self.parts.refresh(watch, tick.at_ms)
        except (SourceError, InputError) as error:
            await self._say_blind(watch, tick, error)
        else:
            await self.view.show(divided_state(watch, values, tick.at_ms))

    async def _say_blind(self, watch: Watch, tick: Tick, error: Exception) -> None:
        self._skip(tick, "source", str(error))
        await self.view.show(blind_state(watch, str(error), tick.at_ms))

    def _let_go(self, watch: Watch) -> None:
        self.kept.drop(watch)
        self.metrics.watch_observed.remove(watch.tenant, watch.name)
        self.view.forget(watch.tenant, watch.name)
        self.skipped.pop((watch.tenant, watch.name), None)

    async def _look(self, watch: Watch, kept: KeptWatch, tick: Tick) -> None:
        await self.episodes.reconcile(kept, tick)
        learning = await kept.why_not_begun(tick.at_ms)
        if learning:
            self._skip(tick, "learning", learning)
            await self.view.show(learning_state(watch, learning, tick.at_ms))
            return
        began, was_settled = time.perf_counter(), kept.is_settled
        kept.is_settled = False
        try:
            observation = await kept.cluster.observe(tick.at_ms)
        except (SourceError, InputError):
            kept.is_settled = was_settled
            raise
        if observation is None:
            kept.is_settled = was_settled
            if kept.cluster.is_late(tick.at_ms):
                self._skip(tick, "no new samples", NOTHING_NEW)
                await self.view.show(blind_state(watch, NOTHING_NEW, tick.at_ms))
            return
        if observation.not_judged:
            self._skip(tick, "not judged", observation.not_judged)
        else:
            self.skipped.pop((tick.tenant, tick.watch), None)
        await self.episodes.take(watch, kept, observation, tick.at_ms)
        # What the bank has opened and may not be stored yet is lost to whoever begins from a snapshot.
        kept.tick_ms, kept.is_settled = tick.at_ms, kept.opening is None
        took_s = time.perf_counter() - began
        measure(self.metrics, self.kept, kept, observation, took_s)
        state = state_of(watch, observation, kept.episodes, tick.at_ms, kept.cluster.series, 1000 * took_s)
        await self.view.show(state)
        if kept.is_settled and tick.at_ms - kept.saved_ms >= SAVED_MS:
            kept.saved_ms = tick.at_ms
            await kept.cluster.save()
        await kept.cluster.reach_back()

    def _skip(self, tick: Tick, reason: str, why: str) -> None:
        where = {"tenant": tick.tenant, "watch": tick.watch, "at_ms": tick.at_ms}
        if self.skipped.get((tick.tenant, tick.watch)) != why:
            self.skipped[tick.tenant, tick.watch] = why
            log.warning("tick.skipped", **where, reason=reason, why=why)
        self.metrics.ticks_skipped.labels(reason).inc()


def _is_judged(watch: Watch | None) -> bool:
    """Whether it is looked at as one: not where it has ended, is paused, or is divided."""
    return watch is not None and not watch.paused and not watch.each
