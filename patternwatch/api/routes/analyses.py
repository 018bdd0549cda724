"""Analyses: start one, see how far it has come."""

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Header, Query, Request, Response

from patternwatch.analysis.planning.requests import request_for_alert, request_for_selector
from patternwatch.api.commands import accept_request
from patternwatch.api.context import API, AppContext, UseContext, UseTenant
from patternwatch.api.events import event_stream, is_last, nothing_follows
from patternwatch.api.http.cursors import Before, read_cursor, write_cursor
from patternwatch.api.http.problems import problems
from patternwatch.api.limits import UNDER_WAY_MS, check_limits
from patternwatch.api.schemas.analyses import AnalysisCreate, AnalysisList, AnalysisRead, AnalysisStarted
from patternwatch.contracts.errors import InputError, WindowError
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings

router = APIRouter(prefix=API + "/tenants/{tenant}/analyses", tags=["analyses"])

_SHARED_MS = 10_000
"""So long the analysis that one person has started answers another who asks for the same."""

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Progress,
        "description": "Server-sent events named `progress`, each with a Progress as its data",
    }
}


@router.post("", status_code=202, responses=problems(400, 404, 413, 422, 429, 503))
async def start_analysis(
    request: Request, order: AnalysisCreate, context: UseContext, tenant: UseTenant
) -> AnalysisStarted:
    """Start an analysis of an alert, or of what a selector selects. Answered when Kafka holds it.

    Where a person has asked for the same within the last ten seconds, that analysis is the answer, unless the
    order is to start one `anew`.
    """
    made = await _request_for(order, context, tenant)
    # From the look for an equal analysis until a new one is stored, whichever process is asked.
    async with context.read_model.turns.turn(f"starting {tenant.id}"):
        since_ms = made.requested_at_ms - _SHARED_MS
        request_id = None if order.anew else await context.read_model.same_analysis(made, since_ms)
        if request_id is None:
            await _within_limits(context, made)
            await accept_request(context, made)
    started = request_id or made.request_id
    events = request.app.url_path_for("stream_events", tenant=tenant.id, request_id=started)
    return AnalysisStarted(request_id=started, events=str(events), shared=request_id is not None)


@router.get("", responses=problems(404, 422))
async def list_analyses(
    context: UseContext,
    tenant: UseTenant,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    before: Before = None,
) -> AnalysisList:
    """Analyses of every kind, the latest first."""
    page = await context.read_model.analyses(tenant.id, limit, read_cursor(before))
    return AnalysisList(
        analyses=[AnalysisRead.from_state(analysis) for analysis in page.rows],
        total=page.total,
        next=write_cursor(page.next),
    )


@router.get("/{request_id}", responses=problems(404))
async def get_analysis(request_id: str, context: UseContext, tenant: UseTenant) -> AnalysisRead:
    """How far one analysis has come."""
    return AnalysisRead.from_state(await context.read_model.analysis(tenant.id, request_id))


@router.get("/{request_id}/events", response_class=Response, responses={**_EVENTS, **problems(404)})
async def stream_events(
    request_id: str,
    context: UseContext,
    tenant: UseTenant,
    last_event_id: Annotated[str, Header(description="Id of the last event that was received")] = "",
) -> Response:
    """How far one analysis has come, now and as it happens, until it is over."""
    state = await context.read_model.progress(tenant.id, request_id)
    if is_last(state, last_event_id):
        return nothing_follows()
    return event_stream(context, tenant.id, state.request_id)


async def _within_limits(context: AppContext, made: AnalysisRequest) -> None:
    since_ms = made.requested_at_ms - UNDER_WAY_MS
    asked = await context.read_model.analyses_by_hand(made.tenant, since_ms)
    check_limits(asked, context.settings, made.requested_at_ms)


async def _request_for(order: AnalysisCreate, context: AppContext, tenant: TenantSettings) -> AnalysisRequest:
    if order.alert_fingerprint is not None:
        if order.selector is not None or order.at is not None or order.end is not None:
            raise InputError(
                "An analysis of an alert takes its series and its time from the alert",
                "Give either alert_fingerprint, or selector with at and end",
            )
        return await _request_for_alert(order, order.alert_fingerprint, context, tenant)
    if order.selector is None:
        raise InputError(
            "There is nothing to analyse: neither an alert nor a selector",
            "Give alert_fingerprint or selector",
        )
    return _request_for_selector(order, order.selector, context, tenant)


async def _request_for_alert(
    order: AnalysisCreate, fingerprint: str, context: AppContext, tenant: TenantSettings
) -> AnalysisRequest:
    alert = await context.read_model.alert(tenant.id, fingerprint)
    made = request_for_alert(alert, tenant, _settings(order, context), context.clock())
    # The alert's own request id belongs to the analysis that the alert started by itself.
    own = {"request_id": _new_id(), "trigger": "manual"}
    return made.model_copy(update=own | ({"title": order.title} if order.title else {}))


def _request_for_selector(
    order: AnalysisCreate, selector: str, context: AppContext, tenant: TenantSettings
) -> AnalysisRequest:
    settings, now_ms = _settings(order, context), context.clock()
    end_ms = _ms(order.end) if order.end else None
    at_ms = _ms(order.at) if order.at else (end_ms or now_ms) - CURRENT_ROWS * settings.step_ms
    if end_ms is not None and end_ms < at_ms:
        raise WindowError(
            "The window ends before the time to look at", "Give an `end` that is not before `at`"
        )
    return request_for_selector(
        tenant.id, selector, at_ms, end_ms, order.title or "", settings, now_ms, _new_id()
    )


def _settings(order: AnalysisCreate, context: AppContext) -> AnalysisSettings:
    step = {} if order.step is None else {"step_ms": round(order.step * 1000)}
    compare = {} if order.compare is None else {"compare": order.compare}
    return context.settings.analysis.model_copy(update=step | compare)


def _new_id() -> str:
    return uuid4().hex[:20]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
