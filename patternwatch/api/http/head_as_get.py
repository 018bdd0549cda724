"""HEAD at every address that takes GET: FastAPI's own routes know none."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware that answers HEAD as GET without the body (RFC 9110, 9.3.2).

    Health checks ask so (`wget --spider`, most services that watch over addresses). What is asked counts
    as the GET in every other regard: rights, limits, log. An event stream ends at once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self._app(dict(scope) | {"method": "GET"}, receive, sending)
