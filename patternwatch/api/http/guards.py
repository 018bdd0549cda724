"""What every answer says to a browser, and how much of a body is taken."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patternwatch.api.settings import ApiSettings

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
    """ASGI middleware that reads no further than the settings allow: a larger body is answered 413."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, is_webhook: Callable[[str], bool]) -> None:
        self._app = app
        self._settings = settings
        self._is_webhook = is_webhook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        said = headers.get("content-length", "")
        max_bytes, too_large = self._limit(scope["path"])
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            if said.isdecimal() and int(said) > max_bytes:
                if "expect" not in headers:
                    await _discard(receive, max_bytes)
                raise HTTPException(413, too_large)
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > max_bytes:
                    if message.get("more_body"):
                        await _discard(receive, max_bytes)
                    raise HTTPException(413, too_large)
            return message

        await self._app(scope, receiving, send)

    def _limit(self, path: str) -> tuple[int, str]:
        """How many bytes are taken at this path, and what is said of more."""
        if self._is_webhook(path):
            largest = self._settings.max_body_bytes
            return largest, (
                f"The body is larger than {largest} bytes, the setting max_body_bytes. Raise it, or have "
                "the sender post fewer alerts at once (max_alerts of Alertmanager's webhook_config)"
            )
        largest = self._settings.max_order_bytes
        return largest, f"The body is larger than {largest} bytes, the setting max_order_bytes"


async def _discard(receive: Receive, max_bytes: int) -> None:
    """Read on, up to the limit once more, and keep nothing: who still writes reads no answer."""
    left = max_bytes
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b"")) + 1
        if not message.get("more_body"):
            return
