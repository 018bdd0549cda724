import asyncio

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from patternwatch.api import app as app_module
from patternwatch.api import feed_watch, health
from patternwatch.api.context import AppContext
from patternwatch.api.feed_watch import watch_feed
from patternwatch.api.main import server_for
from tests.fakes.publisher import FakePublisher


async def test_a_process_that_answers_is_alive(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "alive"}


async def test_readiness_names_what_is_missing(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["feed"] == {"ok": False, "reason": "The feed has not started yet"}
    context.feed_state.turned()
    assert (await client.get("/health/ready")).json()["ready"] is True
    publisher.broken = True
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert "Kafka is away" in answer.json()["checks"]["broker"]["reason"]
    publisher.broken = False
    publisher.unsent = "Kafka takes nothing"
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["sending"] == {"ok": False, "reason": "Kafka takes nothing"}
    publisher.unsent = ""
    context.feed_state.failed("OSError: gone")
    checks = (await client.get("/health/ready")).json()["checks"]
    assert checks["feed"] == {"ok": False, "reason": "OSError: gone"}
    assert checks["database"]["ok"]


async def test_a_feed_that_does_not_turn_is_stuck(
    client: httpx.AsyncClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STALLED_AFTER_S", -1.0)
    context.feed_state.turned()
    assert "stuck" in (await client.get("/health/ready")).json()["checks"]["feed"]["reason"]


async def test_a_feed_that_still_reads_what_was_there_is_not_ready(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    context.feed_state.turned()
    context.feed_state.catches_up(12_000)
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["feed"]["reason"] == "The feed catches up: 12000 records are left"
    context.feed_state.catches_up(0)
    assert (await client.get("/health/ready")).status_code == 200


async def test_a_feed_that_stands_still_without_a_word_ends_the_process() -> None:
    state, stopped, ticks = health.FeedState(), [], 0

    async def sleep(_: float) -> None:
        nonlocal ticks
        ticks += 1
        if ticks < 10:
            state.failed("Kafka is away")  # it says so, and starts again by itself

    await watch_feed(state, 20.0, lambda: stopped.append(ticks), sleep)
    assert stopped == [14]
    assert state.stands_still


async def test_a_server_whose_feed_stands_still_ends(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_watch, "TICK_S", 0.01)
    settings = context.settings.model_copy(update={"feed_stall_timeout_s": 0.05, "port": 0})
    object.__setattr__(context, "settings", settings)

    async def silent(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(app_module, "run_feed", silent)
    async with asyncio.timeout(60):
        await server_for(context).serve()
    assert context.feed_state.stands_still


async def test_a_check_that_does_not_answer_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_CHECK_TIMEOUT_S", 0.01)

    class Silent:
        async def ping(self) -> None:
            await asyncio.Event().wait()

        def why_unsent(self) -> str:
            return ""

    found = await health.readiness(Silent(), Silent(), health.FeedState())
    assert not found.checks["broker"].ok
    assert "No answer" in found.checks["database"].reason


async def test_requests_are_counted_by_route_not_by_path(client: httpx.AsyncClient) -> None:
    for report_id in ("x", "y"):
        await client.get(f"/api/v1/tenants/a/reports/{report_id}")
    await client.get("/api/v1/nothing")
    families = {f.name: f for f in text_string_to_metric_families((await client.get("/metrics")).text)}
    counted = {
        (s.labels["route"], s.labels["status"]): s.value
        for s in families["patternwatch_api_requests"].samples
        if s.name.endswith("_total")
    }
    assert counted[("/api/v1/tenants/{tenant}/reports/{report_id}", "404")] == 2
    assert not any("nothing" in route for route, _ in counted)
    assert "patternwatch_api_request_duration_seconds" in families
    assert families["patternwatch_api_event_streams"].samples[0].value == 0


async def test_every_request_is_one_line_with_the_id_that_the_answer_carries(
    client: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        answer = await client.get("/api/v1/tenants/a/alerts", headers={"X-Request-ID": "mine-1"})
        assert answer.headers["X-Request-ID"] == "mine-1"
        made = (await client.get("/api/v1/tenants", headers={"X-Request-ID": "not\tusable"})).headers
        assert made["X-Request-ID"] != "not\tusable"
    requests = [line for line in lines if line["event"] == "http.request"]
    assert [(r["route"], r["status"]) for r in requests] == [
        ("/api/v1/tenants/{tenant}/alerts", 200),
        ("/api/v1/tenants", 200),
    ]
    assert requests[0]["tenant"] == "a"


async def test_a_fault_of_ours_is_a_problem_without_its_inner_life(
    context: AppContext, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("inner life")

    monkeypatch.setattr(type(context.read_model), "alerts", broken)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as outside:
        with capture_logs() as lines:
            answer = await outside.get("/api/v1/tenants/a/alerts")
    assert [line["event"] for line in lines] == ["http.fault", "http.request"]
    assert (answer.status_code, lines[1]["status"]) == (500, 500)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "inner life" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


async def test_a_database_that_is_away_is_a_problem_to_come_back_from(
    context: AppContext, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, OSError("gone"))

    monkeypatch.setattr(type(context.read_model), "alerts", away)
    monkeypatch.setattr(type(context.read_model), "ping", away)
    answer = await client.get("/api/v1/tenants/a/alerts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "urn:patternwatch:problem:database-unavailable"
    assert "gone" in (await client.get("/health/ready")).json()["checks"]["database"]["reason"]
