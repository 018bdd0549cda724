"""The watcher: keeps a bank for each watch that is this worker's, and one report for each of its episodes.

A tick fetches what is new and asks the bank. Nothing is published while all is quiet. What the bank opens is
named by an ordinary analysis one tick later, whose report grows as any other, and says in its last revision
that it is over. The owner of a watch's partition of `ticks` alone writes its episodes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from patternwatch.analysis.watched_episode import request_for_episode
from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.messages import Episode, Tick
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.topics import REQUESTS
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.alarms import Alarms
from patternwatch.streams.agents.kept_watches import KeptWatch, KeptWatches
from patternwatch.streams.agents.live_view import LiveView
from patternwatch.streams.agents.looker import Looker
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.episodes import EpisodeStore
from patternwatch.streams.state.watch_book import WatchBook
from patternwatch.watch.episodes import open_episode, step
from patternwatch.watch.live_view import blind_state, learning_state, state_of
from patternwatch.watch.observation import Observation, Opening

log = structlog.get_logger()

SAVED_MS = 600_000
"""Between two snapshots of a watch: the rows since the last one are read again by the next owner."""
MAX_AHEAD_MS = 60_000
"""A tick that lies further ahead came of a clock that is wrong: those until then would seem to be done."""
RECENT_MS = 3_600_000
"""So long after its end an episode is seen to have told its analysis so: the word may be lost in a crash."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Works on the topic `ticks`."""

    publisher: Publisher
    looker: Looker
    episodes: EpisodeStore
    metrics: WorkerMetrics
    watches: WatchBook
    kept: KeptWatches
    view: LiveView
    alarms: Alarms
    settings: AnalysisSettings
    now_ms: Callable[[], int]

    async def on_tick(self, tick: Tick) -> None:
        """Look at a watched cluster; what cannot be looked at now is skipped and said: the next tick sees it.

        Raises what was not foreseen.
        """
        watch = self.watches.of(tick.tenant, tick.watch)
        if watch is None or watch.paused:
            self._skip(tick, "not watched", "It was paused or ended since its tick was sent")
            return
        for gone in self.kept.forget(min(tick.at_ms, self.now_ms())):
            self.metrics.watch_observed.remove(gone.tenant, gone.name)
            self.view.forget(gone.tenant, gone.name)
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
                    self._skip(tick, "source", str(error))
                    await self.view.show(blind_state(watch, str(error), tick.at_ms))

    async def _look(self, watch: Watch, kept: KeptWatch, tick: Tick) -> None:
        await self._reconcile(kept, await self.episodes.of(tick.tenant, tick.watch), tick.at_ms)
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
            self._skip(tick, "no new samples", "The source has no row that is new")
            return
        if observation.not_judged:
            self._skip(tick, "not judged", observation.not_judged)
        await self._take(watch, kept, observation, tick.at_ms)
        kept.tick_ms, kept.is_settled = tick.at_ms, True
        took_s = time.perf_counter() - began
        self._measure(kept, observation, took_s)
        state = state_of(watch, observation, kept.episode, tick.at_ms, kept.cluster.series, 1000 * took_s)
        await self.view.show(state)
        if tick.at_ms - kept.saved_ms >= SAVED_MS:
            kept.saved_ms = tick.at_ms
            await kept.cluster.save()

    async def _take(self, watch: Watch, kept: KeptWatch, observation: Observation, at_ms: int) -> None:
        """What follows for the episode; its analysis is asked for before it is stored: a crash asks anew."""
        if observation.opening is not None:
            kept.opening = observation.opening
        elif not observation.open_goes_on:
            kept.opening = None
        if kept.episode is None:
            # What began in quiet hours and lasts is opened when they end.
            opening = kept.opening if kept.opening and _may_open(watch, kept.opening, at_ms) else None
            observation = replace(observation, opening=opening)
        done = step(
            watch, kept.episode, observation, at_ms, noted_ms=kept.noted_ms, watched_from_ms=kept.begun_ms
        )
        episode = done.episode
        if episode is not None:
            if done.asks:
                request = request_for_episode(watch, episode, self.settings, at_ms)
                await self.publisher.publish(REQUESTS, request)
            if done.changed:
                await self.episodes.put(episode)
                kept.noted_ms, kept.opening = at_ms, None
                _log_episode(episode)
            if done.is_over:
                await self.looker.ended(episode)
            if episode.asked or not episode.open:
                self.alarms.tell(watch, episode, at_ms)
        kept.episode = episode if episode is not None and episode.open else None

    async def _reconcile(self, kept: KeptWatch, episodes: list[Episode], at_ms: int) -> None:
        """Bring what is kept here in line with what all owners stored."""
        stored = open_episode(episodes)
        mine = kept.episode
        if stored is None or mine is None or stored.report_id != mine.report_id:
            kept.episode = stored
        for episode in episodes:
            if episode.open and episode is not stored:  # an earlier release had several at a time
                await self.episodes.put(episode.model_copy(update={"open": False}))
            elif not episode.open and at_ms - episode.last_seen_ms < RECENT_MS:
                await self.looker.ended(episode)
                self.alarms.tell(kept.cluster.watch, episode, at_ms)

    def _skip(self, tick: Tick, reason: str, why: str) -> None:
        where = {"tenant": tick.tenant, "watch": tick.watch, "at_ms": tick.at_ms}
        log.warning("tick.skipped", **where, reason=reason, why=why)
        self.metrics.ticks_skipped.labels(reason).inc()

    def _measure(self, kept: KeptWatch, observation: Observation, seconds: float) -> None:
        watch, metrics = kept.cluster.watch, self.metrics
        metrics.tick_seconds.observe(seconds)
        metrics.watch_observed.labels(watch.tenant, watch.name).set(kept.cluster.observed_ms / 1000)
        metrics.watched_series.set(sum(other.cluster.series for other in self.kept))
        metrics.open_episodes.set(sum(other.episode is not None for other in self.kept))
        metrics.suspects.inc(observation.suspects)
        log.debug(
            "tick.observed",
            tenant=watch.tenant,
            watch=watch.name,
            series=kept.cluster.series,
            suspects=observation.suspects,
            bar=observation.bar,
            said=observation.said,
            ms=round(seconds * 1000),
        )


def _may_open(watch: Watch, opening: Opening, at_ms: int) -> bool:
    muted = any(m.kind == "entity" and m.value == opening.entity for m in watch.muted_at(at_ms))
    return watch.opens_at(at_ms) and not muted


def _log_episode(episode: Episode) -> None:
    log.info(
        "episode.stored",
        tenant=episode.tenant,
        watch=episode.watch,
        cause=episode.cause,
        report_id=episode.report_id,
        open=episode.open,
        asked=episode.asked,
        why=episode.why,
    )
