"""One line and one count for every request, and an id to find it by."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patternwatch.api.http.problems import fault_response
from patternwatch.api.metrics import Metrics

REQUEST_ID = "X-Request-ID"
_USABLE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_QUIET = ("/health/live", "/health/ready", "/metrics")

CALLER = "patternwatch.caller"
"""Where the scope of a request holds its Caller, once the guard has found it."""

log = structlog.get_logger(__name__)


class AccessLog:
    """ASGI middleware: request id, log line, metrics by route template; a fault of ours as a problem."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _USABLE.fullmatch(given) else uuid4().hex
        began = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
                self._measure(scope, status, time.perf_counter() - began)
            await send(message)

        with structlog.contextvars.bound_contextvars(http_request_id=request_id):
            try:
                await self._app(scope, receive, sending)
            except Exception:
                log.exception("http.fault", path=scope["path"])
                if not status:
                    await fault_response(request_id)(scope, receive, sending)
            finally:
                self._log(scope, status, time.perf_counter() - began)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], _route(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(method, route).observe(seconds)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        client = scope.get("client")
        write = log.debug if scope["path"] in _QUIET else log.info
        write(
            "http.request",
            method=scope["method"],
            path=scope["path"],
            route=_route(scope),
            status=status,
            ms=round(seconds * 1000, 1),
            client=client[0] if client else None,
            tenant=scope.get("path_params", {}).get("tenant"),
            caller=getattr(scope.get(CALLER), "key", None),
        )


def _route(scope: Scope) -> str:
    """The route's template, so that a label has few values."""
    return getattr(scope.get("route"), "path", None) or "none"
