"""The watcher: analyses watched clusters at every tick, and publishes one report for each episode."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from patternwatch.analysis.requests import request_for_watch
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.messages import AnalysisRequest, Tick
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import AnalysisSettings, WatchSettings
from patternwatch.contracts.topics import REQUESTS, TICKS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.progress import ProgressPublisher
from patternwatch.streams.agents.report_publisher import ReportPublisher
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.episodes import EpisodeStore
from patternwatch.watch.episodes import observe

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ticker:
    """Sends a tick for each watch at each multiple of its interval.

    Every worker runs one; only the owner of the watch's partition of `ticks` sends. In a rebalance two
    may: their ticks are equal, since a tick's time is a multiple of the interval, not the clock's.
    """

    publisher: Publisher
    watches: tuple[WatchSettings, ...]
    owns: Callable[[WatchSettings], bool]
    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def run(self) -> None:
        """Tick for ever."""
        async with asyncio.TaskGroup() as group:
            for watch in self.watches:
                group.create_task(self._run(watch))

    async def _run(self, watch: WatchSettings) -> None:
        interval_ms = max(int(watch.interval_s * 1000), 1)
        while True:
            now = self.now_ms()
            at_ms = now - now % interval_ms + interval_ms
            await self.sleep((at_ms - now) / 1000)
            if self.owns(watch):
                await self.publisher.publish(TICKS, Tick(tenant=watch.tenant, watch=watch.name, at_ms=at_ms))


@dataclass(frozen=True, slots=True)
class Watcher:
    """Works on the topic `ticks`, and on the concluded reports that came of it."""

    publisher: Publisher
    progress: ProgressPublisher
    reports: ReportPublisher
    episodes: EpisodeStore
    metrics: WorkerMetrics
    watches: Mapping[tuple[str, str], WatchSettings]
    settings: AnalysisSettings
    now_ms: Callable[[], int]

    async def on_tick(self, tick: Tick) -> None:
        """Request an analysis; a tick older than its interval is skipped, since a newer one follows.

        Raises NotFoundError for a watch that the settings do not name.
        """
        watch = self._watch(tick.tenant, tick.watch)
        if self.now_ms() - tick.at_ms > max(watch.interval_s, 1.0) * 1000:
            log.warning("tick.skipped", tenant=tick.tenant, watch=tick.watch, at_ms=tick.at_ms)
            self.metrics.ticks_skipped.inc()
            return
        await self.publisher.publish(REQUESTS, request_for_watch(watch, self.settings, tick.at_ms))

    async def conclude(self, request: AnalysisRequest, report: Report, done: int, of: int) -> None:
        """Publish the report as the next revision of its episode, or only that all is quiet.

        Raises NotFoundError for a watch that the settings no longer name.
        """
        watch = self._watch(request.tenant, request.watch)
        episodes = await self.episodes.of(request.tenant, request.watch)
        decision = observe(watch, episodes, report)
        if decision.report is None:
            await self.progress.publish(request, "quiet", done=done, of=of, note=report.reason)
        else:
            await self.reports.publish(request, decision.report, done=done, of=of)
        for episode in decision.episodes:
            await self.episodes.put(episode)
            log.info(
                "episode.stored",
                tenant=episode.tenant,
                watch=episode.watch,
                cause=episode.cause,
                revision=episode.revision,
                open=episode.open,
            )

    def _watch(self, tenant: str, name: str) -> WatchSettings:
        watch = self.watches.get((tenant, name))
        if watch is None:
            raise NotFoundError(
                f"Tenant {tenant!r} has no watch {name!r}", "Add it to the watches of the worker's settings"
            )
        return watch


def watches_by_name(watches: Iterable[WatchSettings]) -> dict[tuple[str, str], WatchSettings]:
    """The watches by tenant and name."""
    return {(watch.tenant, watch.name): watch for watch in watches}
