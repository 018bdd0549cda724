"""The FastAPI application: routes and middleware around the parts of one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from patternwatch.api.access.documented import document_access
from patternwatch.api.access.guard import Guard
from patternwatch.api.access.needs import is_webhook
from patternwatch.api.context import API, AppContext
from patternwatch.api.feed import run_feed
from patternwatch.api.http.access_log import AccessLog
from patternwatch.api.http.guards import BodyLimit, SecurityHeaders
from patternwatch.api.http.head_as_get import HeadAsGet
from patternwatch.api.http.openapi import describe, operation_id
from patternwatch.api.http.problems import add_problem_handlers
from patternwatch.api.http.static import add_page
from patternwatch.api.lost_analyses import end_lost_regularly
from patternwatch.api.pruning import prune_regularly
from patternwatch.api.routes import alerts as routes_alerts
from patternwatch.api.routes import analyses as routes_analyses
from patternwatch.api.routes import audit as routes_audit
from patternwatch.api.routes import events as routes_events
from patternwatch.api.routes import health as routes_health
from patternwatch.api.routes import labelled_examples as routes_examples
from patternwatch.api.routes import reference as routes_reference
from patternwatch.api.routes import reports as routes_reports
from patternwatch.api.routes import session as routes_session
from patternwatch.api.routes import watches as routes_watches

VERSION = "1"
_FEED_STOP_S = 2.0

log = structlog.get_logger(__name__)


def create_app(context: AppContext, *, feed: bool = True) -> FastAPI:
    """The application over these parts; without `feed` nothing is consumed from Kafka."""
    app = FastAPI(
        title="patternwatch",
        version=VERSION,
        description="Alerts in, ranked reports of named shapes out. Errors are problem details (RFC 9457).",
        lifespan=partial(_lifespan, context, feed),
        openapi_url=f"{API}/openapi.json",
        # The interactive pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
    )
    app.state.context = context
    for routes in (
        routes_reference,
        routes_alerts,
        routes_analyses,
        routes_reports,
        routes_examples,
        routes_watches,
        routes_events,
        routes_audit,
        routes_session,
        routes_health,
    ):
        app.include_router(routes.router)
    add_problem_handlers(app)
    add_page(app, context.settings.web_dir)
    app.openapi = partial(describe, app, document_access)  # type: ignore[method-assign] # FastAPI's documented way
    app.add_middleware(BodyLimit, settings=context.settings, is_webhook=is_webhook)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Guard, access=context.access, keep=context.read_model.keep_audit_entry)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog, metrics=context.metrics)
    app.add_middleware(HeadAsGet)
    return app


@asynccontextmanager
async def _lifespan(context: AppContext, feed: bool, _app: FastAPI) -> AsyncIterator[None]:
    await context.read_model.open()
    await context.access.open()
    await context.event_reader.begin()
    feeding = run_feed(context, prune_regularly, end_lost_regularly) if feed else None
    tasks = [] if feeding is None else [asyncio.create_task(feeding, name="feed")]
    if context.read_model.is_shared:
        tasks.append(asyncio.create_task(context.event_reader.follow(), name="events"))
    try:
        yield
    finally:
        context.end_streams()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, TimeoutError):
                async with asyncio.timeout(_FEED_STOP_S):  # one that stands still may not end either
                    await task
        await context.broker.close()
        await context.access.close()
        await context.read_model.close()
