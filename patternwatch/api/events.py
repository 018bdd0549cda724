"""The event stream of one analysis (server-sent events, HTML standard 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from patternwatch.api.broadcast import Waiting
from patternwatch.api.context import AppContext
from patternwatch.contracts.codec import encode
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
