"""A shop service in process: it answers, fails as HTTP says, and exports metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from testbed.load import Pace
from testbed.shop.frontend import Frontend
from testbed.shop.settings import ShopSettings

PEERS = ("catalogue", "cart", "orders", "payment")
SETTINGS = ShopSettings({}, {name: f"http://{name}" for name in PEERS}, "postgresql://", "redis://")
Answer = Callable[[httpx.Request], httpx.Response]


@asynccontextmanager
async def frontend(answer: Answer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a frontend whose peers answer as told."""
    service = Frontend(SETTINGS, httpx.MockTransport(answer))
    app = service.app()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            yield client


async def samples(client: httpx.AsyncClient) -> dict[tuple[str, str], float]:
    """Sample values by name and the code, peer or route label."""
    text = (await client.get("/metrics")).text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            label = sample.labels.get("code") or sample.labels.get("peer") or sample.labels.get("route", "")
            found[sample.name, label] = sample.value
    return found


async def test_it_asks_its_peer_and_counts_the_request() -> None:
    async with frontend(lambda request: httpx.Response(200, json={"path": request.url.path})) as client:
        answer = await client.get("/product/7")
        assert answer.json() == {"path": "/products/7"}
        values = await samples(client)
    assert values["http_requests_total", "200"] == 1
    assert values["http_client_requests_total", "200"] == 1
    assert values["http_request_duration_seconds_count", "/product/{product:int}"] == 1
    assert values["http_requests_in_flight", ""] == 0
    assert values["process_resident_memory_bytes", ""] > 0
    assert ("event_loop_lag_seconds", "") in values


def _time_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


def _refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(_time_out, 504), (_refuse, 502), (lambda _: httpx.Response(500), 503)],
    ids=["too slow", "cannot be reached", "fails"],
)
async def test_a_failing_peer_becomes_a_gateway_error(answer: Answer, code: int) -> None:
    async with frontend(answer) as client:
        response = await client.post("/checkout/anna")
        assert response.status_code == code
        assert "orders" in response.json()["error"]
        assert (await samples(client))["http_requests_total", str(code)] == 1


async def test_hazards_are_switched_over_http() -> None:
    async with frontend(lambda _: httpx.Response(200, json={})) as client:
        assert (await client.put("/hazards/latency", json={"seconds": 0.01})).json() == {
            "active": ["latency"]
        }
        assert (await client.get("/")).status_code == 200
        assert (await client.delete("/hazards/latency")).json() == {"active": []}
        assert (await client.put("/hazards/gremlin", json={})).status_code == 404


def test_the_pace_wanders_within_its_bounds_and_repeats_by_seed() -> None:
    first, second = Pace(3), Pace(3)
    factors = [first.step(float(now)) for now in range(2000)]
    assert factors == [second.step(float(now)) for now in range(2000)]
    assert min(factors) >= 0.5
    assert max(factors) <= 1.6
    assert max(factors) - min(factors) > 0.2
