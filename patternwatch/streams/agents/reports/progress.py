"""How far an analysis has come, published on the topic `progress`."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from patternwatch.contracts.progress import Progress, Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import PROGRESS
from patternwatch.kafka.producer import Publisher, RecordPosition

PAUSE_S = 0.1
"""Nobody sees a stage that is over sooner, and of a small analysis every stage is."""

_Key: TypeAlias = tuple[str, str]
"""Tenant and request."""


class ProgressPublisher:
    """Publishes the stages of requests.

    `publish_nowait` does not wait: an intermediate stage costs the report no time, the next one within
    `pause_s` takes its place, and one that is lost in a crash is published again with the redelivery.
    `publish` waits, for the end of a request.
    """

    def __init__(self, publisher: Publisher, now_ms: Callable[[], int], pause_s: float = PAUSE_S) -> None:
        self._publisher = publisher
        self._now_ms = now_ms
        self._pause_s = pause_s
        self._waiting: dict[_Key, Progress] = {}
        self._tasks: set[asyncio.Task[RecordPosition]] = set()

    def publish_nowait(
        self, request: AnalysisRequest, stage: Stage, *, done: int = 0, of: int = 0, note: str = ""
    ) -> None:
        """Publish soon, in the order of the calls, that this request is at this stage."""
        key = (request.tenant, request.request_id)
        self._tell_note(key)
        if key not in self._waiting:
            asyncio.get_running_loop().call_later(self._pause_s, self._tell, key)
        self._waiting[key] = self._progress(request, stage, done, of, note, "")

    def _tell_note(self, key: _Key) -> None:
        """Tell the stage that waits if it says what went wrong: no later one takes its place."""
        if key in self._waiting and self._waiting[key].note:
            self._tell(key)

    def _tell(self, key: _Key) -> None:
        message = self._waiting.pop(key, None)
        if message is not None:
            task = asyncio.create_task(self._publisher.publish(PROGRESS, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def flush(self) -> None:
        """Wait until everything that was published so far is out."""
        for key in list(self._waiting):
            self._tell(key)
        await self._told()

    async def _told(self) -> None:
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def publish(
        self,
        request: AnalysisRequest,
        stage: Stage,
        *,
        done: int = 0,
        of: int = 0,
        note: str = "",
        report_id: str = "",
    ) -> None:
        """Publish that this request has reached this stage, after all that was published before."""
        message = self._progress(request, stage, done, of, note, report_id)
        key = (request.tenant, request.request_id)
        self._tell_note(key)
        self._waiting.pop(key, None)
        await self._told()
        await self._publisher.publish(PROGRESS, message)

    async def publish_end(self, request: AnalysisRequest, report: Report, done: int, of: int) -> None:
        """Publish that this request's report is out."""
        await self.publish(
            request,
            "failed" if report.status == "failed" else "concluded",
            done=done,
            of=of,
            note=report.reason,
            report_id=report.report_id,
        )

    def _progress(
        self, request: AnalysisRequest, stage: Stage, done: int, of: int, note: str, report_id: str
    ) -> Progress:
        return Progress(
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
