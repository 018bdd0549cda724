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
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_request, an_alert
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import ANALYSIS, AgentHarness


async def test_a_firing_alert_asks_for_an_analysis_once() -> None:
    harness = AgentHarness()
    planner = harness.planner(FakeSource())
    await planner.on_alert(an_alert())
    await planner.on_alert(an_alert(received_at_ms=NOW_MS + 60_000))
    (request,) = harness.publisher.on(REQUESTS)
    assert (request.trigger, request.title, request.alert.fingerprint) == ("alert", "HighLatency", "f1")


async def test_a_resolved_alert_asks_for_nothing() -> None:
    harness = AgentHarness()
    await harness.planner(FakeSource()).on_alert(an_alert(status="resolved"))
    assert harness.publisher.sent == []


async def test_alerts_start_nothing_where_the_settings_say_so() -> None:
    harness = AgentHarness()
    await harness.planner(FakeSource(), ANALYSIS.model_copy(update={"analyze_alerts": False})).on_alert(
        an_alert()
    )
    assert harness.publisher.sent == []


async def test_an_alert_of_an_unknown_tenant_or_of_the_future_is_an_error() -> None:
    planner = AgentHarness().planner(FakeSource())
    with pytest.raises(UnknownTenantError):
        await planner.on_alert(an_alert(tenant="stranger"))
    with pytest.raises(WindowError):
        await planner.on_alert(an_alert(starts_at_ms=NOW_MS + 3_600_000))


async def test_a_request_becomes_the_same_shards_every_time() -> None:
    harness = AgentHarness()
    planner = harness.planner(FakeSource())
    await planner.on_request(a_request())
    first = harness.publisher.on(SHARDS)
    await planner.on_request(a_request())
    assert len(first) == 5
    assert harness.publisher.on(SHARDS) == first * 2
    await harness.progress.flush()
    stages = [(p.stage, p.of) for p in harness.publisher.on(PROGRESS)]
    assert stages == [("accepted", 0), ("planned", 5)] * 2


async def test_a_source_that_comes_back_costs_only_time() -> None:
    harness = AgentHarness()
    source = FakeSource(errors=[SourceUnavailableError("away")])
    await harness.planner(source, source_s=5.0).on_request(a_request())
    assert len(harness.publisher.on(SHARDS)) == 5
    assert harness.metrics.registry.get_sample_value("patternwatch_source_retries_total") == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (FakeSource(errors=[SourceUnavailableError("Cortex is away")] * 99), "Cortex is away"),
        (FakeSource(errors=[SourceRefusedError("No such tenant there")]), "No such tenant there"),
        (FakeSource(services=0), "No series match"),
    ],
)
async def test_what_cannot_be_planned_is_a_failed_report(source: FakeSource, reason: str) -> None:
    harness = AgentHarness()
    await harness.planner(source).on_request(a_request())
    await harness.progress.flush()
    (report,) = harness.publisher.on(REPORTS)
    assert (report.status, report.revision) == ("failed", 0)
    assert reason in report.reason
    assert report.published_at_ms == NOW_MS
    last = harness.publisher.on(PROGRESS)[-1]
    assert (last.stage, last.report_id) == ("failed", report.report_id)
    assert harness.publisher.on(SHARDS) == []


async def test_what_nobody_foresaw_while_counting_is_a_failed_report_and_an_error() -> None:
    harness = AgentHarness()
    with pytest.raises(KeyError):
        await harness.planner(FakeSource(errors=[KeyError("metric")])).on_request(a_request())
    (report,) = harness.publisher.on(REPORTS)
    assert (report.status, report.reason) == ("failed", "Planning failed: KeyError: 'metric'")


async def test_a_watch_that_cannot_be_planned_is_told_but_not_reported() -> None:
    harness = AgentHarness()
    request = a_request(trigger="watch", watch="shop", matchers=(Matcher(name="cluster", value="none"),))
    await harness.planner(FakeSource()).on_request(request)
    await harness.progress.flush()
    assert harness.publisher.on(REPORTS) == []
    assert harness.publisher.on(PROGRESS)[-1].stage == "failed"


async def test_a_request_of_an_unknown_tenant_is_an_error() -> None:
    with pytest.raises(UnknownTenantError):
        await AgentHarness().planner(FakeSource()).on_request(a_request(tenant="stranger"))
