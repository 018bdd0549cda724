"""One worker: everything that runs in the process, wired together, started and stopped in order."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import structlog

from patternwatch.analysis.conclude import conclude, failed
from patternwatch.analysis.planning import huge_families, plan_shards
from patternwatch.analysis.requests import request_for_alert
from patternwatch.analysis.scan import scan
from patternwatch.classifier.taught import Embedder, TaughtModel, Teachable
from patternwatch.contracts.messages import Alert, AnalysisRequest, Shard, ShardResult, Tick
from patternwatch.contracts.settings import WatchSettings
from patternwatch.contracts.topics import ALERTS, FINDINGS, REQUESTS, SHARDS, TICKS
from patternwatch.cortex import warmup as decoding
from patternwatch.cortex.census import take_census
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.analyst import Analyst
from patternwatch.streams.app import add_agent, build_app, on_partitions
from patternwatch.streams.collector import Collector, CollectorParts
from patternwatch.streams.dead_letters import DeadLetterBox
from patternwatch.streams.episodes import EpisodeLog
from patternwatch.streams.intake import Desk, Intake
from patternwatch.streams.lessons import LessonLog
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.models import ModelKeeper
from patternwatch.streams.namers import TaughtNamers
from patternwatch.streams.outbox import Outbox
from patternwatch.streams.planner import Planner
from patternwatch.streams.progress import ProgressTeller
from patternwatch.streams.records import Acks, Partition, Receipt
from patternwatch.streams.reporting import Reporter
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.topics import ensure_topics, topic_name
from patternwatch.streams.warmup import warm_up
from patternwatch.streams.watchdog import BrokerOffsets, Watchdog
from patternwatch.streams.watcher import Ticker, Watcher, partition_of, watches_by_name

log = structlog.get_logger()

PLANS_AT_ONCE = 8
SWEEP_S = 0.25
WATCHDOG_S = 5.0
_SOURCE_SHARE = 0.5
"""Part of the deadline that is spent on a source that is away; the rest is for the report."""


class WorkerCrashError(Exception):
    """Faust's consumer or one of its agents ended by itself."""


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


class Worker:
    """Planner, analyst, collector and watcher of one process, over one source and one model.

    `start` raises BrokerUnavailableError; `run` returns when `stop` is called and raises what ended it
    by itself (WorkerCrashError, StalledError).
    """

    def __init__(self, settings: WorkerSettings, source: SeriesSource, model: Embedder) -> None:
        self.settings = settings
        self.metrics = WorkerMetrics()
        self.ready = asyncio.Event()
        self._source = source
        self._executor: Executor = ThreadPoolExecutor(2, thread_name_prefix="analysis")
        self._acks = Acks()
        self._outbox = Outbox(settings.kafka, self.metrics)
        self._episodes = EpisodeLog(settings.kafka, self._outbox)
        self._lessons = LessonLog(settings.kafka)
        self._models = ModelKeeper(Teachable(model), settings.model, self.metrics, self._executor)
        self._offsets = BrokerOffsets(settings.kafka, settings.group)
        self._progress = ProgressTeller(self._outbox, now_ms)
        self._assigned: set[Partition] = set()
        self._stopping = asyncio.Event()
        self._app = build_app(settings)
        self._wire()

    async def start(self) -> None:
        """Make the topics, connect, warm up and join the group."""
        if self.settings.source.url.startswith("http"):
            # Nobody waits for it: a shard that comes earlier compiles the same code itself.
            threading.Thread(target=decoding.warm_up, name="warm-up", daemon=True).start()
        await ensure_topics(self.settings.kafka)
        loop = asyncio.get_running_loop()
        namer = TaughtModel(self._models.current)
        warm = loop.run_in_executor(self._executor, warm_up, namer, self.settings.analysis)
        await asyncio.gather(
            self._outbox.start(), self._episodes.start(), self._lessons.start(), self._offsets.start()
        )
        await asyncio.gather(warm, self._app.start())

    async def run(self) -> None:
        """Work until `stop` is called."""
        jobs: list[Callable[[], Coroutine[Any, Any, None]]] = [self._sweep, self._watch_progress]
        if self.settings.watches:
            jobs.append(self._ticker.run)
        if self.settings.model and self.settings.model_poll_s:
            jobs.append(lambda: self._models.run(self.settings.model_poll_s))
        tasks = [asyncio.create_task(job()) for job in (*jobs, self.stopped)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def partitions(self) -> frozenset[Partition]:
        """The partitions that are this worker's now."""
        return frozenset(self._assigned)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    async def stopped(self) -> None:
        """Wait until `stop` is called."""
        await self._stopping.wait()

    async def close(self) -> None:
        """Leave the group and give everything back; what is in hand is read again by another worker."""
        for intake in self._intakes:
            await intake.cancel()
        await self._app.stop()
        await self._progress.settled()
        await asyncio.gather(
            self._outbox.stop(),
            self._episodes.stop(),
            self._lessons.stop(),
            self._offsets.stop(),
            self._source.close(),
        )
        self._executor.shutdown(wait=False, cancel_futures=True)
        log.info("worker.stopped")

    def _wire(self) -> None:
        settings, analysis, metrics = self.settings, self.settings.analysis, self.metrics
        progress = self._progress
        reporter = Reporter(self._outbox, progress, metrics, failed, now_ms)
        dead_letters = DeadLetterBox(self._outbox, metrics, now_ms, settings.kafka.topic_prefix)
        source_s = analysis.deadline_s * _SOURCE_SHARE
        planner = Planner(
            publisher=self._outbox,
            progress=progress,
            reporter=reporter,
            metrics=metrics,
            tenants=settings.tenants,
            request_for_alert=lambda alert, tenant: request_for_alert(alert, tenant, analysis, now_ms()),
            census=lambda request: take_census(
                self._source,
                request,
                huge=lambda counts: huge_families(counts, analysis),
                most=analysis.shard_series,
            ),
            plan_shards=lambda request, census: plan_shards(request, census.counts, analysis, census.cuts),
            analyze_alerts=analysis.analyze_alerts,
            source_s=source_s,
        )
        analyst = Analyst(
            publisher=self._outbox,
            metrics=metrics,
            source=self._source,
            scan=lambda shard, batch, fetch_ms: scan(shard, batch, analysis, fetch_ms),
            executor=self._executor,
            source_s=source_s,
        )
        watcher = Watcher(
            publisher=self._outbox,
            progress=progress,
            reporter=reporter,
            episodes=self._episodes,
            metrics=metrics,
            watches=watches_by_name(settings.watches),
            settings=analysis,
            now_ms=now_ms,
        )
        parts = CollectorParts(
            progress=progress,
            reporter=reporter,
            watches=watcher,
            dead_letters=dead_letters,
            metrics=metrics,
            namers=TaughtNamers(lambda: self._models.current, self._lessons, self._executor),
            conclude=lambda request, results, of, namer: conclude(request, results, namer, analysis, of),
            executor=self._executor,
        )
        self._collector = Collector(parts, deadline_s=analysis.deadline_s, late_s=settings.late_s)
        self._ticker = Ticker(self._outbox, settings.watches, self._owns, now_ms)
        self._add_agents(Desk(self._acks, dead_letters, metrics), planner, analyst, watcher)

    def _add_agents(self, desk: Desk, planner: Planner, analyst: Analyst, watcher: Watcher) -> None:
        async def on_alert(alert: Alert, _: Receipt) -> None:
            await planner.on_alert(alert)

        async def on_request(request: AnalysisRequest, _: Receipt) -> None:
            await planner.on_request(request)

        async def on_shard(shard: Shard, _: Receipt) -> None:
            await analyst.on_shard(shard)

        async def on_tick(tick: Tick, _: Receipt) -> None:
            await watcher.on_tick(tick)

        fetches = self.settings.source.concurrency
        self._intakes: tuple[Intake[Any], ...] = (
            Intake(ALERTS, Alert, on_alert, desk),
            Intake(REQUESTS, AnalysisRequest, on_request, desk, at_once=PLANS_AT_ONCE),
            Intake(SHARDS, Shard, on_shard, desk, at_once=fetches),
            Intake(FINDINGS, ShardResult, self._collector.on_result, desk, keeps=True),
            Intake(TICKS, Tick, on_tick, desk),
        )
        for intake in self._intakes:
            add_agent(self._app, self.settings, intake)
        on_partitions(self._app, self._revoked, self._dealt_out)
        self._watchdog = Watchdog(
            self._offsets,
            self._acks,
            self._intakes,
            self.settings.kafka,
            self.metrics,
            self.settings.stall_timeout_s,
        )

    def _revoked(self) -> None:
        self._assigned = set()
        self._acks.revoke()
        self._collector.revoke()

    def _dealt_out(self, partitions: set[Partition]) -> None:
        self._assigned = partitions
        log.info("partitions.assigned", partitions=len(partitions), group=self.settings.group)
        if partitions:
            self.ready.set()

    def _owns(self, watch: WatchSettings) -> bool:
        ticks = topic_name(self.settings.kafka, TICKS)
        count = self._app.consumer.topic_partitions(ticks)
        return count is not None and (ticks, partition_of(watch, count)) in self._assigned

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            if self._app.crashed:
                raise WorkerCrashError(f"Faust ended: {self._app.crash_reason!r}")
            await self._collector.sweep()

    async def _watch_progress(self) -> None:
        while True:
            await asyncio.sleep(WATCHDOG_S)
            await self._watchdog.check(self._assigned)
