"""Publishing a report: with its time, confirmed, and followed by its progress."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from patternwatch.analysis.report.clock_notes import worker_clock_notes
from patternwatch.analysis.report.report_size import trimmed
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import REPORTS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.looks.later_looks import LaterLooks
from patternwatch.streams.agents.looks.looker import Looker
from patternwatch.streams.agents.looks.outcomes import Concluded
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()

MAX_DECISIONS = 3
"""Tries to decide on a report in time: with a broker that is slower than that, the last one counts."""


@dataclass(frozen=True, slots=True)
class ReportPublisher:
    """Sends reports to the topic `reports`.

    fresh_s  how long, in seconds, what was decided holds good: a process that was stopped longer may have
             lost its partitions, and their new owner may have published a higher revision
    clock    seconds, monotonic: it goes on while the process is stopped
    source_ahead_s  how far the source's clock is ahead of ours: by ours a report bears its time
    """

    publisher: Publisher
    progress: ProgressPublisher
    looker: Looker
    later_looks: LaterLooks
    metrics: WorkerMetrics
    now_ms: Callable[[], int]
    fresh_s: float = 3.0
    clock: Callable[[], float] = time.monotonic
    source_ahead_s: Callable[[], float] = lambda: 0.0
    ending: set[asyncio.Task[None]] = field(default_factory=set)

    async def _send(self, report: Report) -> Report:
        """Publish it, or as much of it as its topic takes: one that was made by hand may take less."""
        notes = dict.fromkeys([*report.notes, *worker_clock_notes(self.source_ahead_s())])
        report = report.model_copy(update={"published_at_ms": self.now_ms(), "notes": list(notes)})
        while True:
            try:
                await self.publisher.publish(REPORTS, report)
            except RecordTooLargeError as error:
                shorter = trimmed(report, len(encode(report)) // 2)
                if len(shorter.findings) == len(report.findings):
                    raise
                kept = {"report_id": report.report_id, "findings": len(shorter.findings)}
                log.warning("report.trimmed", tenant=report.tenant, **kept, reason=str(error))
                report = shorter
            else:
                return report

    async def _tell(
        self, request: AnalysisRequest, report: Report, done: int, of: int, *, was_out: bool
    ) -> None:
        await self.progress.publish_end(request, report, done, of)
        self.metrics.reports.labels(report.status).inc()
        took_s = max(self.now_ms() - request.requested_at_ms, 0) / 1000
        if request.look == 0:
            self.metrics.report_seconds.labels(request.trigger).observe(took_s)
        log.info(
            "report.was_out" if was_out else "report.published",
            tenant=report.tenant,
            request_id=report.request_id,
            report_id=report.report_id,
            revision=report.revision,
            status=report.status,
            findings=len(report.findings),
            seconds=round(took_s, 2),
            verdict=report.verdict,
        )

    async def conclude(self, request: AnalysisRequest, report: Report, *, done: int, of: int) -> None:
        """Publish the report of a look, unless its revision or a higher one is out; then see to the next."""
        await self._end(request, lambda: self.looker.conclude(request, report), done, of)

    async def fail(self, request: AnalysisRequest, reason: str, *, again: bool = True) -> None:
        """Publish that this request failed and why, as a revision (0) that any result beats.

        again  whether another try may help: the looker sees to it

        A report that is out stays, see `Looker.fail`.

        A failed look of a watch is published as progress only, as long as it is tried again.
        """
        log.warning("request.failed", tenant=request.tenant, request_id=request.request_id, reason=reason)
        await self._end(request, lambda: self._failed(request, reason, again), 0, 0)

    async def _failed(self, request: AnalysisRequest, reason: str, again: bool) -> Concluded:
        try:
            return await self.looker.fail(request, reason, again=again)
        except Exception:
            # Of a request whose state cannot be read or made, too, somebody waits for the end.
            log.exception("look.unknown", tenant=request.tenant, request_id=request.request_id)
            return self.looker.unknown(request, reason)

    async def flush(self) -> None:
        """Wait until every report that is being published is out."""
        if self.ending:
            await asyncio.wait(tuple(self.ending))

    async def _end(
        self, request: AnalysisRequest, decide: Callable[[], Awaitable[Concluded]], done: int, of: int
    ) -> None:
        """Publish and store what follows from a look, both or neither when the worker is stopped.

        With the report alone out, the next worker has to look for it on its topic. Planner and collector may
        end looks of one request at once: what was decided before the other had published would go back.
        """
        turn = self.looker.turns.of(f"{request.tenant}/{request.request_id}")
        await turn.acquire()
        try:
            began, concluded = self.clock(), await decide()
        except BaseException:
            turn.release()
            raise
        task = asyncio.create_task(self._publish_and_keep(request, concluded, began, decide, done, of))
        self.ending.add(task)
        task.add_done_callback(self.ending.discard)
        task.add_done_callback(lambda _: turn.release())
        await asyncio.shield(task)

    async def _publish_and_keep(
        self,
        request: AnalysisRequest,
        concluded: Concluded,
        began: float,
        decide: Callable[[], Awaitable[Concluded]],
        done: int,
        of: int,
    ) -> None:
        for _ in range(MAX_DECISIONS - 1):
            if self.clock() - began <= self.fresh_s:
                break
            log.info("report.decided_anew", tenant=request.tenant, request_id=request.request_id)
            began, concluded = self.clock(), await decide()
        report, look = concluded.report, concluded.look
        if report is None:
            if look is not None:
                await self.looker.keep(look)
            if concluded.stage is not None:
                await self.progress.publish(request, concluded.stage, done=done, of=of, note=concluded.note)
            return
        if not concluded.is_out:
            report = await self._send(report)
        # What is told needs no state, and the state nothing that is told: the two go side by side.
        told = asyncio.create_task(self._tell(request, report, done, of, was_out=concluded.is_out))
        try:
            if look is not None:
                await self.looker.keep(look)
                await self.later_looks.joined_meanwhile(report, look)
        finally:
            await told
