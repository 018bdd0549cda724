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

from patternwatch.classifier.naming import Namer
from patternwatch.contracts.messages import AnalysisRequest, ShardResult
from patternwatch.contracts.report import Report
from patternwatch.streams.dead_letters import DeadLetterBox
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.namers import Namers
from patternwatch.streams.open_requests import OpenRequest, Outcome, Published
from patternwatch.streams.progress import ProgressTeller
from patternwatch.streams.records import Receipt
from patternwatch.streams.reporting import Reporter

log = structlog.get_logger()

Conclude: TypeAlias = Callable[[AnalysisRequest, list[ShardResult], int, Namer], Report]


class WatchReporter(Protocol):
    """What becomes of a report that a watch asked for."""

    async def conclude(self, request: AnalysisRequest, report: Report, done: int, of: int) -> None:
        """Publish it as an episode's report, or stay quiet."""
        ...


@dataclass(frozen=True, slots=True)
class CollectorParts:
    """What a collector works with."""

    progress: ProgressTeller
    reporter: Reporter
    watches: WatchReporter
    dead_letters: DeadLetterBox
    metrics: WorkerMetrics
    namers: Namers
    conclude: Conclude
    executor: Executor


class Collector:
    """Works on the topic `findings`.

    deadline_s  after the first result of a request: publish what is there
    late_s      after that: no longer wait for the rest
    clock       seconds, monotonic
    """

    def __init__(
        self,
        parts: CollectorParts,
        *,
        deadline_s: float,
        late_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._deadline_s = deadline_s
        self._late_s = late_s
        self._clock = clock
        self._open: dict[tuple[str, str], OpenRequest] = {}
        self._published = Published()
        self._turn = asyncio.Lock()

    async def on_result(self, result: ShardResult, receipt: Receipt) -> None:
        """Take one result in; publishes when it was the last one, or a late one."""
        async with self._turn:
            request = result.request
            if self._published.is_final(request.request_id):
                receipt.done()
                return
            key = (request.tenant, request.request_id)
            opened = self._open.get(key)
            if opened is None:
                opened = OpenRequest(self._clock() + self._deadline_s)
                self._open[key] = opened
            opened.add(result, receipt)
            self._parts.progress.mention(
                request, "analysing", done=len(opened.results), of=opened.of, note=result.reason
            )
            if opened.complete or opened.overdue:
                await self._publish(opened)
            self._count_open()

    async def sweep(self) -> None:
        """Publish what is overdue and let go of what came too late; to be called every second or so."""
        async with self._turn:
            for opened in list(self._open.values()):
                late = self._clock() - opened.deadline
                if late >= 0 and not opened.overdue:
                    opened.overdue = True
                    await self._publish(opened)
                elif late >= self._late_s and opened.overdue:
                    self._close(opened)
            self._count_open()

    def revoke(self) -> None:
        """Forget what is open: the partitions are being dealt out anew and will be read again."""
        self._open.clear()
        self._count_open()

    async def _publish(self, opened: OpenRequest) -> None:
        request, results, of = opened.request, opened.results, opened.of
        revision, complete = opened.revision, opened.complete
        if revision > self._published.revision(request.request_id):
            try:
                await self._conclude(request, results, of, revision)
            except Exception as error:  # noqa: BLE001 - any fault in it must not hold the partition up
                await self._give_up(opened, error)
                complete = True
        final = complete or request.trigger == "watch"
        self._published.remember(request.request_id, Outcome(revision, final))
        if final:
            self._close(opened)

    async def _conclude(
        self, request: AnalysisRequest, results: list[ShardResult], of: int, revision: int
    ) -> None:
        began = time.perf_counter()
        namer = await self._parts.namers.of(request.tenant)
        loop = asyncio.get_running_loop()
        report = await loop.run_in_executor(
            self._parts.executor, self._parts.conclude, request, results, of, namer
        )
        self._parts.metrics.stage_seconds.labels("conclude").observe(time.perf_counter() - began)
        if request.trigger == "watch":
            await self._parts.watches.conclude(request, report, len(results), of)
        else:
            report = report.model_copy(update={"revision": revision})
            await self._parts.reporter.publish(request, report, done=len(results), of=of)

    async def _give_up(self, opened: OpenRequest, error: Exception) -> None:
        reason = f"The report could not be made: {type(error).__name__}: {error}"
        for receipt in opened.receipts:
            await self._parts.dead_letters.bury(receipt.record, error)
        await self._parts.reporter.fail(opened.request, reason)

    def _close(self, opened: OpenRequest) -> None:
        opened.settle()
        key = (opened.request.tenant, opened.request.request_id)
        if self._open.get(key) is opened:  # another one where partitions were dealt out meanwhile
            del self._open[key]

    def _count_open(self) -> None:
        self._parts.metrics.open_requests.set(len(self._open))
