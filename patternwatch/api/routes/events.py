"""The event stream of a tenant."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from patternwatch.api.context import API, UseContext, UseTenant
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.events import TenantEvent
from patternwatch.api.tenant_events import tenant_stream

router = APIRouter(prefix=API + "/tenants/{tenant}/events", tags=["events"])

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"model": TenantEvent, "description": "Server-sent events with an id, each with its data as JSON"}
}


@router.get("", response_class=Response, responses={**_EVENTS, **problems(404, 422)})
async def stream_tenant_events(
    context: UseContext,
    tenant: UseTenant,
    last_event_id: Annotated[str, Header(description="Id of the last event that was received")] = "",
    after: Annotated[
        str, Query(max_length=100, description="The same, for clients that cannot set the header")
    ] = "",
) -> Response:
    """How far each analysis has come and which reports can be read, as it happens; it does not end.

    With the id of an event, what came after it; where the id is no longer known, `reset` first.
    """
    return tenant_stream(context, tenant.id, last_event_id or after)
