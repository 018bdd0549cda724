"""What is old goes, by age and by count, in batches; what fires, is under way or grows stays."""

import asyncio

import httpx
import pytest

from patternwatch.api import pruning
from patternwatch.api.context import AppContext
from patternwatch.api.pruning import prune, prune_regularly
from patternwatch.api.read_model.projection import (
    apply_alert,
    apply_joined,
    apply_progress,
    apply_report,
    apply_request,
)
from patternwatch.api.read_model.stored_events import NewEvent, latest_events, store_events
from patternwatch.api.settings import RetentionSettings
from patternwatch.contracts.topics import REPORTS
from tests.fakes.audit import an_audit_entry
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_joined_alert, a_position, a_progress, a_report, a_request, an_alert
from tests.fakes.publisher import FakePublisher

DAY_MS = 24 * 3_600_000
OLD_MS = NOW_MS - 100 * DAY_MS


def keeping(context: AppContext, **limits: float) -> None:
    """Set limits of this context."""
    settings = context.settings.model_copy(update={"retention": RetentionSettings.model_validate(limits)})
    object.__setattr__(context, "settings", settings)


async def listed(context: AppContext) -> dict[str, set[str]]:
    model = context.read_model
    return {
        "alerts": {alert.fingerprint for alert in (await model.alerts("a", None, 100)).rows},
        "analyses": {analysis.request_id for analysis in (await model.analyses("a", 100)).rows},
        "reports": {report.report_id for report in (await model.reports("a", 100)).rows},
    }


async def reported(context: AppContext, report_id: str, at_ms: int, **changes: object) -> None:
    async with context.read_model.writing() as db:
        report = a_report(report_id, requested_at_ms=at_ms, published_at_ms=at_ms, **changes)
        await apply_report(db, report, a_position())


async def alerted(context: AppContext, fingerprint: str, at_ms: int, status: str = "resolved") -> None:
    alert = an_alert(fingerprint=fingerprint, status=status, starts_at_ms=at_ms, received_at_ms=at_ms)
    async with context.read_model.writing() as db:
        await apply_alert(db, alert)


@pytest.mark.usefixtures("client")
async def test_what_is_old_and_over_goes_and_reports_leave_a_tombstone(
    context: AppContext, publisher: FakePublisher
) -> None:
    for name, at_ms in (("old", OLD_MS), ("new", NOW_MS)):
        await reported(context, name, at_ms)
        await alerted(context, name, at_ms)
    pruned = await prune(context)
    assert await listed(context) == {"alerts": {"new"}, "analyses": {"new"}, "reports": {"new"}}
    assert pruned == {"alerts": 1, "analyses": 1, "reports": 1, "audit": 0, "events": 0}
    assert publisher.sent == [(REPORTS, b"a/old", None)]
    assert 'patternwatch_api_pruned_total{kind="reports"} 1.0' in context.metrics.exposition().decode()
    assert set((await prune(context)).values()) == {0}


@pytest.mark.usefixtures("client")
async def test_what_fires_is_under_way_or_will_be_looked_at_again_stays(context: AppContext) -> None:
    keeping(context, max_alerts=1, max_analyses=1, max_reports=1)
    for fingerprint in ("fires", "joins"):
        await alerted(context, fingerprint, OLD_MS, "firing")
    await alerted(context, "over", OLD_MS)
    await reported(context, "of-firing", OLD_MS, alert=an_alert(fingerprint="fires"))
    await reported(context, "of-joined", OLD_MS, alert=an_alert(fingerprint="over"))
    await reported(context, "of-over", OLD_MS, alert=an_alert(fingerprint="over"))
    await reported(context, "grows", OLD_MS, next_look_ms=NOW_MS + 1)
    await reported(context, "grew", OLD_MS, next_look_ms=NOW_MS - 1)
    async with context.read_model.writing() as db:
        joined = a_joined_alert(fingerprint="joins", request_id="of-joined", own_request_id="x")
        await apply_joined(db, [joined])
        for request_id in ("under-way", "quiet"):
            await apply_request(db, a_request(request_id, requested_at_ms=OLD_MS))
        await apply_progress(db, a_progress("quiet", request_id="quiet", at_ms=OLD_MS))
    await reported(context, "newest", NOW_MS)
    await prune(context)
    found = await listed(context)
    assert found["alerts"] == {"fires", "joins"}
    assert found["reports"] == {"of-firing", "of-joined", "grows", "newest"}
    assert found["analyses"] == {"of-firing", "of-joined", "under-way", "newest"}


@pytest.mark.usefixtures("client")
async def test_beyond_the_count_the_oldest_go_and_each_tenant_has_a_count_of_its_own(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_BATCH", 2)
    keeping(context, max_reports=3, max_alerts=3)
    for n in range(10):
        await reported(context, f"r{n}", NOW_MS + n // 4)
        await alerted(context, f"f{n}", NOW_MS + n // 4)
    await reported(context, "other", NOW_MS, tenant="b")
    await prune(context)
    found = await listed(context)
    assert (found["reports"], found["alerts"]) == ({"r7", "r8", "r9"}, {"f7", "f8", "f9"})
    assert (await context.read_model.reports("b", 10)).total == 1


@pytest.mark.usefixtures("client")
async def test_a_tenant_that_the_settings_no_longer_name_is_pruned_too(context: AppContext) -> None:
    await reported(context, "old", OLD_MS, tenant="gone")
    await prune(context)
    assert (await context.read_model.reports("gone", 10)).total == 0


@pytest.mark.usefixtures("client")
async def test_the_audit_log_goes_by_age_and_by_count(context: AppContext) -> None:
    keeping(context, audit_days=90, max_audit_entries=3)
    for tenant, at_ms in (
        ("a", OLD_MS),
        *[("a", NOW_MS + n) for n in range(5)],
        ("b", OLD_MS),
        ("b", NOW_MS),
    ):
        await context.read_model.keep_audit_entry(an_audit_entry(tenant=tenant, at_ms=at_ms))
    assert (await prune(context))["audit"] == 4
    kept = {tenant: await context.read_model.audit(tenant, 10) for tenant in ("a", "b")}
    assert {tenant: [entry.at_ms - NOW_MS for entry in page.rows] for tenant, page in kept.items()} == {
        "a": [4, 3, 2],
        "b": [0],
    }


@pytest.mark.usefixtures("client")
async def test_events_go_but_their_numbers_go_on(context: AppContext) -> None:
    keeping(context, max_events=3)
    event = NewEvent("a", "progress", "r1", "", b"{}")
    for at_ms in (OLD_MS, NOW_MS):
        async with context.read_model.writing() as db:
            await store_events(db, [event] * 5, at_ms)
    assert (await prune(context))["events"] == 7
    kept = await context.read_model.read(lambda db: latest_events(db, 100))
    keeping(context, max_events=1)
    await prune(context)
    (last,) = await context.read_model.read(lambda db: latest_events(db, 100))
    assert (len(kept), last.number) == (3, kept[-1].number)
    async with context.read_model.writing() as db:
        await store_events(db, [event], NOW_MS)
    assert (await context.read_model.read(lambda db: latest_events(db, 1)))[0].number > last.number


async def test_a_broker_that_is_away_does_not_end_the_pruning(
    context: AppContext, client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    keeping(context, every_s=0.01)
    await reported(context, "old", OLD_MS)
    publisher.broken = True
    task = asyncio.create_task(prune_regularly(context))
    await asyncio.sleep(0.1)
    assert (await client.get("/api/v1/tenants/a/reports/old")).status_code == 200, "its tombstone is not sent"
    publisher.broken = False
    async with asyncio.timeout(60):
        while (await client.get("/api/v1/tenants/a/reports/old")).status_code != 404:
            await asyncio.sleep(0.01)
    task.cancel()
