"""What every answer says to a browser, and how much of a body is taken."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    # The component library of the page sets inline styles; scripts come from us only.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeaders:
    """ASGI middleware that adds them to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, sending)


class BodyLimit:
    """ASGI middleware that reads no further than `max_bytes`: a larger body is answered 413."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        said = headers.get("content-length", "")
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            if said.isdecimal() and int(said) > self._max_bytes:
                if "expect" not in headers:
                    await self._discard(receive)
                raise self._too_large()
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self._max_bytes:
                    if message.get("more_body"):
                        await self._discard(receive)
                    raise self._too_large()
            return message

        await self._app(scope, receiving, send)

    async def _discard(self, receive: Receive) -> None:
        """Read on, up to the limit once more, and keep nothing: who still writes reads no answer."""
        left = self._max_bytes
        while left > 0:
            message = await receive()
            left -= len(message.get("body", b"")) + 1
            if not message.get("more_body"):
                return

    def _too_large(self) -> HTTPException:
        return HTTPException(
            413,
            f"The body is larger than {self._max_bytes} bytes, the setting max_body_bytes. Raise it, or have "
            "the sender post fewer alerts at once (max_alerts of Alertmanager's webhook_config)",
        )
