"""Signing the page in and out, by a cookie that its scripts cannot read.

A cookie, since an EventSource can set no header, and one worker has the event stream of all tabs: a ticket
in the URL would stand in the logs of every proxy. It holds the token itself, so that a revoked one counts
no more, and every API process knows it. `SameSite=Strict` keeps it from other sites, CSRF_HEADER from other
ports of this one.
"""

from fastapi import APIRouter, Request, Response

from patternwatch.api.access import audit
from patternwatch.api.access.callers import Caller, Right
from patternwatch.api.access.credentials import COOKIE
from patternwatch.api.access.needs import CSRF_HEADER
from patternwatch.api.context import API, UseContext
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.session import SessionRead, SignIn
from patternwatch.contracts.access_settings import Mode
from patternwatch.contracts.errors import ForbiddenError, InputError, UnauthenticatedError

router = APIRouter(prefix=API + "/session", tags=["session"])


@router.get("", responses=problems(503))
async def get_session(request: Request, response: Response, context: UseContext) -> SessionRead:
    """Who asks, and how callers are known here."""
    response.headers["Cache-Control"] = "no-store"
    client = request.client.host if request.client else None
    try:
        caller = await context.access.caller_of("GET", request.headers, client)
    except (UnauthenticatedError, ForbiddenError):
        caller = None
    return _told(context.access.mode, caller)


@router.post("", responses=problems(400, 401, 403, 413, 422, 503))
async def sign_in(order: SignIn, request: Request, response: Response, context: UseContext) -> SessionRead:
    """Have this browser show the token from now on, until it is closed, by a cookie."""
    _require_own_page(request)
    if context.access.mode in ("none", "proxy"):
        raise InputError(
            f"There is nothing to sign in to: the access mode is {context.access.mode}",
            "Use the page as it is; in mode proxy the proxy signs people in",
        )
    caller = await context.access.caller_with(order.token)
    caller.require(Right.READ)
    response.set_cookie(
        COOKIE, order.token, path=API, httponly=True, samesite="strict", secure=_is_https(request)
    )
    response.headers["Cache-Control"] = "no-store"
    audit.write(audit.entry_of(request.scope, caller, 200, {}, context.clock()))
    return _told(context.access.mode, caller)


@router.delete("", status_code=204, responses=problems(403))
async def sign_out(request: Request, response: Response) -> None:
    """Take the cookie back."""
    _require_own_page(request)
    response.delete_cookie(COOKIE, path=API, httponly=True, samesite="strict")


def _told(mode: Mode, caller: Caller | None) -> SessionRead:
    return SessionRead(
        mode=mode,
        signed_in=caller is not None,
        name=caller.name if caller else "",
        role=caller.role if caller else None,
        expires_at_ms=caller.expires_at_ms if caller else None,
    )


def _require_own_page(request: Request) -> None:
    if CSRF_HEADER not in request.headers:
        raise ForbiddenError(f"The request lacks the header {CSRF_HEADER}", f"Send {CSRF_HEADER}: 1")


def _is_https(request: Request) -> bool:
    """Whether the browser came by TLS, as far as we or a proxy can tell."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
