import asyncio
from typing import Any

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import apply_alert, apply_progress, apply_report
from patternwatch.contracts.codec import decode
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import REQUESTS
from tests.fakes.clock import NOW_MS, FakeClock
from tests.fakes.messages import STEP_MS, a_position, a_progress, a_report, an_alert
from tests.fakes.publisher import FakePublisher

URL = "/api/v1/tenants/a/analyses"
AT = "2026-11-23T15:00:00+00:00"
AT_MS = 1795446000000


async def start(client: httpx.AsyncClient, **order: Any) -> httpx.Response:
    return await client.post(URL, json=order)


def sent(publisher: FakePublisher) -> AnalysisRequest:
    topic, key, value = publisher.sent[-1]
    request = decode(value, AnalysisRequest)
    assert topic is REQUESTS
    assert key == f"a/{request.request_id}".encode()
    return request


async def test_a_selector_at_a_time_becomes_a_request(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    answer = await start(client, selector='{cluster="prod"}', at=AT, title="slow checkout")
    assert answer.status_code == 202
    request = sent(publisher)
    assert answer.json() == {
        "request_id": request.request_id,
        "events": f"{URL}/{request.request_id}/events",
        "shared": False,
    }
    assert request.trigger == "manual"
    assert request.title == "slow checkout"
    assert str(request.matchers[0]) == 'cluster="prod"'
    assert (request.window.split_ms, request.window.step_ms) == (AT_MS, STEP_MS)
    assert request.requested_at_ms == NOW_MS


async def test_an_offset_from_utc_and_a_step_count(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    await start(client, selector="up", at="2026-11-23T16:30:00.25+01:30", step=2.5)
    assert sent(publisher).window.split_ms == AT_MS + 250
    assert sent(publisher).window.step_ms == 2500


async def test_a_comparison_with_the_day_before_travels_along(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    await start(client, selector="up", at=AT, compare="day")
    assert sent(publisher).compare == "day"
    await start(client, selector="up", at=AT)
    assert sent(publisher).compare == "none"


async def test_without_a_time_the_latest_hour_and_a_half_is_looked_at(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    await start(client, selector="up")
    assert sent(publisher).window.split_ms == NOW_MS - 60 * STEP_MS
    assert sent(publisher).window.end_ms == NOW_MS
    await start(client, selector="up", end=AT)
    assert sent(publisher).window.split_ms == AT_MS - 60 * STEP_MS
    assert sent(publisher).window.end_ms == AT_MS


async def test_the_analyze_button_makes_a_new_request_from_the_stored_alert_each_time(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    async with context.read_model.writing() as db:
        await apply_alert(db, an_alert())
    first = (await start(client, alert_fingerprint="f1")).json()["request_id"]
    request = sent(publisher)
    assert request.alert == an_alert()
    assert request.trigger == "manual"
    assert request.title == "HighLatency"
    assert str(request.matchers[0]) == 'cluster="shop"'
    assert request.window.split_ms == an_alert().starts_at_ms
    second = (await start(client, alert_fingerprint="f1", title="again")).json()["request_id"]
    assert first != second
    assert sent(publisher).title == "again"
    alerts = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
    assert alerts[0]["request_id"] in (first, second)


async def test_a_started_analysis_can_be_read_at_once(client: httpx.AsyncClient) -> None:
    request_id = (await start(client, selector="up", title="t")).json()["request_id"]
    found = (await client.get(f"{URL}/{request_id}")).json()
    assert (found["stage"], found["title"], found["selector"]) == ("accepted", "t", '{__name__="up"}')
    assert found["window"]["end_ms"] == NOW_MS
    listed = (await client.get(URL)).json()["analyses"]
    assert listed == [found]


async def test_progress_moves_an_analysis_on_and_its_report_shows_once_readable(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    request_id = (await start(client, selector="up")).json()["request_id"]
    async with context.read_model.writing() as db:
        await apply_progress(db, a_progress("analysing", request_id=request_id, done=3, of=8))
    found = (await client.get(f"{URL}/{request_id}")).json()
    assert (found["stage"], found["done"], found["of"]) == ("analysing", 3, 8)
    async with context.read_model.writing() as db:
        await apply_progress(db, a_progress("concluded", request_id=request_id, report_id="rep"))
    assert (await client.get(f"{URL}/{request_id}")).json()["report_id"] == ""
    async with context.read_model.writing() as db:
        await apply_report(db, a_report(report_id="rep", request_id=request_id), a_position())
    assert (await client.get(f"{URL}/{request_id}")).json()["report_id"] == "rep"


@pytest.mark.parametrize(
    ("order", "status", "kind", "said"),
    [
        ({}, 400, "input", "neither an alert nor a selector"),
        ({"alert_fingerprint": "f1", "selector": "up"}, 400, "input", "from the alert"),
        ({"alert_fingerprint": "none"}, 404, "not-found", "no alert 'none'"),
        ({"selector": ""}, 422, "selector", "empty"),
        ({"selector": "{}"}, 422, "selector", "matches every series"),
        ({"selector": '{a=~".*"}'}, 422, "selector", "matches every series"),
        ({"selector": "{a=1}"}, 422, "selector", "character 4"),
        ({"selector": "up", "at": "2030-01-01T00:00:00Z"}, 422, "window", "future"),
        ({"selector": "up", "end": "2030-01-01T00:00:00Z", "at": AT}, 422, "window", "future"),
        ({"selector": "up", "at": AT, "end": "2026-11-23T14:00:00Z"}, 422, "window", "ends before"),
        ({"selector": "up", "at": "2026-11-01T00:00:00Z", "end": AT}, 422, "window", "before the window"),
        ({"selector": "up", "at": "2026-11-23T15:00:00"}, 422, "invalid-request", "body.at"),
        ({"selector": "up", "at": "soon"}, 422, "invalid-request", "body.at"),
        ({"selector": "up", "step": 0}, 422, "invalid-request", "body.step"),
        ({"selector": "up", "title": "x" * 301}, 422, "invalid-request", "body.title"),
        ({"selector": "up", "stepp": 3}, 422, "invalid-request", "body.stepp"),
    ],
)
async def test_an_order_that_cannot_be_met_is_a_problem_and_starts_nothing(
    client: httpx.AsyncClient,
    publisher: FakePublisher,
    order: dict[str, Any],
    status: int,
    kind: str,
    said: str,
) -> None:
    answer = await start(client, **order)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:patternwatch:problem:{kind}")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert said in problem["detail"]
    assert problem["remedy"] or problem["errors"]
    assert publisher.sent == []


async def test_an_alert_that_has_not_begun_cannot_be_analysed(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    async with context.read_model.writing() as db:
        await apply_alert(db, an_alert(starts_at_ms=NOW_MS + 3_600_000))
    answer = await start(client, alert_fingerprint="f1")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:patternwatch:problem:window")


async def test_a_body_that_is_not_json_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:patternwatch:problem:invalid-json")


async def test_nothing_is_started_while_kafka_is_away(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    publisher.broken = True
    assert (await start(client, selector="up")).status_code == 503
    assert (await client.get(URL)).json()["analyses"] == []


async def test_an_unknown_analysis_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ("/nope", "/nope/events"):
        answer = await client.get(URL + path)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:patternwatch:problem:not-found")


async def test_two_people_who_ask_for_the_same_within_seconds_share_one_analysis(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher, clock: FakeClock
) -> None:
    async with context.read_model.writing() as db:
        await apply_alert(db, an_alert())
    orders: list[dict[str, Any]] = [
        {"selector": "up", "at": AT},
        {"selector": "up", "at": AT, "title": "mine"},
        {"selector": "up", "at": AT, "step": 2.5},
        {"selector": "up", "at": AT, "compare": "day"},
        {"selector": "down", "at": AT},
        {"selector": "up"},
        {"alert_fingerprint": "f1"},
    ]
    first = [(await start(client, **order)).json() for order in orders]
    assert len({answer["request_id"] for answer in first}) == len(orders), "each asks for something else"
    assert not any(answer["shared"] for answer in first)
    clock.now += 9
    again = await asyncio.gather(*(start(client, **order) for order in orders * 2))
    assert [answer.json() for answer in again] == [answer | {"shared": True} for answer in first * 2]
    assert len(publisher.on(REQUESTS)) == len(orders)
    other = (await client.post("/api/v1/tenants/b/analyses", json=orders[0])).json()
    assert not other["shared"]
    clock.now += 2
    assert not (await start(client, **orders[0])).json()["shared"], "too long ago"
    assert not (await start(client, **orders[0], anew=True)).json()["shared"], "asked for by name"


async def test_people_who_ask_at_once_share_one_analysis_and_a_failed_one_is_shared_with_nobody(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    answers = [a.json() for a in await asyncio.gather(*(start(client, selector="up") for _ in range(5)))]
    assert len({answer["request_id"] for answer in answers}) == 1
    assert sorted(answer["shared"] for answer in answers) == [False, True, True, True, True]
    async with context.read_model.writing() as db:
        await apply_progress(db, a_progress("failed", request_id=answers[0]["request_id"], at_ms=NOW_MS + 1))
    assert not (await start(client, selector="up")).json()["shared"]


async def test_a_tenant_that_asks_for_too_many_is_told_when_to_ask_again(
    client: httpx.AsyncClient, context: AppContext, clock: FakeClock, publisher: FakePublisher
) -> None:
    limits = {"max_analyses_in_flight": 2, "max_analyses_per_minute": 4}
    object.__setattr__(context, "settings", context.settings.model_copy(update=limits))

    async def more(name: str) -> httpx.Response:
        return await start(client, selector="up", title=name)

    async def end(answer: httpx.Response) -> None:
        progress = a_progress("concluded", request_id=answer.json()["request_id"], at_ms=NOW_MS + 1)
        async with context.read_model.writing() as db:
            await apply_progress(db, progress)

    first, second = await more("1"), await more("2")
    refused = await more("3")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert refused.json()["type"] == "urn:patternwatch:problem:too-many-analyses"
    assert "2 analyses" in refused.json()["detail"]
    assert (await more("1")).json()["shared"], "what is shared costs nothing"
    other = await client.post("/api/v1/tenants/b/analyses", json={"selector": "up"})
    assert other.status_code == 202, "another tenant's are its own"
    await end(first)
    clock.now += 20
    third = await more("3")
    for answer in (second, third):
        await end(answer)
    await end(await more("4"))
    refused = await more("5")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
    assert len(publisher.on(REQUESTS)) == 5
    clock.now += 41
    assert (await more("5")).status_code == 202


async def test_an_analysis_that_never_ended_holds_nobody_up_for_long(
    client: httpx.AsyncClient, context: AppContext, clock: FakeClock
) -> None:
    object.__setattr__(context, "settings", context.settings.model_copy(update={"max_analyses_in_flight": 1}))
    assert (await start(client, selector="up")).status_code == 202
    clock.now += 599
    assert (await start(client, selector="up")).status_code == 429
    clock.now += 2
    assert (await start(client, selector="up")).status_code == 202
