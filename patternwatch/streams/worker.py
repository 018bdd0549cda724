"""One worker: everything that runs in the process, started and stopped in order."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from patternwatch.classifier.few_shot import Embedder, FewShotClassifier
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.report import Report
from patternwatch.cortex import warmup as decoding
from patternwatch.cortex.source import SeriesSource
from patternwatch.kafka.offsets import BrokerOffsets, Partition
from patternwatch.kafka.preflight_topics import warn_of_topics
from patternwatch.kafka.probe import answers
from patternwatch.kafka.rights import check_rights
from patternwatch.kafka.topics import ensure_topics
from patternwatch.streams.agents.declarations import ROLES
from patternwatch.streams.consumer.awake_clock import AwakeClock
from patternwatch.streams.consumer.faust_app import add_agent, build_app, on_partitions
from patternwatch.streams.consumer.membership import Membership
from patternwatch.streams.consumer.partitions import AssignedPartitions
from patternwatch.streams.consumer.unread import transport_telling
from patternwatch.streams.consumer.watchdog import Watchdog
from patternwatch.streams.health import CHECKS, WorkerHealth
from patternwatch.streams.services import Services
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.warmup import loaded, set_aside, warm_up
from patternwatch.streams.wiring import build_agents

log = structlog.get_logger()

SWEEP_S = 0.25
WATCHDOG_S = 5.0
_MAX_PAUSE_S = 6 * WATCHDOG_S
"""Between two checks, from which on the process was frozen: Kafka may take most of it to answer a check."""


class WorkerCrashError(Exception):
    """Faust's consumer or one of its agents ended by itself."""


class Worker:
    """Planner, analyst, collector and watcher of one process, over one source and one model.

    `start` raises BrokerUnavailableError; `run` returns when `stop` is called and raises what ended it
    by itself (WorkerCrashError, StalledError).
    """

    def __init__(self, settings: WorkerSettings, source: SeriesSource, model: Embedder) -> None:
        self.settings = settings
        self.ready = asyncio.Event()
        self._services = Services(settings, source, model)
        self.metrics = self._services.metrics
        self.health = WorkerHealth()
        awake = AwakeClock(_MAX_PAUSE_S)
        self._membership = Membership(settings.stall_timeout_s, awake)
        self._offsets = BrokerOffsets(settings.kafka, settings.group)
        self.assigned = AssignedPartitions(settings.kafka, self._offsets.partitions)
        self._agents = build_agents(settings, self._services, self.assigned)
        self._watchdog = Watchdog(
            self._offsets,
            self._services.tracker,
            self._agents.consumers,
            settings.kafka,
            self.metrics,
            settings.stall_timeout_s,
            awake,
            answers=lambda: answers(settings.kafka),
        )
        self._app = build_app(settings, transport_telling(self._offsets.begins, self._services.unread))
        for consumer in self._agents.consumers:
            add_agent(self._app, settings, consumer)
        on_partitions(self._app, self._on_revoked, self._on_assigned)
        self._joined = asyncio.Event()
        self._readiness: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Create the topics, connect, warm up and join the group."""
        services = self._services
        loop = asyncio.get_running_loop()
        classifier = FewShotClassifier(services.models.current)
        warm = loop.run_in_executor(services.threads, warm_up, classifier, self.settings.analysis)
        self._readiness = asyncio.create_task(self._announce_ready(warm))
        await ensure_topics(self.settings.kafka)
        # Faust would wait for ever for a group that it may not join.
        await check_rights(self.settings.kafka, ROLES, self.settings.group)
        await asyncio.gather(services.start(), self._offsets.start(), warn_of_topics(self.settings.kafka))
        await asyncio.gather(warm, self._app.start())

    async def _announce_ready(self, warm: asyncio.Future[Report]) -> None:
        """Say by log and metric when nothing is left that a first analysis would have to wait for."""
        await asyncio.wait((warm,))
        is_http = self.settings.source.url.startswith("http")
        await loaded(decoding.warm_up if is_http else decoding.warm_up_derivation)
        await self._joined.wait()
        set_aside()
        self.health.tell("warm-up")
        self.metrics.ready.set(1)
        log.info("worker.ready", group=self.settings.group)

    async def run(self) -> None:
        """Work until `stop` is called."""
        jobs: list[Coroutine[Any, Any, None]] = [
            self._sweep(),
            self._watch_progress(),
            self._agents.look_clock.run(),
            self._agents.ticker.run(),
            self._agents.watcher.run(),
        ]
        if self.settings.model and self.settings.model_poll_s:
            jobs.append(self._services.models.run(self.settings.model_poll_s))
        tasks = [asyncio.create_task(job) for job in (*jobs, self.stopped())]
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
        return frozenset(self.assigned.now)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    async def stopped(self) -> None:
        """Wait until `stop` is called."""
        await self._stopping.wait()

    async def close(self) -> None:
        """Leave the group and release everything; unacknowledged records are read again by another worker."""
        if self._readiness is not None:
            self._readiness.cancel()
        for consumer in self._agents.consumers:
            await consumer.cancel()
        await self._agents.watcher.kept.close()
        await self._app.stop()
        await self._agents.flush()
        await asyncio.gather(self._services.close(), self._offsets.stop())
        log.info("worker.stopped")

    def _on_revoked(self) -> None:
        log.info("partitions.revoked", partitions=len(self.assigned.now), group=self.settings.group)
        self.assigned.now = set()
        self._membership.revoked()
        self.health.tell("partitions", CHECKS["partitions"])
        self._services.tracker.revoke()
        for consumer in self._agents.consumers:
            consumer.forget_waiting()
        self._agents.planner.revoke()
        self._agents.collector.revoke()
        self._services.attempt_store.revoke()

    def _on_assigned(self, partitions: set[Partition]) -> None:
        self.assigned.now = partitions
        self._joined.set()
        self._services.published.assigned()
        self._membership.assigned()
        self.health.tell("partitions")
        log.info("partitions.assigned", partitions=len(partitions), group=self.settings.group)
        if partitions:
            self.ready.set()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            if self._app.crashed:
                raise WorkerCrashError(f"Faust ended: {self._app.crash_reason!r}")
            await self._agents.collector.sweep()
            self._agents.planner.under_way.sweep()
            self._services.windows.sweep()

    async def _watch_progress(self) -> None:
        while True:
            away = await self._why_away()
            self.health.tell("brokers", away)
            self.health.tell("sending", "" if away else self._services.publisher.why_unsent())
            self._membership.check(brokers_answer=not away)
            await self._watchdog.check(self.assigned.now)
            await asyncio.sleep(WATCHDOG_S)

    async def _why_away(self) -> str:
        try:
            async with asyncio.timeout(WATCHDOG_S):
                await self._services.publisher.ping()
        except TimeoutError:
            return f"Kafka did not answer within {WATCHDOG_S:g} s"
        except BrokerUnavailableError as error:
            return str(error)
        return ""
