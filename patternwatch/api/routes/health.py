"""Liveness, readiness and metrics, at the root."""

from fastapi import APIRouter, Response

from patternwatch.api.context import UseContext
from patternwatch.api.health import readiness
from patternwatch.api.metrics import METRICS_CONTENT_TYPE
from patternwatch.api.schemas.health import Liveness, Readiness

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def get_liveness() -> Liveness:
    """The process answers."""
    return Liveness()


@router.get("/health/ready", responses={503: {"model": Readiness, "description": "Not ready, and why"}})
async def get_readiness(context: UseContext, response: Response) -> Readiness:
    """Database, broker and feed work."""
    found = await readiness(context.read_model, context.broker, context.feed_state)
    response.status_code = 200 if found.ready else 503
    response.headers["Cache-Control"] = "no-store"
    return found


@router.get("/metrics", include_in_schema=False)
async def get_metrics(context: UseContext) -> Response:
    """Prometheus text format."""
    streams = context.broadcaster.listeners + context.event_log.listeners
    context.metrics.event_streams.set(streams)
    return Response(context.metrics.exposition(), media_type=METRICS_CONTENT_TYPE)
