"""Publishing a report: with its time, confirmed, and followed by its progress."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from patternwatch.analysis.conclude import failed
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import REPORTS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.progress import ProgressPublisher
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReportPublisher:
    """Sends reports to the topic `reports`."""

    publisher: Publisher
    progress: ProgressPublisher
    metrics: WorkerMetrics
    now_ms: Callable[[], int]

    async def publish(self, request: AnalysisRequest, report: Report, *, done: int, of: int) -> Report:
        """Publish this report of this request and return it as it went out."""
        report = report.model_copy(update={"published_at_ms": self.now_ms()})
        await self.publisher.publish(REPORTS, report)
        await self.progress.publish_end(request, report, done, of)
        self.metrics.reports.labels(report.status).inc()
        took_s = max(self.now_ms() - request.requested_at_ms, 0) / 1000
        self.metrics.report_seconds.labels(request.trigger).observe(took_s)
        log.info(
            "report.published",
            tenant=report.tenant,
            request_id=report.request_id,
            report_id=report.report_id,
            revision=report.revision,
            status=report.status,
            findings=len(report.findings),
            seconds=round(took_s, 2),
            verdict=report.verdict,
        )
        return report

    async def fail(self, request: AnalysisRequest, reason: str) -> None:
        """Publish that this request failed and why, as a revision (0) that any result beats.

        A failed look of a watch is published as progress only: the next tick tries again.
        """
        log.warning("request.failed", tenant=request.tenant, request_id=request.request_id, reason=reason)
        if request.trigger == "watch":
            await self.progress.publish(request, "failed", note=reason)
        else:
            report = failed(request, reason).model_copy(update={"revision": 0})
            await self.publish(request, report, done=0, of=0)
