"""An alert becomes one request; a request becomes shards, or a failed report that says why not."""

import pytest

from patternwatch.contracts.errors import (
    SourceRefusedError,
    SourceUnavailableError,
    UnknownTenantError,
    WindowError,
)
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.topics import PROGRESS, REPORTS, REQUESTS, SHARDS
from tests.streams.desk import Office
from tests.streams.fakes import NOW_MS, FakeSource, a_request, an_alert


async def test_a_firing_alert_asks_for_an_analysis_once() -> None:
    office = Office()
    planner = office.planner(FakeSource())
    await planner.on_alert(an_alert())
    await planner.on_alert(an_alert(received_at_ms=NOW_MS + 60_000))
    (request,) = office.publisher.on(REQUESTS)
    assert (request.trigger, request.title, request.alert.fingerprint) == ("alert", "Slow", "f1")


async def test_a_resolved_alert_asks_for_nothing() -> None:
    office = Office()
    await office.planner(FakeSource()).on_alert(an_alert(status="resolved"))
    assert office.publisher.sent == []


async def test_alerts_start_nothing_where_the_settings_say_so() -> None:
    office = Office()
    await office.planner(FakeSource(), analyze_alerts=False).on_alert(an_alert())
    assert office.publisher.sent == []


async def test_an_alert_of_an_unknown_tenant_or_of_the_future_is_an_error() -> None:
    planner = Office().planner(FakeSource())
    with pytest.raises(UnknownTenantError):
        await planner.on_alert(an_alert(tenant="stranger"))
    with pytest.raises(WindowError):
        await planner.on_alert(an_alert(starts_at_ms=NOW_MS + 3_600_000))


async def test_a_request_becomes_the_same_shards_every_time() -> None:
    office = Office()
    planner = office.planner(FakeSource())
    await planner.on_request(a_request())
    first = office.publisher.on(SHARDS)
    await planner.on_request(a_request())
    assert len(first) == 5
    assert office.publisher.on(SHARDS) == first * 2
    await office.progress.settled()
    stages = [(p.stage, p.of) for p in office.publisher.on(PROGRESS)]
    assert stages == [("accepted", 0), ("planned", 5)] * 2


async def test_a_source_that_comes_back_costs_only_time() -> None:
    office = Office()
    source = FakeSource(errors=[SourceUnavailableError("away")])
    await office.planner(source, source_s=5.0).on_request(a_request())
    assert len(office.publisher.on(SHARDS)) == 5
    assert office.metrics.registry.get_sample_value("patternwatch_source_retries_total") == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (FakeSource(errors=[SourceUnavailableError("Cortex is away")] * 99), "Cortex is away"),
        (FakeSource(errors=[SourceRefusedError("No such tenant there")]), "No such tenant there"),
        (FakeSource(services=0), "No series match"),
    ],
)
async def test_what_cannot_be_planned_is_a_failed_report(source: FakeSource, reason: str) -> None:
    office = Office()
    await office.planner(source).on_request(a_request())
    await office.progress.settled()
    (report,) = office.publisher.on(REPORTS)
    assert (report.status, report.revision) == ("failed", 0)
    assert reason in report.reason
    assert report.published_at_ms == NOW_MS
    last = office.publisher.on(PROGRESS)[-1]
    assert (last.stage, last.report_id) == ("failed", report.report_id)
    assert office.publisher.on(SHARDS) == []


async def test_a_plan_without_shards_is_a_failed_report_too() -> None:
    office = Office()
    await office.planner(FakeSource(), plan_shards=lambda request, counts: []).on_request(a_request())
    assert office.publisher.on(REPORTS)[0].status == "failed"


async def test_a_watch_that_cannot_be_planned_is_told_but_not_reported() -> None:
    office = Office()
    request = a_request(trigger="watch", watch="shop", matchers=(Matcher(name="cluster", value="none"),))
    await office.planner(FakeSource()).on_request(request)
    await office.progress.settled()
    assert office.publisher.on(REPORTS) == []
    assert office.publisher.on(PROGRESS)[-1].stage == "failed"


async def test_a_request_of_an_unknown_tenant_is_an_error() -> None:
    with pytest.raises(UnknownTenantError):
        await Office().planner(FakeSource()).on_request(a_request(tenant="stranger"))
