"""The collector: gathers the results of a request and publishes its report.

Its records stay unacknowledged until the report is confirmed, so a crash replays them. After the
deadline it publishes what it has, and a late shard gives a higher revision.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import structlog

from patternwatch.analysis.conclude import conclude
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.errors import in_words
from patternwatch.contracts.messages import AnalysisRequest, ShardResult
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.streams.agents.attempts import Attempts
from patternwatch.streams.agents.pending_requests import (
    LookKey,
    PendingRequest,
    Publication,
    PublishedRevisions,
    look_key,
)
from patternwatch.streams.agents.progress import ProgressPublisher
from patternwatch.streams.agents.report_publisher import ReportPublisher
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.records import Delivery
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.classifiers import ClassifierProvider

log = structlog.get_logger()


Conclude: TypeAlias = Callable[
    [AnalysisRequest, list[ShardResult], ShapeClassifier, AnalysisSettings, int], Report
]


class WatchReporter(Protocol):
    """What becomes of a report that a watch asked for."""

    async def conclude(self, request: AnalysisRequest, report: Report, done: int, of: int) -> None:
        """Publish it as an episode's report, or stay quiet."""
        ...


@dataclass(frozen=True, slots=True)
class CollectorServices:
    """What a collector works with."""

    progress: ProgressPublisher
    reports: ReportPublisher
    watches: WatchReporter
    dead_letters: DeadLetterPublisher
    metrics: WorkerMetrics
    classifiers: ClassifierProvider
    settings: AnalysisSettings
    executor: Executor
    attempts: Attempts
    conclude: Conclude = conclude


class Collector:
    """Works on the topic `shard-results`.

    deadline_s  after the first result of a request: publish what is there
    late_s      after that: no longer wait for the rest
    clock       seconds, monotonic
    """

    def __init__(
        self,
        services: CollectorServices,
        *,
        deadline_s: float,
        late_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._deadline_s = deadline_s
        self._late_s = late_s
        self._clock = clock
        self._pending: dict[LookKey, PendingRequest] = {}
        self._published = PublishedRevisions()
        self._turn = asyncio.Lock()

    async def on_result(self, result: ShardResult, delivery: Delivery) -> None:
        """Take one result in; publishes when it was the last one, or a late one."""
        async with self._turn:
            request = result.request
            key = look_key(request)
            if self._published.is_final(key):
                delivery.done()
                return
            pending = self._pending.get(key)
            if pending is None:
                pending = PendingRequest(self._clock() + self._deadline_s)
                self._pending[key] = pending
            pending.add(result, delivery)
            self._services.progress.publish_nowait(
                request, "analysing", done=len(pending.results), of=pending.of, note=result.reason
            )
            if pending.complete or pending.overdue:
                await self._publish(pending)
            self._count_open()

    async def sweep(self) -> None:
        """Publish what is overdue and let go of what came too late; to be called every second or so."""
        async with self._turn:
            for pending in list(self._pending.values()):
                late = self._clock() - pending.deadline
                if late >= 0 and not pending.overdue:
                    pending.overdue = True
                    try:
                        await self._publish(pending)
                    except Exception:  # one report must not end the others': the clock of looks tells of it
                        log.exception("report.stuck", request_id=pending.request.request_id)
                elif late >= self._late_s and pending.overdue:
                    self._close(pending)
            self._count_open()

    def revoke(self) -> None:
        """Forget what is pending: the partitions are being assigned anew and will be read again."""
        self._pending.clear()
        self._count_open()

    async def flush(self) -> None:
        """Wait until every report and progress that is being published is out."""
        await self._services.reports.flush()
        await self._services.progress.flush()

    async def _publish(self, pending: PendingRequest) -> None:
        request, results, of = pending.request, pending.results, pending.of
        revision, complete, key = pending.revision, pending.complete, look_key(request)
        if revision > self._published.revision(key):
            try:
                name = request.request_id
                async with self._services.attempts.of(request.tenant, "report", name) as begun:
                    await begun.noted
                    await self._conclude(request, results, of, revision)
            except Exception as error:  # noqa: BLE001 - any fault in it must not hold the partition up
                await self._give_up(pending, error)
                complete = True
        final = complete or request.trigger == "watch"
        self._published.remember(key, Publication(revision, final))
        if final:
            self._close(pending)

    async def _conclude(
        self, request: AnalysisRequest, results: list[ShardResult], of: int, revision: int
    ) -> None:
        began = time.perf_counter()
        classifier = await self._services.classifiers.of(request.tenant)
        loop = asyncio.get_running_loop()
        report = await loop.run_in_executor(
            self._services.executor,
            self._services.conclude,
            request,
            results,
            classifier,
            self._services.settings,
            of,
        )
        self._services.metrics.stage_seconds.labels("conclude").observe(time.perf_counter() - began)
        if request.trigger == "watch":
            await self._services.watches.conclude(request, report, len(results), of)
        else:
            report = report.model_copy(update={"revision": revision})
            await self._services.reports.conclude(request, report, done=len(results), of=of)

    async def _give_up(self, pending: PendingRequest, error: Exception) -> None:
        """The failed report first: it must come out, whatever becomes of the dead letters."""
        if self._published.revision(look_key(pending.request)) < 0:  # else what is out stays
            reason = in_words("The report could not be made", error)
            await self._services.reports.fail(pending.request, reason)
        for delivery in pending.deliveries:
            await self._services.dead_letters.send(delivery.record, error)

    def _close(self, pending: PendingRequest) -> None:
        pending.acknowledge()
        key = look_key(pending.request)
        if self._pending.get(key) is pending:  # another one if partitions were assigned anew meanwhile
            del self._pending[key]

    def _count_open(self) -> None:
        self._services.metrics.open_requests.set(len(self._pending))
