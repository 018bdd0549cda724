"""The event streams of one analysis and of one report (server-sent events, HTML standard 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from patternwatch.api.broadcast import Waiting
from patternwatch.api.context import AppContext
from patternwatch.api.schemas.reports import ReportRevision
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.messages import TERMINAL_STAGES, Progress

_RETRY_MS = 2000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event_stream(context: AppContext, tenant: str, request_id: str) -> StreamingResponse:
    """The latest state first, then every one that follows, until the analysis is over."""
    return StreamingResponse(
        _stream(context, tenant, request_id), media_type="text/event-stream", headers=_HEADERS
    )


async def _stream(context: AppContext, tenant: str, request_id: str) -> AsyncIterator[bytes]:
    # Listen before reading, so that nothing falls between the two.
    with context.broadcaster.listen(tenant, request_id) as queue:
        state = await context.read_model.progress(tenant, request_id)
        yield f"retry: {_RETRY_MS}\n\n".encode()
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
    return b"event: progress\ndata: " + encode(progress) + b"\n\n"


def revision_stream(context: AppContext, tenant: str, report_id: str) -> StreamingResponse:
    """The revision of a report that is there first, then every one that follows, until it grows no more."""
    return StreamingResponse(
        _revisions(context, tenant, report_id), media_type="text/event-stream", headers=_HEADERS
    )


async def _revisions(context: AppContext, tenant: str, report_id: str) -> AsyncIterator[bytes]:
    told = -1
    with context.broadcaster.listen(tenant, report_id) as queue:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        while True:
            try:
                report = await context.read_model.report_header(tenant, report_id)
            except NotFoundError:
                return  # it was deleted meanwhile
            if report.revision > told:
                told = report.revision
                event = ReportRevision(revision=told, grows=report.grows, next_look_ms=report.next_look_ms)
                yield b"event: revision\ndata: " + event.model_dump_json().encode() + b"\n\n"
            if not report.grows:
                return
            try:
                async with asyncio.timeout(context.settings.heartbeat_s):
                    if await queue.get() is None:
                        return
            except TimeoutError:
                yield b": still here\n\n"
