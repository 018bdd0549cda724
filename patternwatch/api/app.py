"""The FastAPI application: routes and middleware around the parts of one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from patternwatch.api import (
    routes_alerts,
    routes_analyses,
    routes_health,
    routes_lessons,
    routes_reference,
    routes_reports,
)
from patternwatch.api.access import AccessLog
from patternwatch.api.feed import run_feed
from patternwatch.api.guards import BodyLimit, SecurityHeaders
from patternwatch.api.openapi import describe, operation_id
from patternwatch.api.parts import API, Parts
from patternwatch.api.problems import add_problem_handlers
from patternwatch.api.web import add_page

VERSION = "1"

log = structlog.get_logger(__name__)


def create_app(parts: Parts, *, feed: bool = True) -> FastAPI:
    """The application over these parts; without `feed` nothing is consumed from Kafka."""
    app = FastAPI(
        title="patternwatch",
        version=VERSION,
        description="Alerts in, ranked reports of named shapes out. Errors are problem details (RFC 9457).",
        lifespan=partial(_lifespan, parts, feed),
        openapi_url=f"{API}/openapi.json",
        # The interactive pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
    )
    app.state.parts = parts
    for routes in (
        routes_reference,
        routes_alerts,
        routes_analyses,
        routes_reports,
        routes_lessons,
        routes_health,
    ):
        app.include_router(routes.router)
    add_problem_handlers(app)
    add_page(app, parts.settings.web_dir)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.add_middleware(BodyLimit, most_bytes=parts.settings.most_body_bytes)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog, metrics=parts.metrics)
    return app


@asynccontextmanager
async def _lifespan(parts: Parts, feed: bool, _app: FastAPI) -> AsyncIterator[None]:
    await parts.read_model.open()
    task = asyncio.create_task(run_feed(parts), name="feed") if feed else None
    try:
        yield
    finally:
        parts.broadcaster.close()
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await parts.publisher.close()
        await parts.read_model.close()
