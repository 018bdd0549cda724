"""HEAD is GET without the body, at every address: health checks ask so."""

import asyncio

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import apply_request
from tests.fakes.messages import a_request


@pytest.mark.parametrize(
    "path",
    [
        "/health/live",
        "/health/ready",
        "/metrics",
        "/api/v1/tenants",
        "/api/v1/tenants/a/reports",
        "/api/v1/tenants/a/reports/none",
        "/api/v1/tenants/nobody/reports",
        "/api/v1/tenants/a/webhooks/alertmanager",
        "/api/v1/nothing",
    ],
)
async def test_head_says_what_get_says_without_its_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert got.content


async def test_head_of_an_event_stream_ends(client: httpx.AsyncClient, context: AppContext) -> None:
    async with context.read_model.writing() as db:
        await apply_request(db, a_request())
    async with asyncio.timeout(20):
        answer = await client.head("/api/v1/tenants/a/analyses/r1/events")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert context.broadcaster.listeners == 0
