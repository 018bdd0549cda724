"""A tenant sees, starts and deletes only its own."""

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.event_log import Event
from patternwatch.api.read_model.projection import apply_alert, apply_example, apply_report, apply_request
from tests.fakes.messages import a_position, a_progress, a_report, a_request, an_alert, an_example
from tests.fakes.publisher import FakePublisher


@pytest.fixture
async def filled(context: AppContext, client: httpx.AsyncClient) -> None:
    """Tenant b has an alert, an analysis and a report; tenant a has nothing."""
    async with context.read_model.writing() as db:
        await apply_alert(db, an_alert(tenant="b"))
        await apply_request(db, a_request(tenant="b", alert=an_alert(tenant="b")))
        await apply_report(db, a_report(tenant="b"), a_position())
        await apply_example(db, an_example("b"), a_position())


@pytest.mark.usefixtures("filled")
async def test_lists_hold_the_tenants_own_only(client: httpx.AsyncClient) -> None:
    for what in ("alerts", "analyses", "reports", "examples"):
        assert len((await client.get(f"/api/v1/tenants/b/{what}")).json()[what]) == 1
        assert (await client.get(f"/api/v1/tenants/a/{what}")).json()[what] == []


@pytest.mark.usefixtures("filled")
async def test_what_is_another_tenants_is_not_found(client: httpx.AsyncClient) -> None:
    example = f"examples/{an_example('b').example_id}"
    for path in ("reports/r1", "analyses/r1", "analyses/r1/events", "reports/r1/events", example):
        assert (await client.get(f"/api/v1/tenants/b/{path}")).status_code == 200
        assert (await client.get(f"/api/v1/tenants/a/{path}")).status_code == 404
    answer = await client.post("/api/v1/tenants/a/analyses", json={"alert_fingerprint": "f1"})
    assert answer.status_code == 404


@pytest.mark.usefixtures("filled")
async def test_another_tenants_reports_cannot_be_deleted(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    assert (await client.delete("/api/v1/tenants/a/reports/r1")).status_code == 404
    assert (await client.delete("/api/v1/tenants/a/reports")).json() == {"deleted": 0}
    assert (
        await client.delete(f"/api/v1/tenants/a/examples/{an_example('b').example_id}")
    ).status_code == 404
    assert (await client.delete("/api/v1/tenants/a/examples")).json() == {"deleted": 0}
    assert publisher.sent == []
    assert (await client.get("/api/v1/tenants/b/reports/r1")).status_code == 200


async def test_a_tenants_stream_tells_of_its_own_only(context: AppContext) -> None:
    log = context.event_log
    at = log.end()
    log.append("b", Event(1, "progress", b"{}"))
    assert (log.after("a", at), len(log.after("b", at) or [])) == ([], 1)


@pytest.mark.usefixtures("filled")
async def test_the_same_ids_of_two_tenants_are_two_things(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    async with context.read_model.writing() as db:
        await apply_alert(db, an_alert(status="resolved"))
        await apply_report(db, a_report(verdict="another"), a_position())
    found = {t: (await client.get(f"/api/v1/tenants/{t}/reports/r1")).json() for t in "ab"}
    assert (found["a"]["tenant"], found["a"]["verdict"]) == ("a", "another")
    assert (found["b"]["tenant"], found["b"]["verdict"]) == ("b", "checkout began to slow down")
    mine = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"][0]
    theirs = (await client.get("/api/v1/tenants/b/alerts")).json()["alerts"][0]
    assert (mine["status"], theirs["status"]) == ("resolved", "firing")


@pytest.mark.usefixtures("filled")
async def test_events_reach_the_listeners_of_their_tenant_only(context: AppContext) -> None:
    with context.broadcaster.listen("a", "r1") as mine, context.broadcaster.listen("b", "r1") as theirs:
        context.broadcaster.send(a_progress("planned", tenant="b"))
        assert mine.empty()
        assert theirs.get_nowait() == a_progress("planned", tenant="b")
