"""Errors as problem details (RFC 9457), each with what to do about it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from patternwatch.api.read_model.database_errors import in_words, is_away
from patternwatch.contracts.errors import (
    AccessUnavailableError,
    BrokerUnavailableError,
    ConflictError,
    ForbiddenError,
    InputError,
    LabelError,
    NotFoundError,
    PatternwatchError,
    SelectorError,
    TooManyAnalysesError,
    UnauthenticatedError,
    UnknownTenantError,
    WatchError,
    WebhookError,
    WindowError,
)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5
PAGE_ROUTE = "page"
"""The route that takes every path that no other takes."""
_ADDRESSES = (
    "Alerts are posted to /api/v1/tenants/{tenant}/webhooks/alertmanager; "
    "/api/v1/openapi.json describes every address"
)

log = structlog.get_logger(__name__)

_KINDS: dict[type[PatternwatchError], tuple[int, str]] = {
    SelectorError: (422, "selector"),
    WindowError: (422, "window"),
    WebhookError: (422, "webhook"),
    LabelError: (422, "example"),
    WatchError: (422, "watch"),
    UnknownTenantError: (404, "unknown-tenant"),
    NotFoundError: (404, "not-found"),
    ConflictError: (409, "conflict"),
    TooManyAnalysesError: (429, "too-many-analyses"),
    UnauthenticatedError: (401, "unauthenticated"),
    ForbiddenError: (403, "forbidden"),
    BrokerUnavailableError: (503, "broker-unavailable"),
    AccessUnavailableError: (503, "access-unavailable"),
    InputError: (400, "input"),
}


class FieldProblem(BaseModel):
    """One field that was wrong, and how."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    field: str
    """Where it is: `body.at`, `query.limit`."""
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = Field(examples=["urn:patternwatch:problem:selector"])
    title: str
    status: int
    detail: str
    remedy: str = ""
    """What to do about it."""
    errors: list[FieldProblem] = Field(default_factory=list)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an HTTP answer of its own status."""
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=dict(headers or {}),
    )


def problem_of(error: PatternwatchError) -> Problem:
    """An error of ours as a problem; kinds without a status of their own are the server's fault."""
    status, kind = next((_KINDS[k] for k in type(error).__mro__ if k in _KINDS), (500, "internal"))
    return Problem(
        type=f"urn:patternwatch:problem:{kind}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.problem,
        remedy=error.remedy,
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error answer of this app a problem document."""
    app.add_exception_handler(PatternwatchError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    # every connection has been in use for half a minute
    app.add_exception_handler(PoolTimeoutError, _database)


def fault_response(request_id: str) -> Response:
    """The answer to what nobody foresaw: where to find it in the log, and nothing of its inner life."""
    problem = _plain(500, "internal", f"A fault of ours; the log tells of it under {request_id}")
    return problem_response(problem)


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PatternwatchError)
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("request.failed", error=type(error).__name__, reason=str(error))
    headers = {"Retry-After": str(RETRY_AFTER_S)} if problem.status == 503 else {}
    if isinstance(error, TooManyAnalysesError):
        headers = {"Retry-After": str(error.retry_after_s)}
    return problem_response(problem, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found: list[Mapping[str, Any]] = list(error.errors())
    if found and found[0]["type"] == "json_invalid":
        why = found[0].get("ctx", {}).get("error", "")
        return problem_response(_plain(400, "invalid-json", f"The body is not JSON: {why}"))
    errors = [
        FieldProblem(field=".".join(str(part) for part in e["loc"]), message=str(e["msg"])) for e in found
    ]
    first = errors[0] if errors else FieldProblem(field="the request", message="is not valid")
    problem = _plain(422, "invalid-request", f"{first.field}: {first.message}")
    return problem_response(problem.model_copy(update={"errors": errors}))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    problem = _plain(error.status_code, kind, str(error.detail))
    if error.status_code != 405:
        return problem_response(problem, error.headers)
    allowed = ", ".join(allowed_methods(request))
    if not allowed:  # the page would take it by GET, as it takes whatever is nobody's
        problem = _plain(404, "not-found", f"There is nothing at {request.url.path} for {request.method}")
        return problem_response(problem.model_copy(update={"remedy": _ADDRESSES}))
    told = {"detail": f"{request.method} is not for this address", "remedy": f"Use {allowed}"}
    return problem_response(problem.model_copy(update=told), {"Allow": allowed})


def allowed_methods(request: Request) -> list[str]:
    """The methods of every route at this path (RFC 9110, 10.2.1); Starlette tells those of the first only."""
    found = []
    for method in ("DELETE", "GET", "PATCH", "POST", "PUT"):
        asked = dict(request.scope) | {"method": method}
        routes = (r for r in request.app.router.routes if getattr(r, "name", "") != PAGE_ROUTE)
        if any(route.matches(asked)[0] is Match.FULL for route in routes):
            found.append(method)
    return found


async def _database(_request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and not is_away(error):
        raise error  # a statement or a value of ours: a fault
    log.error("database.failed", error=type(error).__name__, reason=in_words(error))
    problem = _plain(503, "database-unavailable", "The database does not answer")
    problem = problem.model_copy(update={"remedy": "Try again in a few seconds, and look at /health/ready"})
    return problem_response(problem, {"Retry-After": str(RETRY_AFTER_S)})


def _plain(status: int, kind: str, detail: str) -> Problem:
    return Problem(
        type=f"urn:patternwatch:problem:{kind}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the `responses` of a route: these statuses answer with a problem."""
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in statuses}
