"""The event streams of one analysis and of one report (server-sent events, HTML standard 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from patternwatch.api.broadcast import Waiting
from patternwatch.api.context import AppContext
from patternwatch.api.http.event_stream import EVENT_STREAM_HEADERS, RETRY_MS
from patternwatch.api.schemas.reports import ReportRevision
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.progress import TERMINAL_STAGES, Progress


def event_stream(context: AppContext, tenant: str, request_id: str) -> StreamingResponse:
    """The latest state first, then every one that follows, until the analysis is over."""
    return StreamingResponse(
        _stream(context, tenant, request_id), media_type="text/event-stream", headers=EVENT_STREAM_HEADERS
    )


def is_last(state: Progress, event_id: str) -> bool:
    """Whether this id is that of an analysis' last state, so that its reader has heard everything."""
    return state.stage in TERMINAL_STAGES and event_id == _id_of(state)


def nothing_follows() -> Response:
    """204 to a browser that opens an ended stream again: it opens it no more (HTML standard 9.2.1)."""
    return Response(status_code=204, headers=EVENT_STREAM_HEADERS)


async def _stream(context: AppContext, tenant: str, request_id: str) -> AsyncIterator[bytes]:
    # Listen before reading, so that nothing falls between the two.
    with context.broadcaster.listen(tenant, request_id) as queue:
        state = await context.read_model.progress(tenant, request_id)
        yield f"retry: {RETRY_MS}\n\n".encode()
        while True:
            if state.stage in TERMINAL_STAGES:
                yield _event(await _readable(context, state, queue))
                return
            yield _event(state)
            following: Progress | None = None
            while following is None:
                try:
                    async with asyncio.timeout(context.settings.heartbeat_s):
                        following = await queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if following is None:
                    return
            state = following


async def _readable(context: AppContext, state: Progress, queue: Waiting) -> Progress:
    """Hold the end back until its report can be read: the two come over different topics.

    Not for ever: the report may be late or deleted, and the client learns that from the report's URL.
    """
    left_s = context.settings.report_wait_s - (context.clock() - state.at_ms) / 1000
    try:
        async with asyncio.timeout(max(left_s, 0)):
            while state.report_id and not await context.read_model.has_report(state.tenant, state.report_id):
                following = await queue.get()
                if following is None:
                    return state
                state = following if following.stage in TERMINAL_STAGES else state
    except TimeoutError:
        return state
    return state


def _event(progress: Progress) -> bytes:
    return f"id: {_id_of(progress)}\nevent: progress\ndata: ".encode() + encode(progress) + b"\n\n"


def _id_of(progress: Progress) -> str:
    return "-".join(map(str, (progress.stage, progress.done, progress.at_ms)))


def revision_stream(context: AppContext, tenant: str, report_id: str, told: int = -1) -> StreamingResponse:
    """The revision of a report that is there first, then every one that follows, until it grows no more.

    told  the revision that the reader has heard of already
    """
    return StreamingResponse(
        _revisions(context, tenant, report_id, told),
        media_type="text/event-stream",
        headers=EVENT_STREAM_HEADERS,
    )


async def _revisions(context: AppContext, tenant: str, report_id: str, told: int) -> AsyncIterator[bytes]:
    with context.broadcaster.listen(tenant, report_id) as queue:
        yield f"retry: {RETRY_MS}\n\n".encode()
        while True:
            try:
                report = await context.read_model.report_header(tenant, report_id)
            except NotFoundError:
                return  # it was deleted meanwhile
            if report.revision > told:
                told = report.revision
                data = ReportRevision.of(report).model_dump_json()
                yield f"id: {told}\nevent: revision\ndata: {data}\n\n".encode()
            if not report.grows:
                return
            try:
                async with asyncio.timeout(context.settings.heartbeat_s):
                    if await queue.get() is None:
                        return
            except TimeoutError:
                yield b": still here\n\n"
