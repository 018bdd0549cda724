"""One event stream for everything of a tenant.

A stream holds a connection, and over HTTP/1.1 browsers open six to an origin (Chromium, Firefox): pages that
open a stream for each thing that they show freeze.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from patternwatch.api.context import AppContext
from patternwatch.api.http.event_stream import EVENT_STREAM_HEADERS, RETRY_MS
from patternwatch.api.schemas.events import Heartbeat


def tenant_stream(context: AppContext, tenant: str, last_id: str) -> StreamingResponse:
    """What comes after `last_id`; where that is not known, `reset` first: the reader must load anew."""
    return StreamingResponse(
        _stream(context, tenant, last_id),
        media_type="text/event-stream",
        headers=EVENT_STREAM_HEADERS,
    )


async def _stream(context: AppContext, tenant: str, last_id: str) -> AsyncIterator[bytes]:
    log, heartbeat_s = context.event_log, context.settings.heartbeat_s
    heartbeat = b"event: heartbeat\ndata: " + Heartbeat(every_s=heartbeat_s).model_dump_json().encode()
    with log.listening():
        yield f"retry: {RETRY_MS}\n\n".encode() + heartbeat + b"\n\n"
        at = last_id
        if log.is_ahead(at):
            await context.event_reader.catch_up()
        while not log.closed:
            missed = log.after(tenant, at)
            if missed is None:
                at = log.end()
                yield f"id: {at}\nevent: reset\ndata: {{}}\n\n".encode()
            elif missed:
                at = log.id_of(missed[-1].number)
                yield b"".join(
                    f"id: {log.id_of(event.number)}\nevent: {event.name}\ndata: ".encode()
                    + event.data
                    + b"\n\n"
                    for event in missed
                )
            else:
                try:
                    async with asyncio.timeout(heartbeat_s):
                        await log.wait(tenant)
                except TimeoutError:
                    yield heartbeat + b"\n\n"
