"""The agents of one worker, over one source, one publisher and one model: who is given what."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from patternwatch.contracts.topics import REQUESTS, SHARDS, TICKS
from patternwatch.cortex.source import source_ahead_s
from patternwatch.streams.agents.declarations import (
    ANALYST,
    COLLECTOR,
    CONSUMER,
    LOOKER,
    PLANNER,
    TICKER,
    WATCHER,
    Declaration,
)
from patternwatch.streams.agents.looks.clock import LookClock
from patternwatch.streams.agents.planning.alert_handler import AlertHandler
from patternwatch.streams.agents.planning.incidents import Incidents
from patternwatch.streams.agents.planning.parts_under_way import ROUNDS, PartsUnderWay
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.agents.reports.collector import Collector
from patternwatch.streams.agents.reports.collector_services import CollectorServices
from patternwatch.streams.agents.reports.lone_parts import LoneParts
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from patternwatch.streams.agents.reports.report_publisher import ReportPublisher
from patternwatch.streams.agents.shards.analyst import Analyst
from patternwatch.streams.agents.shards.shard_reader import ShardReader
from patternwatch.streams.agents.watches.episode_keeper import EpisodeKeeper
from patternwatch.streams.agents.watches.history import WatchHistory
from patternwatch.streams.agents.watches.kept_watches import KeptWatches
from patternwatch.streams.agents.watches.live_view import LiveView
from patternwatch.streams.agents.watches.parts import WatchParts
from patternwatch.streams.agents.watches.room import WatchRoom
from patternwatch.streams.agents.watches.services import Banks, WatchServices
from patternwatch.streams.agents.watches.ticker import Ticker
from patternwatch.streams.agents.watches.watched_series import WatchedSeries
from patternwatch.streams.agents.watches.watcher import Watcher
from patternwatch.streams.clock import now_ms
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.partitions import Partitions
from patternwatch.streams.consumer.record_handler import ConsumerContext
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.services import Services
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.state.watch_snapshots import SnapshotFolder
from patternwatch.streams.subscriptions import hand_over_lone_parts, subscribe

_SOURCE_SHARE = 0.5
"""Part of the deadline that is spent on a source that is away; the rest is for the report."""


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of one worker, and the consumers that feed them."""

    alert_handler: AlertHandler
    planner: Planner
    analyst: Analyst
    collector: Collector
    watcher: Watcher
    ticker: Ticker
    look_clock: LookClock
    consumers: tuple[TopicConsumer, ...] = field(default=())

    async def flush(self) -> None:
        """Wait until every report and progress that is being published is out."""
        for agent in (self.alert_handler, self.planner):
            await agent.reports.flush()
            await agent.progress.flush()
        await self.collector.flush()


def build_agents(settings: WorkerSettings, services: Services, partitions: Partitions) -> Agents:
    """Every agent with its services."""
    analysts: list[TopicConsumer] = []
    watcher = _watcher(settings, services, lambda: any(c.busy or c.waiting for c in analysts), partitions)
    watched = WatchedSeries(services.watches, watcher.kept, partitions, settings.analysis, now_ms)
    under_way = PartsUnderWay(ROUNDS * settings.source.concurrency, settings.analysis.deadline_s)
    alert_handler = _alert_handler(settings, services, under_way)
    planner = _planner(settings, services, watched, under_way)
    analyst = Analyst(
        publisher=services.publisher_of(ANALYST),
        metrics=services.metrics,
        reader=ShardReader(services.source, services.windows, watched, services.metrics),
        settings=settings.analysis,
        threads=services.threads,
        source_s=settings.analysis.deadline_s * _SOURCE_SHARE,
        attempts=services.attempts,
        is_out=services.looker.is_out,
    )
    dead_letters = DeadLetterPublisher(
        services.publisher_of(CONSUMER), services.metrics, now_ms, settings.kafka.topic_prefix
    )
    parts = _collector_services(settings, services, dead_letters)
    collector = Collector(parts, deadline_s=settings.analysis.deadline_s, late_s=settings.late_s)
    ticker = Ticker(
        services.publisher_of(TICKER),
        services.watches,
        watcher.owns,
        now_ms,
    )
    look_clock = LookClock(
        services.publisher_of(LOOKER),
        services.looks,
        planner.reports,
        services.alert_limits,
        lambda look: partitions.owns(REQUESTS, look.request.tenant, look.request.request_id),
        now_ms,
        began_ms=now_ms(),
    )
    context = ConsumerContext(services.tracker, dead_letters, services.metrics)
    consumers = subscribe((alert_handler, planner, analyst, collector, watcher), settings, context)
    hand_over_lone_parts(consumers, LoneParts(analyst, parts, services.lone_parts_thread), collector)
    services.looks.looks.on_state = under_way.moved
    services.threads.people_wait = lambda: under_way.people_wait
    under_way.listen(services.threads.go_on)
    analysts += [consumer for consumer in consumers if consumer.topic is SHARDS]
    return Agents(alert_handler, planner, analyst, collector, watcher, ticker, look_clock, consumers)


def _reports(
    settings: WorkerSettings, services: Services, declaration: Declaration
) -> tuple[ProgressPublisher, ReportPublisher]:
    publisher = services.publisher_of(declaration)
    progress = ProgressPublisher(publisher, now_ms)
    fresh_s = settings.session_timeout_s / 2
    return progress, ReportPublisher(
        publisher,
        progress,
        services.looker,
        services.later_looks,
        services.metrics,
        now_ms,
        fresh_s,
        source_ahead_s=lambda: source_ahead_s(services.source),
    )


def _alert_handler(settings: WorkerSettings, services: Services, under_way: PartsUnderWay) -> AlertHandler:
    progress, reports = _reports(settings, services, PLANNER)
    return AlertHandler(
        publisher=services.publisher_of(PLANNER),
        progress=progress,
        reports=reports,
        looker=services.looker,
        incidents=Incidents(services.later_looks, services.joined_alerts, settings.analysis, now_ms),
        metrics=services.metrics,
        tenants=settings.tenants,
        settings=settings.analysis,
        now_ms=now_ms,
        limits=services.alert_limits,
        under_way=under_way,
    )


def _planner(
    settings: WorkerSettings, services: Services, watched: WatchedSeries, under_way: PartsUnderWay
) -> Planner:
    progress, reports = _reports(settings, services, PLANNER)
    return Planner(
        publisher=services.publisher_of(PLANNER),
        progress=progress,
        reports=reports,
        looker=services.looker,
        metrics=services.metrics,
        source=services.source,
        tenants=settings.tenants,
        settings=settings.analysis,
        source_s=settings.analysis.deadline_s * _SOURCE_SHARE,
        watched=watched,
        now_ms=now_ms,
        under_way=under_way,
    )


def _watcher(
    settings: WorkerSettings, services: Services, busy: Callable[[], bool], partitions: Partitions
) -> Watcher:
    folder = settings.watch_state
    watched = WatchServices(
        source=services.source,
        turn=asyncio.Semaphore(1),
        history=WatchHistory(
            services.source, asyncio.Semaphore(1), busy, settings.analysis.deadline_s * _SOURCE_SHARE
        ),
        threads=services.threads,
        snapshots=None if folder is None else SnapshotFolder(folder, settings.source.url),
        settings=settings.analysis,
        banks=Banks(),
        room=WatchRoom(settings.watch_memory_mib),
    )
    publisher, kept = services.publisher_of(WATCHER), KeptWatches(watched)
    services.metrics.kept_samples.labels("watches").set_function(lambda: kept.samples)
    return Watcher(
        episodes=EpisodeKeeper(
            publisher, services.later_looks, services.episodes, settings.analysis, services.alarms
        ),
        metrics=services.metrics,
        watches=services.watches,
        kept=kept,
        parts=WatchParts(services.source, publisher, services.watches, settings.analysis.step_ms),
        owns=lambda watch: partitions.owns(TICKS, watch.tenant, watch.name),
        view=LiveView(publisher),
        now_ms=now_ms,
    )


def _collector_services(
    settings: WorkerSettings, services: Services, dead_letters: DeadLetterPublisher
) -> CollectorServices:
    progress, reports = _reports(settings, services, COLLECTOR)
    return CollectorServices(
        progress=progress,
        reports=reports,
        dead_letters=dead_letters,
        metrics=services.metrics,
        classifiers=services.classifiers,
        settings=settings.analysis,
        threads=services.threads,
        attempts=services.attempts,
    )
