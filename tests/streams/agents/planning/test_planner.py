"""A request becomes shards, or a failed report that says why not."""

from dataclasses import replace

import pytest

from patternwatch.contracts.errors import (
    SourceRefusedError,
    SourceUnavailableError,
    UnknownTenantError,
)
from patternwatch.contracts.matchers import Matcher, parse_selector
from patternwatch.contracts.settings import TenantSettings
from patternwatch.contracts.topics import PROGRESS, REPORTS, REQUESTS, SHARDS
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import TENANT, a_request, an_alert
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness


async def test_an_alert_whose_scope_selects_nothing_is_analysed_over_the_tenants_series() -> None:
    harness = AgentHarness()
    planner = harness.planner(FakeSource())
    await harness.alert_handler().on_alert(an_alert(labels={"alertname": "HighLatency", "cluster": "prod-1"}))
    (request,) = harness.publisher.on(REQUESTS)
    assert request.matchers == (Matcher(name="cluster", value="prod-1"),)
    await planner.on_request(request)
    shards = harness.publisher.on(SHARDS)
    assert len(shards) == 5
    for shard in shards:
        assert shard.request.request_id == request.request_id
        assert shard.request.matchers == parse_selector('{__name__=~".+"}')
        assert [(m.name, m.op) for m in shard.matchers] == [("__name__", "=")]
        assert 'cluster="prod-1"' in shard.request.notes[0]


async def test_a_request_is_compared_by_the_clocks_of_its_tenant() -> None:
    harness = AgentHarness()
    vienna = TenantSettings(id=TENANT, time_zone="Europe/Vienna")
    await replace(harness.planner(FakeSource()), tenants=(vienna,)).on_request(a_request())
    assert {shard.request.time_zone for shard in harness.publisher.on(SHARDS)} == {"Europe/Vienna"}


async def test_a_request_becomes_the_same_shards_every_time() -> None:
    harness = AgentHarness()
    planner = harness.planner(FakeSource())
    await planner.on_request(a_request())
    first = harness.publisher.on(SHARDS)
    await planner.on_request(a_request())
    assert len(first) == 5
    assert harness.publisher.on(SHARDS) == first, "it is in hand"
    planner.revoke()
    await planner.on_request(a_request())
    assert harness.publisher.on(SHARDS) == first * 2
    await harness.progress.flush()
    last = harness.publisher.on(PROGRESS)[-1]
    assert (last.stage, last.of) == ("planned", 5)


async def test_a_window_longer_than_the_history_is_cut_and_told() -> None:
    harness = AgentHarness()
    window = a_request().window
    source = FakeSource(begins_ms=window.start_ms + 100 * window.step_ms)
    await harness.planner(source).on_request(a_request())
    (cut,) = {shard.request.window for shard in harness.publisher.on(SHARDS)}
    assert cut.start_ms > window.start_ms + 100 * window.step_ms
    assert cut.end_ms == window.end_ms
    assert "max_query_lookback" in harness.publisher.on(SHARDS)[0].request.notes[0]


@pytest.mark.parametrize(
    ("ahead_s", "asked_ms", "notes"),
    [
        (0.0, NOW_MS, []),
        (300.0, NOW_MS, ["A worker's clock is 5 min behind the source's"]),
        (-120.0, NOW_MS - 120_000, ["A worker's clock is 2 min ahead of the source's"]),
        (0.0, NOW_MS + 600_000, ["The clock by which this was asked for is 10 min ahead"]),
    ],
)
async def test_clocks_that_are_apart_are_told_on_the_report(
    ahead_s: float, asked_ms: int, notes: list[str]
) -> None:
    harness = AgentHarness()
    await harness.planner(FakeSource(source_ahead_s=ahead_s)).on_request(a_request(requested_at_ms=asked_ms))
    for shard in harness.publisher.on(SHARDS):
        assert [note.partition(":")[0] for note in shard.request.notes] == notes
    kept = await harness.looks.of(TENANT, "r1")
    assert kept is not None
    assert kept.request.notes == [], "a later look, by a clock that is right again, does not say so"


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


async def test_an_episode_whose_series_are_gone_has_a_failed_report() -> None:
    harness = AgentHarness()
    request = a_request(trigger="watch", watch="shop", matchers=(Matcher(name="cluster", value="none"),))
    await harness.planner(FakeSource()).on_request(request)
    (report,) = harness.publisher.on(REPORTS)
    assert report.status == "failed"
    assert harness.publisher.on(PROGRESS)[-1].stage == "failed"


async def test_a_request_of_an_unknown_tenant_is_an_error() -> None:
    with pytest.raises(UnknownTenantError):
        await AgentHarness().planner(FakeSource()).on_request(a_request(tenant="stranger"))
