"""An event stream ends when its reader's credentials do: revoked, expired, or of less than they were."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patternwatch.api.access.callers import Caller
from patternwatch.contracts.errors import InputError, PatternwatchError

_ASK_AGAIN_S = 2.0

log = structlog.get_logger(__name__)


async def end_with_credentials(
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    caller: Caller,
    asks: Callable[[], Awaitable[Caller]],
    now_ms: Callable[[], int],
) -> None:
    """Run the request; an event stream ends as soon as `asks` does not give this caller any more.

    asks    who shows these credentials now; raises InputError where they count no more
    now_ms  the time, in ms since 1970
    """
    streams = False

    async def sending(message: Message) -> None:
        nonlocal streams
        if message["type"] == "http.response.start":
            kind = Headers(raw=message.get("headers", [])).get("content-type", "")
            streams = kind.startswith("text/event-stream")
        await send(message)

    answering = asyncio.ensure_future(app(scope, receive, sending))
    try:
        while not answering.done():
            await asyncio.wait({answering}, timeout=_ASK_AGAIN_S)
            if streams and not answering.done() and not await _still(caller, asks, now_ms()):
                log.info("access.stream_ended", who=caller.name, caller=caller.key, path=scope["path"])
                answering.cancel()
                await asyncio.wait({answering})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
        answering.result()
    finally:
        answering.cancel()


async def _still(caller: Caller, asks: Callable[[], Awaitable[Caller]], now_ms: int) -> bool:
    if caller.expires_at_ms is not None and caller.expires_at_ms <= now_ms:
        return False
    try:
        now = await asks()
    except InputError:
        return False
    except PatternwatchError:
        return True  # the issuer or the database is away: that is not the reader's doing
    return (now.key, now.tenants, now.role) == (caller.key, caller.tenants, caller.role)
