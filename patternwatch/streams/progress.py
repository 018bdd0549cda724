"""How far an analysis has come, told on the progress topic."""

from collections.abc import Callable

from patternwatch.contracts.messages import AnalysisRequest, Progress, Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import PROGRESS
from patternwatch.streams.outbox import Publisher


class ProgressTeller:
    """Publishes the stages of requests."""

    def __init__(self, publisher: Publisher, now_ms: Callable[[], int]) -> None:
        self._publisher = publisher
        self._now_ms = now_ms

    async def tell(
        self,
        request: AnalysisRequest,
        stage: Stage,
        *,
        done: int = 0,
        of: int = 0,
        note: str = "",
        report_id: str = "",
    ) -> None:
        """Publish that this request has reached this stage."""
        message = Progress(
            request_id=request.request_id,
            tenant=request.tenant,
            trigger=request.trigger,
            title=request.title,
            stage=stage,
            done=done,
            of=of,
            note=note,
            report_id=report_id,
            at_ms=self._now_ms(),
        )
        await self._publisher.publish(PROGRESS, message)

    async def tell_end(self, request: AnalysisRequest, report: Report, done: int, of: int) -> None:
        """Publish that this request's report is out."""
        await self.tell(
            request,
            "failed" if report.status == "failed" else "concluded",
            done=done,
            of=of,
            note=report.reason,
            report_id=report.report_id,
        )
