"""The guard before every route: who asks, whether they may, how often.

What it refuses is not read further.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patternwatch.api.access import audit
from patternwatch.api.access.access import Access
from patternwatch.api.access.callers import Caller, Right
from patternwatch.api.access.needs import is_webhook, right_needed, without_token
from patternwatch.api.access.rate_limit import RateLimit
from patternwatch.api.access.streams import end_with_credentials
from patternwatch.api.http.access_log import CALLER
from patternwatch.api.http.problems import RETRY_AFTER_S, Problem, problem_of, problem_response
from patternwatch.api.read_model.audit_entries import AuditEntry
from patternwatch.api.read_model.database_errors import in_words
from patternwatch.contracts.errors import PatternwatchError, UnauthenticatedError

_DRAIN_BYTES = 1024 * 1024

log = structlog.get_logger(__name__)


class Guard:
    """ASGI middleware: finds the caller, lets it do what its role may, and writes the audit log.

    keep  stores an entry of the audit log
    """

    def __init__(self, app: ASGIApp, access: Access, keep: Callable[[AuditEntry], Awaitable[None]]) -> None:
        self._app = app
        self._access = access
        self._keep = keep
        limits = access.settings
        self._requests = RateLimit(limits.max_requests_per_minute, time.monotonic)
        self._webhooks = RateLimit(limits.max_webhooks_per_minute, time.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token_in_path = _take_token(scope)
        method, path = scope["method"], scope["path"]
        need = right_needed(method, path, public_metrics=self._access.settings.public_metrics)
        if need is None:
            await self._app(scope, receive, send)
            return

        async def asks() -> Caller:
            headers = Headers(scope=scope)
            client = scope.get("client")
            return await self._access.caller_of(method, headers, client and client[0], token_in_path)

        try:
            caller = await asks()
            caller.require(need)
        except PatternwatchError as error:
            await _refuse(error, scope, receive, send)
            return
        scope[CALLER] = caller
        if (too_often := self._too_often(caller, path)) is not None:
            await _drain(receive)
            await too_often(scope, receive, send)
            return
        sending, status = _private(send)
        what = audit.begin()
        try:
            if self._access.mode == "none":
                await self._app(scope, receive, sending)
            else:
                now_ms = self._access.clock
                await end_with_credentials(self._app, scope, receive, sending, caller, asks, now_ms)
        finally:
            if need is Right.CHANGE:
                at_ms = self._access.clock()
                await self._record(
                    caller, audit.entry_of(scope, caller, status["status"] or 500, what, at_ms)
                )

    async def _record(self, caller: Caller, entry: AuditEntry) -> None:
        """The line; and the entry, where the tenant is the caller's: else it would learn names of another."""
        audit.write(entry)
        if not entry.tenant or not caller.may_see(entry.tenant):
            return
        try:
            await self._keep(entry)
        except (SQLAlchemyError, OSError) as error:
            log.warning("audit.not_stored", action=entry.action, tenant=entry.tenant, reason=in_words(error))

    def _too_often(self, caller: Caller, path: str) -> Response | None:
        if self._access.mode == "none":
            return None
        webhook = is_webhook(path)
        wait_s = (self._webhooks if webhook else self._requests).wait_s(caller.key)
        if wait_s == 0:
            return None
        log.warning("access.too_often", who=caller.name, caller=caller.key, path=path)
        setting = "max_webhooks_per_minute" if webhook else "max_requests_per_minute"
        seconds = max(1, -(-int(wait_s * 1000) // 1000))
        problem = Problem(
            type="urn:patternwatch:problem:too-many-requests",
            title="Too many requests",
            status=503 if webhook else 429,  # Alertmanager sends a webhook again after 5xx only
            detail=f"{caller.name} asks more often than access.{setting} allows",
            remedy=f"Try again in {seconds} s",
        )
        return problem_response(problem, {"Retry-After": str(seconds)})


def _take_token(scope: Scope) -> str:
    """The token in the path, which from then on holds none: neither routes nor logs see it."""
    path, token = without_token(scope["path"])
    if token:
        scope["path"] = path
        scope["raw_path"] = path.encode()
    return token


async def _refuse(error: PatternwatchError, scope: Scope, receive: Receive, send: Send) -> None:
    problem = problem_of(error)
    client = scope.get("client")
    log.warning(
        "access.refused",
        status=problem.status,
        reason=error.problem,
        method=scope["method"],
        path=scope["path"],
        client=client[0] if client else None,
    )
    # No `Basic`, at which a browser would ask for a password of its own accord.
    headers = {}
    if isinstance(error, UnauthenticatedError):
        headers = {"WWW-Authenticate": 'Bearer realm="patternwatch"'}
    elif problem.status == 503:
        headers = {"Retry-After": str(RETRY_AFTER_S)}
    await _drain(receive)
    await problem_response(problem, headers)(scope, receive, send)


async def _drain(receive: Receive) -> None:
    """Read a body of usual size to its end: who still writes reads no answer."""
    taken = 0
    while taken <= _DRAIN_BYTES:
        message = await receive()
        taken += len(message.get("body", b"")) + 1
        if not message.get("more_body"):
            return


def _private(send: Send) -> tuple[Send, Mapping[str, Any]]:
    """What is answered to one caller must not be kept for another; and the status, when it is known."""
    seen: dict[str, Any] = {"status": 0}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen["status"] = message["status"]
            headers = MutableHeaders(scope=message)
            headers.setdefault("Cache-Control", "private, no-cache")
            headers.add_vary_header("Authorization, Cookie")
        await send(message)

    return sending, seen
